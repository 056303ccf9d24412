package reading

import (
	"context"
	"slices"
	"strings"

	"longying/app/trail"
	"longying/records"
	"longying/records/search"
	"longying/records/sqlite"
	"longying/records/template"
)

// Phrases lists what the doctor may put into a report: own phrases, the
// department's, and those that are shipped. A phrase of one's own hides the
// department's of the same key, and that one the shipped.
func (r *Reading) Phrases(ctx context.Context, actor records.User) ([]records.Phrase, error) {
	right := records.RightReport
	if actor.Role.May(records.RightConfigure) { // who keeps the department's
		right = records.RightConfigure
	}
	if err := trail.Require(ctx, r.store, actor, right, "view_report", ""); err != nil {
		return nil, err
	}
	shipped, err := template.Phrases()
	if err != nil {
		return nil, err
	}
	var stored []records.Phrase
	err = r.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		stored, err = tx.Phrases()
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []records.Phrase
	seen := map[string]bool{}
	take := func(list []records.Phrase, may func(*records.Phrase) bool) {
		for i := range list {
			p := list[i]
			if key := strings.ToLower(p.Key); may(&p) && !seen[key] {
				seen[key] = true
				p.Initials = search.Initials(p.Title)
				out = append(out, p)
			}
		}
	}
	take(stored, func(p *records.Phrase) bool { return p.Owner == actor.ID })
	take(stored, func(p *records.Phrase) bool { return p.Owner == "" })
	take(shipped, func(*records.Phrase) bool { return true })
	return out, nil
}

// phraseRight is what changing a phrase asks for: one's own, or the department's.
func phraseRight(actor records.User, owner string) records.Right {
	if owner == actor.ID {
		return records.RightReport
	}
	return records.RightConfigure
}

// SavePhrase stores a phrase of the doctor's own, or, for who configures, one of
// the department's (without an owner). Another doctor's cannot be changed.
func (r *Reading) SavePhrase(ctx context.Context, actor records.User, p records.Phrase) (_ records.Phrase, err error) {
	defer trail.Outcome(ctx, r.store, actor, "save_phrase", p.Key, &err)
	if err := trail.Require(ctx, r.store, actor, phraseRight(actor, p.Owner), "save_phrase", p.Key); err != nil {
		return p, err
	}
	if p.Owner != "" && p.Owner != actor.ID {
		return p, &records.RefusedError{Code: "phrase_of_another", Reason: "the phrase is another doctor's"}
	}
	p.Key, p.Title, p.Text, p.Shipped = strings.TrimSpace(p.Key), strings.TrimSpace(p.Title), strings.TrimSpace(p.Text), false
	if err := p.Check(); err != nil {
		return p, err
	}
	p.By, p.At = actor.ID, r.now()
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		have, err := tx.Phrases()
		if err != nil {
			return err
		}
		at := slices.IndexFunc(have, func(h records.Phrase) bool { return h.ID == p.ID })
		if p.ID != "" && (at < 0 || have[at].Owner != p.Owner) {
			return &records.RefusedError{Code: "phrase_of_another", Reason: "the phrase is another doctor's"}
		}
		if slices.ContainsFunc(have, func(h records.Phrase) bool {
			return h.ID != p.ID && h.Owner == p.Owner && strings.EqualFold(h.Key, p.Key)
		}) {
			return &records.RefusedError{Code: "phrase_twice", Args: []string{p.Key}, Reason: "there is a phrase with the key " + p.Key + " already"}
		}
		if err := tx.PutPhrase(&p); err != nil {
			return err
		}
		return r.audit(tx, actor, "save_phrase", p.Key, "", "ok", "")
	})
	p.Initials = search.Initials(p.Title)
	return p, err
}

// RemovePhrase removes a phrase of one's own, or the department's.
func (r *Reading) RemovePhrase(ctx context.Context, actor records.User, id string) (err error) {
	defer trail.Outcome(ctx, r.store, actor, "remove_phrase", id, &err)
	var have *records.Phrase
	err = r.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		have, err = tx.Phrase(id)
		return err
	})
	owner := actor.ID // of one that there is not: who may write phrases may be told so
	if have != nil {
		owner = have.Owner
	}
	if e := trail.Require(ctx, r.store, actor, phraseRight(actor, owner), "remove_phrase", id); e != nil {
		return e
	}
	if err != nil {
		return err
	}
	if owner != "" && owner != actor.ID {
		return &records.RefusedError{Code: "phrase_of_another", Reason: "the phrase is another doctor's"}
	}
	return r.store.Update(ctx, func(tx *sqlite.Tx) error {
		if err := tx.DeletePhrase(id); err != nil {
			return err
		}
		return r.audit(tx, actor, "remove_phrase", have.Key, "", "ok", "")
	})
}

package acceptance

import (
	"context"
	"slices"
	"time"

	"longying/app/trail"
	"longying/imaging"
	"longying/inference"
	"longying/models"
	"longying/records"
	"longying/records/sqlite"
)

// Scorecard is how a model version has done at this site since it came: what it
// proposed, and what the doctors made of that.
type Scorecard struct {
	Model   records.ModelRef `json:"model"`
	From    time.Time        `json:"from"`
	Until   time.Time        `json:"until"`
	Total   Score            `json:"total"`
	Months  []Score          `json:"months"`  // by month of the run, oldest first
	Devices []Score          `json:"devices"` // by device, by name
	First   FirstReads       `json:"first_reads"`
}

// Score is one month, one device, or all.
type Score struct {
	Name           string         `json:"name"` // YYYY-MM, the device, or empty
	Runs           int            `json:"runs"` // answers, refusals left out: one for each class proposed or unsure, else one that there is none
	Refused        int            `json:"refused"`
	Unsure         int            `json:"unsure"`
	BelowThreshold int            `json:"below_threshold"`
	Proposed       int            `json:"proposed"`
	Confirmed      int            `json:"confirmed"`
	Edited         int            `json:"edited"`
	Rejected       int            `json:"rejected"`    // false alarms
	Waiting        int            `json:"waiting"`     // nobody has decided yet
	Missed         int            `json:"missed"`      // a doctor added such a finding where the model proposed none
	Agreement      inference.Rate `json:"agreement"`   // confirmed or edited, of those decided
	FalseAlarms    inference.Rate `json:"false_alarm"` // rejected, of those decided
	Share          inference.Rate `json:"share"`       // of the answers that propose something
	Drift          bool           `json:"drift"`       // the share's interval does not hold that of all the others
}

// Scorecard counts the runs of a model version in a time span. A run that was
// repeated counts once: the last of the same model on the same image.
func (a *Acceptance) Scorecard(ctx context.Context, actor records.User, card *models.Card, from, until time.Time) (*Scorecard, error) {
	if err := trail.RequireAny(ctx, a.store, actor, []records.Right{records.RightAcceptModel, records.RightConfigure}, "view_scorecard", Ref(card).ID+"@"+Ref(card).Version); err != nil {
		return nil, err
	}
	out := &Scorecard{Model: Ref(card), From: from, Until: until}
	months, devices := map[string]*Score{}, map[string]*Score{}
	err := a.store.View(ctx, func(tx *sqlite.Tx) error {
		runs, err := lastRuns(tx, Ref(card), from, until)
		if err != nil {
			return err
		}
		if out.First, err = firstReads(tx, actor, card, from, until); err != nil {
			return err
		}
		findings := map[string][]records.Finding{}
		for _, r := range runs {
			if _, ok := findings[r.StudyUID]; !ok {
				if findings[r.StudyUID], err = tx.FindingsOf(r.StudyUID); err != nil {
					return err
				}
			}
			month := r.At.In(imaging.Zone()).Format("2006-01")
			for _, s := range []*Score{&out.Total, named(months, month), named(devices, r.Device)} {
				s.add(&r, findings[r.StudyUID], card)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.Total.rates()
	out.Months, out.Devices = out.settle(months), out.settle(devices)
	return out, nil
}

func named(m map[string]*Score, name string) *Score {
	s, ok := m[name]
	if !ok {
		s = &Score{Name: name}
		m[name] = s
	}
	return s
}

// place is what a run was about: a run of the same model at the same place takes
// the older one's. Several answers of one run (several classes) have one time.
type runPlace struct {
	study, sop string
	frame      int
}

// lastRuns are the runs of a model version, of each place those of the last
// time it was asked.
func lastRuns(tx *sqlite.Tx, model records.ModelRef, from, until time.Time) ([]records.Run, error) {
	last := map[runPlace][]records.Run{}
	var order []runPlace
	err := tx.RunsBetween(from, until, func(r *records.Run) error {
		if r.Model.ID != model.ID || r.Model.Version != model.Version || r.Model.SHA256 != model.SHA256 {
			return nil
		}
		r.Result = nil // not needed, and a map is large
		p := runPlace{r.StudyUID, r.Ref.SOPUID, r.Ref.Frame}
		old, seen := last[p]
		switch {
		case !seen:
			order = append(order, p)
			last[p] = []records.Run{*r}
		case old[0].At.Equal(r.At):
			last[p] = append(old, *r)
		default:
			last[p] = []records.Run{*r}
		}
		return nil
	})
	var out []records.Run
	for _, p := range order {
		out = append(out, last[p]...)
	}
	return out, err
}

func (s *Score) add(r *records.Run, findings []records.Finding, card *models.Card) {
	switch inference.Outcome(r.Outcome) {
	case inference.Refused:
		s.Refused++
		return
	case inference.Unsure:
		s.Unsure++
	case inference.BelowThreshold:
		s.BelowThreshold++
	case inference.Proposed:
		s.Proposed++
		i := slices.IndexFunc(findings, func(f records.Finding) bool { return f.UID == r.FindingUID })
		if i < 0 {
			s.Waiting++
			break
		}
		switch findings[i].State {
		case records.FindingConfirmed:
			s.Confirmed++
		case records.FindingEdited:
			s.Edited++
		case records.FindingRejected:
			s.Rejected++
		case records.FindingProposed:
			s.Waiting++
		case records.FindingWithdrawn:
			s.Proposed-- // made under the wrong patient: not the model's
			return
		}
	}
	s.Runs++
	if inference.Outcome(r.Outcome) != inference.Proposed && slices.ContainsFunc(findings, func(f records.Finding) bool { return added(&f, card) }) {
		s.Missed++
	}
}

// added reports a doctor's own finding of what the model is for.
func added(f *records.Finding, card *models.Card) bool {
	if f.Model != nil || !f.State.Factual() || f.Code == nil {
		return false
	}
	return slices.ContainsFunc(proposedOf(card), func(k models.Class) bool {
		return k.Code != nil && k.Code.Value == f.Code.Value && k.Code.Scheme == f.Code.Scheme
	})
}

func (s *Score) rates() {
	decided := s.Confirmed + s.Edited + s.Rejected
	s.Agreement, s.FalseAlarms = inference.NewRate(s.Confirmed+s.Edited, decided), inference.NewRate(s.Rejected, decided)
	s.Share = inference.NewRate(s.Proposed, s.Runs)
}

// settle orders the groups by name and marks those whose share of proposals
// differs from that of all the others: its 95 % interval does not hold theirs.
// A change of device, of people or of the model's eye looks the same here; it
// asks for a look, not for a conclusion.
func (c *Scorecard) settle(groups map[string]*Score) []Score {
	var out []Score
	for _, name := range sorted(keys(groups)) {
		s := groups[name]
		s.rates()
		if others := c.Total.Runs - s.Runs; others > 0 && s.Runs > 0 {
			rest := float64(c.Total.Proposed-s.Proposed) / float64(others)
			s.Drift = rest < s.Share.Low || rest > s.Share.High
		}
		out = append(out, *s)
	}
	return out
}

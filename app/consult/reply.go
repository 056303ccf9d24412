package consult

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"longying/app/trail"
	"longying/imaging/deid"
	"longying/records"
	"longying/records/sqlite"
)

// ReplyVersion is the format of a reply to a consult pack.
const ReplyVersion = "longying-consult-reply/1"

const replyFile = "reply.json"

// reply is the opinions that come back to a pack. It holds nothing of the patient
// but what the members write.
type reply struct {
	Version   string            `json:"version"`
	ConsultID string            `json:"consult_id"`
	PackID    string            `json:"pack_id"`
	Station   string            `json:"station"`
	Opinions  []records.Opinion `json:"opinions"`
}

// replyID names an opinion of a reply by all that it says, so that the same one
// read twice is one, and an edited one is another.
func replyID(consultID string, o records.Opinion) (string, error) {
	raw, err := json.Marshal([]any{consultID, o.PackID, o.Member.Name, o.Member.Discipline, o.Text, o.Dissent, o.FindingUID, o.Replaces})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return "OP-" + strings.ToUpper(hex.EncodeToString(sum[:8])), nil
}

func find(m *records.Consult, id string) *records.Opinion {
	for i := range m.Opinions {
		if m.Opinions[i].ID == id {
			return &m.Opinions[i]
		}
	}
	return nil
}

// checkReply refuses an opinion that does not fit the consult it answers: no
// member or text, a finding that was not packed, or a version of someone else's.
func checkReply(m *records.Consult, o records.Opinion) error {
	if strings.TrimSpace(o.Text) == "" || strings.TrimSpace(o.Member.Name) == "" {
		return &records.RefusedError{Code: "opinion_empty", Reason: "an opinion needs the member's name and a text"}
	}
	if o.FindingUID != "" {
		known := false
		for _, it := range m.Items {
			known = known || it.FindingUID == o.FindingUID
		}
		if !known {
			return &records.RefusedError{Code: "finding_not_laid", Args: []string{o.FindingUID}, Reason: "finding " + o.FindingUID + " was not laid before the consult; add it first"}
		}
	}
	if before := find(m, o.Replaces); before != nil && (before.PackID == "" || before.Member.Name != o.Member.Name || before.Member.Discipline != o.Member.Discipline) {
		return &records.RefusedError{Code: "reply_replaces", Args: []string{o.Replaces}, Reason: "the reply would replace opinion " + o.Replaces + ", which is not the same member's; nothing was merged"}
	}
	return nil
}

// Reply writes one opinion on an open pack as a small sealed file, wherever the
// pack was opened; the record of this station is not needed and not changed but
// for the audit event. replaces is the ID of an earlier reply's opinion, or empty.
// The opinion comes back with its ID.
func (c *Consult) Reply(ctx context.Context, actor records.User, p *Pack, o records.Opinion, passphrase string, w io.Writer) (_ records.Opinion, err error) {
	defer trail.Outcome(ctx, c.store, actor, "consult_reply", p.Consult.ID, &err)
	if err := trail.Require(ctx, c.store, actor, records.RightConsult, "consult_reply", p.Consult.ID); err != nil {
		return o, err
	}
	if err := longEnough(passphrase); err != nil {
		return o, err
	}
	if p.ID == "" {
		return o, &records.RefusedError{Code: "pack_old", Reason: "this pack was made by an older version and cannot be answered; ask for a new one"}
	}
	if err := checkReply(&p.Consult, o); err != nil {
		return o, err
	}
	// The user ID means nothing elsewhere: a member of a reply is a guest.
	o.Member.UserID, o.PackID, o.EnteredBy, o.EnteredByName, o.At = "", p.ID, actor.Name, actor.Name, c.now()
	if o.ID, err = replyID(p.Consult.ID, o); err != nil {
		return o, err
	}
	out := reply{Version: ReplyVersion, ConsultID: p.Consult.ID, PackID: p.ID, Station: c.station, Opinions: []records.Opinion{o}}
	err = seal(w, passphrase, func(w io.Writer) error {
		zw := zip.NewWriter(w)
		f, err := zw.CreateHeader(&zip.FileHeader{Name: replyFile, Method: zip.Deflate, Modified: o.At})
		if err != nil {
			return err
		}
		if err := json.NewEncoder(f).Encode(out); err != nil {
			return err
		}
		return zw.Close()
	})
	if err != nil {
		return o, err
	}
	return o, c.store.Update(ctx, func(tx *sqlite.Tx) error {
		return c.audit(tx, actor, "consult_reply", p.Consult.ID, "", p.ID)
	})
}

// Merge takes the opinions of a reply into the consult it answers, as a whole or
// not at all. Nobody's opinion is overwritten: one that is there already is taken
// once, an edited one is kept beside the one before. A reply to a pack that this
// station did not send is refused. added counts the opinions that are new here.
func (c *Consult) Merge(ctx context.Context, actor records.User, r io.Reader, passphrase string) (out records.Consult, added int, err error) {
	if err := trail.Require(ctx, c.store, actor, records.RightLeadConsult, "consult_merge", ""); err != nil {
		return out, 0, err
	}
	in, err := openReply(r, passphrase)
	if err != nil {
		return out, 0, err
	}
	out, err = c.change(ctx, actor, in.ConsultID, records.RightLeadConsult, records.StepMerge, "consult_merge", func(_ *sqlite.Tx, m *records.Consult) (string, error) {
		sent := false
		for _, p := range m.Packs {
			sent = sent || p.ID == in.PackID
		}
		if !sent {
			return "", &records.RefusedError{Code: "reply_foreign", Args: []string{in.PackID}, Reason: "the reply answers pack " + in.PackID + ", which was not sent from this consult; nothing was merged"}
		}
		for _, o := range in.Opinions {
			o.PackID, o.Member.UserID, o.Received = in.PackID, "", c.now()
			// What the file says of users is of another station's.
			o.EnteredBy, o.MergedBy, o.MergedByName = "", actor.ID, actor.Name
			var err error
			if o.ID, err = replyID(m.ID, o); err != nil { // of what was written, so that both sides name it alike
				return "", err
			}
			if o.FindingUID, err = c.identified(m, o.FindingUID); err != nil {
				return "", err
			}
			if err := checkReply(m, o); err != nil {
				return "", err
			}
			if find(m, o.ID) != nil {
				continue
			}
			m.Opinions = append(m.Opinions, o)
			added++
		}
		return fmt.Sprintf("%s, %d new of %d", in.PackID, added, len(in.Opinions)), nil
	})
	if err != nil {
		return out, 0, err
	}
	return out, added, nil
}

// identified finds the finding that a de-identified pack spoke of under another UID.
func (c *Consult) identified(m *records.Consult, uid string) (string, error) {
	p, err := deid.New(deid.Options{Secret: c.needs.Secret})
	if err != nil {
		return "", err
	}
	for _, it := range m.Items {
		if uid != "" && it.FindingUID != "" && p.UID(it.FindingUID) == uid {
			return it.FindingUID, nil
		}
	}
	return uid, nil
}

// maxReply bounds the opinions of one reply.
const maxReply = 1000

func openReply(r io.Reader, passphrase string) (*reply, error) {
	raw, err := unseal(r, passphrase)
	if err != nil {
		return nil, err
	}
	files, err := unzip(raw)
	if err != nil {
		return nil, err
	}
	if files[replyFile] == nil {
		return nil, &records.RefusedError{Code: "reply_none", Reason: "this file holds no reply; a whole pack is opened, not merged"}
	}
	var in reply
	if err := json.Unmarshal(files[replyFile], &in); err != nil {
		return nil, fmt.Errorf("the reply is damaged: %w", err)
	}
	if in.Version != ReplyVersion {
		return nil, fmt.Errorf("the reply has format %q; this version reads %q", in.Version, ReplyVersion)
	}
	if len(in.Opinions) == 0 || len(in.Opinions) > maxReply {
		return nil, fmt.Errorf("the reply holds %d opinions; 1 to %d are read", len(in.Opinions), maxReply)
	}
	return &in, nil
}

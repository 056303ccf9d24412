package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"longying/app/archive"
	"longying/app/trail"
	"longying/imaging"
	"longying/imaging/pacs"
	"longying/records"
)

// Retrieved is what a retrieval did.
type Retrieved struct {
	Server      string
	Examination *records.Examination // nil where nothing is in the record yet
	Total       int                  // instances that the server listed; 0: it lists none
	Kept        int                  // that came now
	Known       int                  // that were here before
	Bytes       int64
	Missing     []pacs.Missing    // that the server has and did not give
	Skipped     []imaging.Skipped // that came and were not taken
	Waiting     int               // that have come and wait for the rest: not in the record
}

// Whole reports a study of which nothing is missing.
func (r Retrieved) Whole() bool {
	return r.Examination != nil && len(r.Missing) == 0 && len(r.Skipped) == 0 && r.Waiting == 0
}

// Retrieve fetches a study and takes it into the record, where it is linked by
// the same rule as one from a folder. What has come outlives a connection that
// breaks, a cancellation and the end of this program: it is kept sealed and
// apart from the record until the rest has come, and is not fetched again. An
// instance that the server cannot give does not hold up the others: it is
// named, and the study is taken without it.
func (t *Transfer) Retrieve(ctx context.Context, actor records.User, name, studyUID string, progress func(pacs.Progress)) (Retrieved, error) {
	var out Retrieved
	for _, right := range []records.Right{records.RightImport, records.RightViewPatient} {
		if err := trail.Require(ctx, t.store, actor, right, "pacs_retrieve", studyUID); err != nil {
			return out, err
		}
	}
	c, err := t.client(ctx, name)
	if err != nil {
		return out, err
	}
	defer c.Close()
	out.Server = c.Server()
	in, err := t.archive.Incoming(ctx, c.Server(), studyUID)
	if err != nil {
		return out, err
	}
	got, err := c.Retrieve(ctx, studyUID, pacs.Retrieval{
		Have: in.Has,
		Keep: func(r io.Reader) (string, bool, error) {
			sop, fresh, err := in.Keep(r)
			var not *archive.NotKeptError
			if errors.As(err, &not) {
				err = &pacs.RejectedError{Reason: not.Reason}
			}
			return sop, fresh, err
		},
		Progress: progress,
	})
	out.Total, out.Kept, out.Known, out.Bytes, out.Missing = got.Total, got.Kept, got.Known, got.Bytes, got.Missing
	out.Waiting = in.Waiting()
	if err == nil && out.Waiting > 0 {
		var received Received
		if received, err = t.needs.Import(ctx, actor, in, nil); err == nil {
			out.Skipped, out.Waiting = received.Skipped, 0
		}
	} else if out.Waiting == 0 {
		err = errors.Join(err, in.Done())
	}
	patient := ""
	if ex, xerr := t.examination(context.WithoutCancel(ctx), studyUID); xerr == nil {
		out.Examination, patient = ex, ex.PatientID
	} else if !errors.Is(xerr, records.ErrNotFound) {
		err = errors.Join(err, xerr)
	}
	if err == nil && out.Examination == nil && out.Kept+out.Known == 0 {
		err = &pacs.Error{Kind: pacs.Absent, Server: c.Server(), Detail: fmt.Sprintf("no instance of study %s came", studyUID)}
		if len(out.Missing) > 0 {
			err = &pacs.Error{Kind: pacs.Unable, Server: c.Server(), Detail: fmt.Sprintf("none of %d instances of study %s came; the first: %s", len(out.Missing), studyUID, out.Missing[0].Reason)}
		}
	}
	detail := fmt.Sprintf("from %s: %d instances came, %d were here, %d missing, %d wait", c.Server(), out.Kept, out.Known, len(out.Missing)+len(out.Skipped), out.Waiting)
	return out, errors.Join(err, t.audit(ctx, actor, "pacs_retrieve", studyUID, patient, err, detail))
}

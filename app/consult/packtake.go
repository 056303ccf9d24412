package consult

import (
	"context"
	"fmt"

	"longying/app/archive"
	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

// TakeImages takes the studies of an open pack into this data folder, as a folder of
// images is imported, so that the viewer shows them with their presentation states.
// Only a study that is in the pack with everything it has is taken: a part must not
// pass for a whole one; others stay pictures of the pack. It gives the studies' UIDs.
func (c *Consult) TakeImages(ctx context.Context, actor records.User, p *Pack, progress func(done, total int)) (studies []string, err error) {
	defer trail.Outcome(ctx, c.store, actor, "consult_take", p.ID, &err)
	if err := trail.Require(ctx, c.store, actor, records.RightConsult, "consult_take", p.ID); err != nil {
		return nil, err
	}
	if err := trail.Require(ctx, c.store, actor, records.RightImport, "consult_take", p.ID); err != nil {
		return nil, err
	}
	done := 0
	for _, st := range p.Studies {
		if !st.Whole() {
			continue
		}
		in, err := c.archive.Incoming(ctx, "pack "+p.ID, st.UID)
		if err != nil {
			return studies, err
		}
		for _, o := range p.Objects {
			if o.StudyUID != st.UID {
				continue
			}
			if err := ctx.Err(); err != nil {
				return studies, err
			}
			if progress != nil {
				progress(done, len(p.Objects))
			}
			done++
			if err := c.takeOne(in, p, o); err != nil {
				return studies, err
			}
		}
		if err := c.needs.Import(ctx, actor, in); err != nil {
			return studies, err
		}
		studies = append(studies, st.UID)
	}
	if len(studies) == 0 {
		return nil, &records.RefusedError{Code: "pack_partial", Reason: "no study is in this pack as a whole, and a part must not pass for a whole one in this record; its pictures are shown with the pack. Ask for a pack with whole studies"}
	}
	return studies, c.store.Update(ctx, func(tx *sqlite.Tx) error {
		return c.audit(tx, actor, "consult_take", p.ID, "", fmt.Sprintf("%d studies, %d objects", len(studies), done))
	})
}

func (c *Consult) takeOne(in *archive.Incoming, p *Pack, o PackedObject) error {
	rc, err := p.Object(o)
	if err != nil {
		return damaged(o.File, err.Error())
	}
	defer rc.Close()
	if _, _, err := in.Keep(rc); err != nil {
		return fmt.Errorf("%s inside the pack cannot be kept: %w", o.File, err)
	}
	return nil
}

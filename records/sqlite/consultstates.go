package sqlite

import (
	"errors"
	"fmt"

	"longying/records"
)

// consultHistories gives each consult of before the states the history that it
// can be told from: asked for and taken on by who made it, decided by who
// decided, followed since its first date. Nothing else of it changes.
func (t *Tx) consultHistories() error {
	list, err := t.Consults()
	if err != nil {
		return err
	}
	for i := range list {
		c := &list[i]
		if len(c.History) > 0 {
			continue
		}
		stage := func(state, by, name string, like records.Stage) error {
			like.State, like.By, like.ByName = state, by, name
			if name == "" && by != "" {
				u, err := t.User(by)
				switch {
				case err == nil:
					like.ByName = u.Name
				case !errors.Is(err, records.ErrNotFound):
					return err
				}
			}
			c.History = append(c.History, like)
			return nil
		}
		made := records.Stage{At: c.CreatedAt}
		err := errors.Join(stage(records.ConsultRequested, c.CreatedBy, "", made), stage(records.ConsultPreparing, c.CreatedBy, "", made))
		if d := c.Decision; d != nil {
			err = errors.Join(err, stage(records.ConsultDecided, d.By, d.ByName, records.Stage{At: d.At}))
		}
		if d := c.Decision; d != nil && len(c.FollowUps) > 0 {
			f := c.FollowUps[0]
			err = errors.Join(err, stage(records.ConsultFollowing, f.By, "", records.Stage{At: f.At}))
		}
		if err != nil {
			return fmt.Errorf("consult %s: %w", c.ID, err)
		}
		c.State = c.History[len(c.History)-1].State
		if err := t.PutConsult(c); err != nil {
			return fmt.Errorf("consult %s: %w", c.ID, err)
		}
	}
	return nil
}

package workspace

import (
	"context"

	"longying/records"
)

// Prior reads an earlier study of the patient whose study is open, to be shown
// beside it: it does not become the current one. Not for the UI goroutine. It is
// refused unless the record links both to one person.
func (ws *Workspace) Prior(ctx context.Context, user records.User, current *Opened, priorUID string) (*Opened, error) {
	ex, err := ws.Registry.OpenPrior(ctx, user, current.Examination.StudyUID, priorUID)
	if err != nil {
		return nil, err
	}
	return ws.headers(ctx, &Opened{Examination: ex, Record: current.Record}, priorUID)
}

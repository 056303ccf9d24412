package workspace

import (
	"context"

	"fyne.io/fyne/v2"

	"longying/records"
)

// Stage is what has the whole screen for a while, e.g. the presentation of a
// consult: no rail, no bar, no panel, and none of their keys.
type Stage struct {
	Content fyne.CanvasObject
	Actions func() []Action
	Ended   func() // the window is back; may be nil
}

// StageWanted: give a stage the whole screen; nil takes it away.
type StageWanted struct{ Stage *Stage }

// Laid reads a study that lies before a consult on a patient, to be shown there:
// it does not become the current one. Not for the UI goroutine. A study that the
// record links to somebody else by now is refused.
func (ws *Workspace) Laid(ctx context.Context, user records.User, patientID, studyUID string) (*Opened, error) {
	o, err := ws.whose(ctx, user, studyUID)
	if err != nil {
		return nil, err
	}
	if !o.Examination.Link.Linked() || o.Examination.PatientID != patientID {
		return nil, &records.RefusedError{Code: "laid_other", Args: []string{studyUID},
			Reason: "study " + studyUID + " is not linked to the patient of this consult any more; it is not shown"}
	}
	return ws.headers(ctx, o, studyUID)
}

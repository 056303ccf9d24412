package records

import "time"

// StudyStage is how far a study has come, from what the record holds of it.
type StudyStage string

// The stages, in their order.
const (
	StudyNew       StudyStage = "new"       // nothing was done to it
	StudyRead      StudyStage = "ai"        // models have run on it, or a doctor has marked findings
	StudyDraft     StudyStage = "draft"     // its report is being written
	StudySubmitted StudyStage = "submitted" // its report waits for a reviewer
	StudySigned    StudyStage = "signed"    // its report is signed
	StudySent      StudyStage = "sent"      // every destination has acknowledged the newest signed version
)

// StudyStages lists them in their order.
func StudyStages() []StudyStage {
	return []StudyStage{StudyNew, StudyRead, StudyDraft, StudySubmitted, StudySigned, StudySent}
}

// Progress is how a study stands in a list.
type Progress struct {
	Stage    StudyStage
	Critical bool      // a critical value of which nobody has read back what they were told
	Signed   time.Time // when its report was first signed; zero: it was not
	Earlier  int       // studies of the same patient that are older
}

// ReportDue is the time from a study's import to its signature after which a
// list calls it overdue: a day, as departments promise a plain examination.
const ReportDue = 24 * time.Hour

// Turnaround is the time from a study's import to its first signature, or until
// now while there is none, and whether it is longer than ReportDue.
func (s Progress) Turnaround(imported, now time.Time) (took time.Duration, signed, overdue bool) {
	until := now
	if signed = !s.Signed.IsZero(); signed {
		until = s.Signed
	}
	took = max(0, until.Sub(imported))
	return took, signed, took > ReportDue
}

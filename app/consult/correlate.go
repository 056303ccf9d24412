package consult

import (
	"context"
	"fmt"
	"strings"

	"longying/records"
	"longying/records/sqlite"
)

// Correlate states whether the lesion of an image (radiology) and the finding of
// a slide (pathology) agree; a discordance needs a comment. Both findings lie
// before the consult and stand at this time. An earlier statement stays.
func (c *Consult) Correlate(ctx context.Context, actor records.User, id, radiology, pathology string, concordant bool, comment string) (records.Consult, error) {
	return c.change(ctx, actor, id, records.RightLeadConsult, records.StepCorrelate, "consult_correlate", func(tx *sqlite.Tx, m *records.Consult) (string, error) {
		for _, side := range []struct {
			uid   string
			slide bool
		}{{radiology, false}, {pathology, true}} {
			laid := false
			for _, it := range m.Items {
				laid = laid || side.uid != "" && it.FindingUID == side.uid
			}
			if !laid {
				return "", &records.RefusedError{Code: "finding_not_laid", Args: []string{side.uid}, Reason: "finding " + side.uid + " was not laid before the consult; add it first"}
			}
			f, err := tx.Finding(side.uid)
			if err != nil {
				return "", fmt.Errorf("finding %s: %w", side.uid, err)
			}
			if !f.State.Factual() {
				return "", &records.RefusedError{Code: "finding_unconfirmed", Reason: "the finding has no doctor's confirmation; only confirmed or edited findings go before a consult"}
			}
			ex, err := tx.Examination(f.StudyUID)
			if err != nil {
				return "", fmt.Errorf("study %s: %w", f.StudyUID, err)
			}
			if !ex.Link.Linked() || ex.PatientID != m.PatientID {
				return "", &records.RefusedError{Code: "other_patient", Reason: "study " + f.StudyUID + " is not linked to the patient of this consult"}
			}
			if (ex.Modality == "SM") != side.slide {
				return "", &records.RefusedError{Code: "correlate_sides", Reason: "a correlation joins one finding of an image and one of a slide"}
			}
		}
		if comment = strings.TrimSpace(comment); !concordant && comment == "" {
			return "", &records.RefusedError{Code: "discordance_comment", Reason: "a discordance of radiology and pathology needs a comment"}
		}
		m.Correlations = append(m.Correlations, records.Correlation{ID: newID("RP-"), Radiology: radiology, Pathology: pathology,
			Concordant: concordant, Comment: comment, By: actor.ID, ByName: actor.Name, At: c.now()})
		return fmt.Sprintf("%s %s concordant=%v", radiology, pathology, concordant), nil
	})
}

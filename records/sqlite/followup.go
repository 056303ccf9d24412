package sqlite

import (
	"slices"
	"time"

	"longying/records"
)

// followers lists the findings of a patient that follow a finding.
func (t *Tx) followers(uid, patientID string) ([]records.Finding, error) {
	studies, err := t.Examinations(records.ExaminationFilter{PatientID: patientID})
	if err != nil {
		return nil, err
	}
	var out []records.Finding
	for _, ex := range studies {
		findings, err := t.FindingsOf(ex.StudyUID)
		if err != nil {
			return nil, err
		}
		for _, f := range findings {
			if f.FollowUp != nil && f.FollowUp.FindingUID == uid {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

// CarryTracking gives everything that follows a finding, directly or not, the
// identity that its lesion has now: one new version each.
func (t *Tx) CarryTracking(f *records.Finding, patientID string, by records.User, right records.Right, at time.Time) error {
	follow, err := t.followers(f.UID, patientID)
	if err != nil {
		return err
	}
	for i := range follow {
		if follow[i].TrackingUID == f.TrackingUID && follow[i].TrackingID == f.TrackingID {
			continue
		}
		next, err := follow[i].Retrack(*f, by, right, "the lesion that it follows has another identity", at)
		if err != nil {
			return err
		}
		if err := t.AppendFindingVersion(&next); err != nil {
			return err
		}
		if err := t.CarryTracking(&next, patientID, by, right, at); err != nil {
			return err
		}
	}
	return nil
}

// DissolveFollowing takes back every link of a patient's findings to a finding
// that is no longer fact, or no longer this patient's; each leaves a version
// with the reason. It returns how many those were.
func (t *Tx) DissolveFollowing(uid, patientID, reason string, by records.User, right records.Right, at time.Time) (int, error) {
	follow, err := t.followers(uid, patientID)
	if err != nil {
		return 0, err
	}
	for i := range follow {
		next, err := follow[i].Unfollow(by, right, reason, at)
		if err != nil {
			return 0, err
		}
		if err := t.AppendFindingVersion(&next); err != nil {
			return 0, err
		}
		if err := t.CarryTracking(&next, patientID, by, right, at); err != nil {
			return 0, err
		}
	}
	return len(follow), nil
}

// DissolveAcross takes back the links to a finding from studies other than
// those named: they go to another patient.
func (t *Tx) DissolveAcross(uid, patientID string, going []string, reason string, by records.User, at time.Time) error {
	follow, err := t.followers(uid, patientID)
	if err != nil {
		return err
	}
	for i := range follow {
		if slices.Contains(going, follow[i].StudyUID) {
			continue
		}
		next, err := follow[i].Unfollow(by, records.RightLink, reason, at)
		if err != nil {
			return err
		}
		if err := t.AppendFindingVersion(&next); err != nil {
			return err
		}
		if err := t.CarryTracking(&next, patientID, by, records.RightLink, at); err != nil {
			return err
		}
	}
	return nil
}

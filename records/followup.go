package records

import (
	"math"
	"slices"
	"strings"
	"time"
)

// PriorFinding says which finding of an earlier study of the same patient a finding
// is the same lesion as, in the word of a named doctor, with what the earlier
// one was when it was said. Own... is the identity that undoing gives back.
type PriorFinding struct {
	FindingUID     string        `json:"finding_uid"` // the prior finding
	Version        int           `json:"version"`     // of it, which was compared
	StudyUID       string        `json:"study_uid"`
	Label          Text          `json:"label"`
	Measurements   []Measurement `json:"measurements,omitempty"` // of the prior
	Prior          time.Time     `json:"prior,omitzero"`         // date of the prior study; zero where its header has none
	Current        time.Time     `json:"current,omitzero"`       // date of this study
	OwnTrackingUID string        `json:"own_tracking_uid"`
	OwnTrackingID  string        `json:"own_tracking_id"`
	By             string        `json:"by"`
	ByName         string        `json:"by_name"`
	At             time.Time     `json:"at"`
}

// Follow links the finding to the prior finding of an examination before its
// own: both are then one lesion and share its TrackingUID. Both must be
// confirmed, of one patient, of different studies, on the same side, and the
// prior not of a later day. Nothing but a doctor's word calls this.
func (f Finding) Follow(prior Finding, this, before Examination, by User, at time.Time) (Finding, error) {
	switch {
	case this.StudyUID != f.StudyUID || before.StudyUID != prior.StudyUID:
		return f, refuseVerdict("other_study", "a finding belongs to another study")
	case !this.Link.Linked() || this.PatientID != before.PatientID || !before.Link.Linked():
		return f, refuseVerdict("follow_patient", "finding %s and finding %s are not of one patient", f.UID, prior.UID)
	case f.StudyUID == prior.StudyUID:
		return f, refuseVerdict("follow_study", "both findings are of one study; a follow-up is of an earlier one")
	case !f.State.Factual() || !prior.State.Factual():
		return f, refuseVerdict("follow_unconfirmed", "a follow-up links what a doctor confirmed; confirm both findings first")
	case f.FollowUp != nil:
		return f, refuseVerdict("follows_already", "finding %s follows another finding already; undo that first", f.UID)
	case f.Laterality != "" && prior.Laterality != "" && f.Laterality != prior.Laterality:
		return f, refuseVerdict("follow_side", "the findings are on different sides; correct the side of one, or choose another")
	case !this.Date.IsZero() && !before.Date.IsZero() && before.Date.After(this.Date):
		return f, refuseVerdict("follow_later", "the finding chosen as prior is of a later study")
	}
	next, err := f.decided(f.State, by, RightVerdict, at)
	if err != nil {
		return f, err
	}
	next.Reason = ""
	next.FollowUp = &PriorFinding{FindingUID: prior.UID, Version: prior.Version, StudyUID: prior.StudyUID, Label: prior.Label,
		Measurements: prior.Measurements(), Prior: optionalTime(before.Date), Current: optionalTime(this.Date),
		OwnTrackingUID: f.TrackingUID, OwnTrackingID: f.TrackingID, By: by.ID, ByName: by.Name, At: canonicalTime(at)}
	next.TrackingUID, next.TrackingID = prior.TrackingUID, prior.TrackingID
	return next, nil
}

// Unfollow takes the doctor's link to a prior finding back: a new version with
// the finding's own identity. right is RightVerdict for a doctor's undoing, and
// RightLink where the prior study turned out to be another patient's.
func (f Finding) Unfollow(by User, right Right, reason string, at time.Time) (Finding, error) {
	if f.FollowUp == nil {
		return f, refuseVerdict("follows_nothing", "finding %s follows no prior finding", f.UID)
	}
	next, err := f.decided(f.State, by, right, at)
	if err != nil {
		return f, err
	}
	next.Reason = strings.TrimSpace(reason)
	return next.alone(), nil
}

// alone is the finding with its own identity, of no other study's lesion.
func (f Finding) alone() Finding {
	if f.FollowUp != nil {
		f.TrackingUID, f.TrackingID, f.FollowUp = f.FollowUp.OwnTrackingUID, f.FollowUp.OwnTrackingID, nil
	}
	return f
}

// Retrack is the version in which a finding takes the changed identity of the
// lesion it follows.
func (f Finding) Retrack(prior Finding, by User, right Right, reason string, at time.Time) (Finding, error) {
	next, err := f.decided(f.State, by, right, at)
	if err != nil {
		return f, err
	}
	next.Reason = reason
	next.TrackingUID, next.TrackingID = prior.TrackingUID, prior.TrackingID
	return next, nil
}

func optionalTime(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return canonicalTime(t)
}

// Change is how one measurement of a lesion differs from the same of its prior
// finding.
type Change struct {
	Concept    Code    `json:"concept"`
	Prior      float64 `json:"prior"`
	Now        float64 `json:"now"`
	Unit       string  `json:"unit"` // UCUM, of the present measurement
	Difference float64 `json:"difference"`
	Percent    float64 `json:"percent"` // of the prior value
}

// Growth is the comparison of a finding with its prior.
type Growth struct {
	Days     float64  `json:"days,omitempty"` // between the studies; 0: not known
	Changes  []Change `json:"changes,omitempty"`
	Missing  string   `json:"missing,omitempty"` // a Growth... constant: why there is no change to show
	Doubling float64  `json:"doubling_days,omitempty"`
	Basis    string   `json:"doubling_basis,omitempty"`   // BasisVolume or BasisDiameter
	NoTime   string   `json:"doubling_missing,omitempty"` // a Growth... constant: why there is no doubling time
}

// Why a comparison or a doubling time is not stated.
const (
	GrowthNotComparable = "not_comparable" // the two have no measurement of the same thing in units that convert
	GrowthNoDates       = "no_dates"       // a study has no date in its header
	GrowthNoInterval    = "no_interval"    // the two studies are of one day
	GrowthNoSize        = "no_size"        // neither volume nor diameter is compared
	GrowthNotGrown      = "not_grown"      // it is not larger
	GrowthWithinError   = "within_error"   // larger by no more than measuring twice differs
)

// What a doubling time was computed from.
const (
	BasisVolume   = "volume"
	BasisDiameter = "diameter" // a sphere is assumed: the volume grows as its third power
)

// The least growth that is more than what measuring the same nodule twice gives:
// 25 % of the volume (British Thoracic Society guidelines 2015), 2 mm of the
// diameter (Fleischner Society 2017).
const (
	leastVolumePercent = 25
	leastDiameterMM    = 2
)

// Codes of sizes, SNOMED CT as in PS3.16 CID 7469 and CID 7470.
const (
	conceptVolume   = "118565006"
	conceptLongAxis = "103339001"
	conceptDiameter = "81827009"
)

// Growth compares a finding with the prior that it follows; nil where it
// follows none. The volume doubling time is t · ln 2 / ln(V2/V1) after Schwartz
// (Cancer 1961;14:1272), t being the days between the two studies; from a
// diameter V is taken as its third power. It is stated only for growth beyond
// the error of measurement between two dates of the studies' own headers.
func (f *Finding) Growth() *Growth {
	p := f.FollowUp
	if p == nil {
		return nil
	}
	g := &Growth{}
	if !p.Prior.IsZero() && !p.Current.IsZero() {
		g.Days = max(0, p.Current.Sub(p.Prior).Hours()/24)
	}
	for _, now := range f.Measurements() {
		for _, was := range p.Measurements {
			if c, ok := change(was, now); ok {
				g.Changes = append(g.Changes, c)
				break
			}
		}
	}
	switch {
	case len(g.Changes) == 0:
		g.Missing, g.NoTime = GrowthNotComparable, GrowthNotComparable
	case p.Prior.IsZero() || p.Current.IsZero():
		g.NoTime = GrowthNoDates
	case g.Days < 1:
		g.NoTime = GrowthNoInterval
	default:
		g.double()
	}
	return g
}

// double states the doubling time, by the volume where both have one.
func (g *Growth) double() {
	g.NoTime = GrowthNoSize
	for _, basis := range []struct {
		name     string
		power    float64
		concepts []string
	}{{BasisVolume, 1, []string{conceptVolume}}, {BasisDiameter, 3, []string{conceptLongAxis, conceptDiameter}}} {
		for _, c := range g.Changes {
			if c.Concept.Scheme != "SCT" || c.Concept.Value != basis.concepts[0] && c.Concept.Value != basis.concepts[len(basis.concepts)-1] {
				continue
			}
			switch mm, isLength := inBase(c.Difference, c.Unit); {
			case c.Difference <= 0:
				g.NoTime = GrowthNotGrown
			case basis.name == BasisVolume && c.Percent < leastVolumePercent,
				basis.name == BasisDiameter && (isLength.of != "mm" || mm < leastDiameterMM):
				g.NoTime = GrowthWithinError
			default:
				g.Doubling, g.Basis, g.NoTime = g.Days*math.Ln2/(basis.power*math.Log(c.Now/c.Prior)), basis.name, ""
			}
			return
		}
	}
}

// change compares two measurements of the same thing; not ok where they cannot
// be compared, or the prior one is nothing that a percentage could be of.
func change(was, now Measurement) (Change, bool) {
	if was.Check() != nil || now.Check() != nil || was.Concept.Value != now.Concept.Value || was.Concept.Scheme != now.Concept.Scheme {
		return Change{}, false
	}
	prior := was.Value
	if was.Unit != now.Unit {
		base, from := inBase(was.Value, was.Unit)
		_, to := inBase(now.Value, now.Unit)
		if from.of == "" || from.of != to.of {
			return Change{}, false
		}
		prior = base / to.factor
	}
	if prior <= 0 || now.Value <= 0 {
		return Change{}, false
	}
	return Change{Concept: now.Concept, Prior: prior, Now: now.Value, Unit: now.Unit,
		Difference: now.Value - prior, Percent: (now.Value - prior) / prior * 100}, true
}

type unitOf struct {
	of     string // the unit that it is a multiple of
	factor float64
}

// inBase converts a UCUM length, area or volume into mm, mm2 or mm3.
func inBase(v float64, unit string) (float64, unitOf) {
	u := map[string]unitOf{
		"mm": {"mm", 1}, "cm": {"mm", 10},
		"mm2": {"mm2", 1}, "cm2": {"mm2", 100},
		"mm3": {"mm3", 1}, "cm3": {"mm3", 1000}, "mL": {"mm3", 1000}, "ml": {"mm3", 1000},
	}[unit]
	return v * u.factor, u
}

// Compares reports whether the prior finding is still what was compared: its
// label, side and measurements. That it follows something itself is no change.
func (p *PriorFinding) Compares(prior *Finding) bool {
	return prior.UID == p.FindingUID && prior.Label == p.Label && slices.Equal(prior.Measurements(), p.Measurements)
}

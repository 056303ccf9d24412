package consult

import (
	"context"
	"strings"
	"time"

	"longying/app/trail"
	"longying/imaging"
	"longying/records"
	"longying/records/cda"
	"longying/records/report"
	"longying/records/sqlite"
)

// memberWords is a member with discipline and, of an outside doctor, hospital.
func memberWords(m records.Member) string {
	about := strings.TrimSpace(m.Hospital + " " + m.Discipline)
	if about == "" {
		return m.Name
	}
	return m.Name + "（" + about + "）"
}

func minute(t time.Time) string { return t.In(imaging.Zone()).Format("2006-01-02 15:04") }

// Minutes is the consult in plain Chinese text.
func Minutes(m *records.Consult, p *records.Patient) string { return MinutesIn(m, p, "zh") }

// MinutesIn is the consult in plain text, in "zh" or "en".
func MinutesIn(m *records.Consult, p *records.Patient, lang string) string {
	return report.MinutesText(&report.Minutes{Patient: *p, Consult: *m, Version: version(m)}, lang)
}

func version(m *records.Consult) int { return (&cda.ConsultDocument{Consult: *m}).Version() }

// PrintedMinutes gathers the minutes of a consult for paper, and the places that
// were laid before it and are still its patient's. Before the decision they are
// a draft. organization is the hospital.
func (c *Consult) PrintedMinutes(ctx context.Context, actor records.User, id string, organization records.Organization) (_ report.Minutes, _ []report.KeyPlace, err error) {
	defer trail.Outcome(ctx, c.store, actor, "print", id, &err)
	var out report.Minutes
	for _, right := range []records.Right{records.RightExport, records.RightConsult} {
		if err := trail.Require(ctx, c.store, actor, right, "print", id); err != nil {
			return out, nil, err
		}
	}
	var places []report.KeyPlace
	err = c.store.Update(ctx, func(tx *sqlite.Tx) error {
		d := cda.ConsultDocument{Organization: organization}
		if err := c.gather(tx, id, &d); err != nil {
			return err
		}
		out = report.Minutes{Organization: organization, Patient: d.Patient, Consult: d.Consult, Version: d.Version()}
		for _, k := range report.KeyPlaces(&d.Consult) {
			ex, err := tx.Examination(k.Ref.StudyUID)
			if err != nil {
				return err
			}
			if ex.Link.Linked() && ex.PatientID == d.Consult.PatientID {
				places = append(places, k)
			}
		}
		what := "minutes"
		if !out.Final() {
			what = "draft"
		}
		return c.audit(tx, actor, "print", d.ID(), d.Consult.PatientID, what)
	})
	return out, places, err
}

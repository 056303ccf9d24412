package acceptance

import (
	"fmt"
	"image/png"
	"os"
	"testing"
	"time"

	"longying/imaging"
	"longying/models"
	"longying/records"
	"longying/records/report"
	"longying/records/seal"
	"longying/records/sqlite"
)

func openStore(t *testing.T) *sqlite.Store {
	t.Helper()
	folder := t.TempDir()
	key, err := seal.Create(folder, "a long passphrase for the test")
	if err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), folder, key, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// diary writes runs and what doctors made of them.
type diary struct {
	t     *testing.T
	store *sqlite.Store
	card  *models.Card
	n     int
}

func (d *diary) run(at time.Time, device, outcome string, state records.FindingState) (study string) {
	d.t.Helper()
	d.n++
	study = fmt.Sprintf("2.25.%d", d.n)
	d.again(study, at, device, outcome, state)
	return study
}

func (d *diary) again(study string, at time.Time, device, outcome string, state records.FindingState) {
	d.t.Helper()
	err := d.store.Update(d.t.Context(), func(tx *sqlite.Tx) error {
		if _, err := tx.Examination(study); err != nil {
			if err := tx.PutExamination(&records.Examination{StudyUID: study, Link: records.LinkReview}); err != nil {
				return err
			}
		}
		run := records.Run{StudyUID: study, Model: Ref(d.card), Outcome: outcome, Device: device, At: at, Ref: imaging.Ref{StudyUID: study, SOPUID: study + ".1", Frame: 1}}
		if outcome == "proposed" {
			run.FindingUID = study + ".9"
			if _, err := tx.Finding(run.FindingUID); err != nil {
				m := Ref(d.card)
				if err := tx.InsertFinding(&records.Finding{UID: run.FindingUID, StudyUID: study, State: state, Model: &m, At: at}); err != nil {
					return err
				}
			}
		}
		return tx.PutRun(&run)
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

func TestTheScorecardCountsWhatDoctorsMadeOfEachAnswerOnce(t *testing.T) {
	card := &models.Card{ID: "film", Version: "1.0.0", File: models.File{SHA256: "aa"}, Name: models.Text{Zh: "儿童胸片肺炎", En: "Paediatric pneumonia"}, Outputs: []models.Output{{Kind: models.OutputProbabilities,
		Classes: []models.Class{{Key: "pneumonia", Proposes: true, Code: &models.Code{Value: "233604007", Scheme: "SCT"}}}}}}
	store := openStore(t)
	d := &diary{t: t, store: store, card: card}
	october, november := time.Date(2026, 10, 5, 2, 0, 0, 0, time.UTC), time.Date(2026, 10, 31, 17, 0, 0, 0, time.UTC) // already November in Gansu
	for range 30 {
		d.run(october, "万东 / HF50", "below_threshold", "")
	}
	d.run(october, "万东 / HF50", "proposed", records.FindingConfirmed)
	d.run(october, "", "unsure", "")
	twice := d.run(november, "联影 / uDR 370i", "proposed", records.FindingEdited)
	d.again(twice, november.Add(time.Hour), "联影 / uDR 370i", "proposed", records.FindingEdited)
	for range 7 {
		d.run(november, "联影 / uDR 370i", "proposed", records.FindingRejected)
	}
	d.run(november, "联影 / uDR 370i", "proposed", records.FindingProposed)
	d.run(november, "联影 / uDR 370i", "proposed", records.FindingWithdrawn)
	d.run(november, "联影 / uDR 370i", "refused", "")
	missed := d.run(november, "联影 / uDR 370i", "below_threshold", "")
	err := store.Update(t.Context(), func(tx *sqlite.Tx) error {
		return tx.InsertFinding(&records.Finding{UID: missed + ".8", StudyUID: missed, State: records.FindingConfirmed, Code: &records.Code{Value: "233604007", Scheme: "SCT"}})
	})
	if err != nil {
		t.Fatal(err)
	}
	other := *card
	other.Version = "0.9.0"
	old := &diary{t: t, store: store, card: &other, n: 1000}
	old.run(october, "", "proposed", records.FindingRejected)

	a := New(store, nil, nil, time.Now)
	doctor := records.User{ID: "u", Name: "王敏", Role: records.RoleReviewer}
	from, until := october.AddDate(0, -1, 0), november.AddDate(0, 1, 0)
	c, err := a.Scorecard(t.Context(), doctor, card, from, until)
	if err != nil {
		t.Fatal(err)
	}
	total := c.Total
	if total.Runs != 42 || total.Proposed != 10 || total.Confirmed != 1 || total.Edited != 1 || total.Rejected != 7 || total.Waiting != 1 || total.Refused != 1 || total.Unsure != 1 || total.BelowThreshold != 31 || total.Missed != 1 {
		t.Errorf("total %+v", total)
	}
	if total.Agreement.Count != 2 || total.Agreement.N != 9 || total.FalseAlarms.Count != 7 {
		t.Errorf("agreement %+v, false alarms %+v", total.Agreement, total.FalseAlarms)
	}
	if len(c.Months) != 2 || c.Months[0].Name != "2026-10" || c.Months[0].Runs != 32 || c.Months[1].Runs != 10 {
		t.Errorf("months %+v", c.Months)
	}
	if len(c.Devices) != 3 || !c.Devices[2].Drift || c.Devices[2].Name != "联影 / uDR 370i" {
		t.Errorf("devices %+v", c.Devices)
	}
	if _, err := a.Scorecard(t.Context(), records.User{ID: "a", Role: records.RoleAuditor}, card, from, until); err == nil {
		t.Error("an auditor saw the scorecard")
	}
	for _, lang := range []string{"zh", "en"} {
		img, err := c.Picture(report.Font(), lang)
		if err != nil {
			t.Fatal(err)
		}
		if folder := os.Getenv("LONGYING_LOOK"); folder != "" { // to look at it
			f, err := os.Create(folder + "/scorecard-" + lang + ".png")
			if err != nil {
				t.Fatal(err)
			}
			if err := png.Encode(f, img); err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
	}
}

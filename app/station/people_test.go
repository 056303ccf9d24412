package station

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"longying/app/admin"
	"longying/records"
	"longying/records/seal"
	"longying/records/sqlite"
)

const firstPassword, secondPassword = "Chushi-2026-Longying", "Xinmima-2027-Longying"

func TestWrongPasswordsHoldAnAccountAndAnAdministratorReleasesIt(t *testing.T) {
	b := newBench(t)
	for range records.MaxFailures {
		_, err := b.Admin.SignIn(b.ctx, "pathologist", "wrong")
		b.refused("sign_in", err)
	}
	_, err := b.Admin.SignIn(b.ctx, "pathologist", b.password("pathologist"))
	b.refused("held", err)
	b.refused("right", b.Admin.SetLocked(b.ctx, b.radiologist, "pathologist", false))
	b.must(b.Admin.SetLocked(b.ctx, b.admin, "pathologist", false))
	_, err = b.Admin.SignIn(b.ctx, "pathologist", b.password("pathologist"))
	b.must(err)
}

func TestAPasswordSetBySomebodyElseHasToBeChangedFirst(t *testing.T) {
	b := newBench(t)
	b.refused("right", b.Admin.ResetPassword(b.ctx, b.radiologist, "pathologist", firstPassword))
	b.refused("own_password", b.Admin.ResetPassword(b.ctx, b.admin, "admin", firstPassword))
	b.must(b.Admin.ResetPassword(b.ctx, b.admin, "pathologist", firstPassword))
	u, err := b.Admin.SignIn(b.ctx, "pathologist", firstPassword)
	b.must(err)
	_, err = b.Registry.Studies(b.ctx, u, records.ExaminationFilter{})
	b.refused("must_change", err)
	b.refused("same_password", b.Admin.ChangePassword(b.ctx, u, firstPassword, firstPassword))
	b.refused("sign_in", b.Admin.ChangePassword(b.ctx, u, "wrong", secondPassword))
	b.must(b.Admin.ChangePassword(b.ctx, u, firstPassword, secondPassword))
	u, err = b.Admin.SignIn(b.ctx, "pathologist", secondPassword)
	b.must(err)
	_, err = b.Registry.Studies(b.ctx, u, records.ExaminationFilter{})
	b.must(err)
}

func TestARoleTakenAwayCountsForWhoIsSignedIn(t *testing.T) {
	b := newBench(t)
	b.must(b.Admin.SetRole(b.ctx, b.admin, "radiologist", records.RoleClinician))
	_, err := b.Reading.Draft(b.ctx, b.radiologist, b.film.StudyUID)
	b.refused("right", err)
	b.refused("last_administrator", b.Admin.SetRole(b.ctx, b.admin, "admin", records.RoleAuditor))
	b.refused("last_administrator", b.Admin.SetLocked(b.ctx, b.admin, "admin", true))
}

// telephone shows the code of RFC 6238 with the parameters that all telephones
// take: SHA-1, 30 s, 6 digits.
func telephone(secret []byte, at time.Time) string {
	mac := hmac.New(sha1.New, secret)
	_ = binary.Write(mac, binary.BigEndian, uint64(at.Unix()/30))
	sum := mac.Sum(nil)
	n := binary.BigEndian.Uint32(sum[sum[19]&15:]) & 0x7fffffff
	return fmt.Sprintf("%06d", n%1000000)
}

func TestASecondFactorIsAskedForAndItsCodesCountOnce(t *testing.T) {
	b := newBench(t)
	password := b.password("pathologist")
	f := b.Admin.NewSecondFactor(b.pathologist)
	raw, err := seal.ParseTOTPSecret(f.Secret)
	b.must(err)
	code := func(at time.Time) string { return telephone(raw, at) }
	_, err = b.Admin.EnrolSecondFactor(b.ctx, b.pathologist, password, f.Secret, "000000")
	if code(time.Now()) != "000000" {
		b.refused("code_wrong", err)
	}
	codes, err := b.Admin.EnrolSecondFactor(b.ctx, b.pathologist, password, f.Secret, code(time.Now()))
	b.must(err)
	_, err = b.Admin.SignIn(b.ctx, "pathologist", password)
	b.refused("code_needed", err)
	// The code that showed the telephone has the secret is used up.
	_, err = b.Admin.SignInWithCode(b.ctx, "pathologist", password, code(time.Now()))
	if err == nil {
		t.Error("a code counted twice")
	}
	_, err = b.Admin.SignInWithCode(b.ctx, "pathologist", password, codes[0])
	b.must(err)
	_, err = b.Admin.SignInWithCode(b.ctx, "pathologist", password, codes[0])
	b.refused("sign_in", err)
	b.must(b.Admin.ResetSecondFactor(b.ctx, b.admin, "pathologist"))
	_, err = b.Admin.SignIn(b.ctx, "pathologist", password)
	b.must(err)
}

func TestWhatIsRefusedIsInTheTrailWithWhoAndWhosePatient(t *testing.T) {
	b := newBench(t)
	_, err := b.Reading.Draft(b.ctx, b.sample.Users["clinician"], b.film.StudyUID)
	b.refused("right", err)
	events, err := b.Admin.AuditEvents(b.ctx, b.auditor, admin.AuditFilter{Outcome: "refused", Patient: b.film.PatientID})
	b.must(err)
	if len(events) == 0 || events[0].Object != b.film.StudyUID || events[0].UserID != b.sample.Users["clinician"].ID || events[0].Station == "" {
		t.Errorf("%+v", events)
	}
	b.must(b.store.View(b.ctx, func(tx *sqlite.Tx) error { _, err := tx.CheckSigned(); return err }))
}

func TestAHoldOutlivesARestartAndItsTimeRunsMeanwhile(t *testing.T) {
	home, at := filepath.Join(t.TempDir(), "home"), time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	o := Options{Home: home, Passphrase: "a passphrase of this test", Clock: func() time.Time { return at }}
	start := func(first *First) *Station {
		t.Helper()
		s, err := Start(t.Context(), o, first)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := start(&First{Hospital: "h", AdminPassword: firstPassword, DoctorLogin: "li", DoctorName: "李", DoctorRole: records.RoleRadiologist, DoctorPassword: secondPassword})
	for range records.MaxFailures {
		if _, err := s.Admin.SignIn(t.Context(), "li", "wrong"); err == nil {
			t.Fatal("let in")
		}
	}
	code := func() string {
		t.Helper()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = start(nil)
		_, err := s.Admin.SignIn(t.Context(), "li", secondPassword)
		var refused *records.RefusedError
		if err != nil && !errors.As(err, &refused) {
			t.Fatal(err)
		}
		if refused == nil {
			return ""
		}
		return refused.Code
	}
	if c := code(); c != "held" {
		t.Errorf("after a restart: %q", c)
	}
	at = at.Add(-24 * time.Hour) // a clock that was put back
	if c := code(); c != "held" {
		t.Errorf("with the clock put back: %q", c)
	}
	at = at.Add(records.HoldFor - time.Minute)
	if c := code(); c != "held" {
		t.Errorf("a minute before its end: %q", c)
	}
	at = at.Add(time.Minute)
	if c := code(); c != "" {
		t.Errorf("after its end: %q", c)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAnAuditorFindsWhatWasDoneWithAPatientByTheirWholeNumberAndSeesNoName(t *testing.T) {
	b := newBench(t)
	_, err := b.Registry.OpenStudy(b.ctx, b.radiologist, b.film.StudyUID)
	b.must(err)
	var p *records.Patient
	b.must(b.store.View(b.ctx, func(tx *sqlite.Tx) (err error) {
		p, err = tx.Patient(b.film.PatientID)
		return err
	}))
	numbers := []string{p.ID, p.IDNumber, " " + p.IDNumber + " ", p.HealthRecordNumber}
	for _, number := range numbers {
		if strings.TrimSpace(number) == "" {
			continue
		}
		events, err := b.Admin.AuditEvents(b.ctx, b.auditor, admin.AuditFilter{Patient: number})
		b.must(err)
		actions := map[string]bool{}
		for _, e := range events {
			actions[e.Action] = true
			if raw := fmt.Sprint(e); strings.Contains(raw, p.Name) || strings.Contains(raw, p.IDNumber) {
				t.Errorf("%s names the patient: %s", e.Action, raw)
			}
			if e.PatientID != "" && e.PatientID != p.ID {
				t.Errorf("another's event: %+v", e)
			}
		}
		if !actions["view_study"] || !actions["import_study"] {
			t.Errorf("by %q: %v", number, actions)
		}
	}
	for _, part := range []string{p.IDNumber[:10], p.Name, "no such number"} {
		if events, err := b.Admin.AuditEvents(b.ctx, b.auditor, admin.AuditFilter{Patient: part}); err != nil || len(events) != 0 {
			t.Errorf("%d events by %q (%v)", len(events), part, err)
		}
	}
	events, err := b.Admin.AuditEvents(b.ctx, b.auditor, admin.AuditFilter{Action: "view_audit", Limit: 1})
	b.must(err)
	if len(events) != 1 || events[0].Detail != "by patient" {
		t.Errorf("what the auditor looked for: %+v", events)
	}
}

func TestASampleFolderOpensAlsoWhereSomebodyTriedTheSecondFactor(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	s, sample, err := OpenSample(t.Context(), Options{Home: home})
	if err != nil {
		t.Fatal(err)
	}
	password, err := sample.Password("auditor")
	if err != nil {
		t.Fatal(err)
	}
	f := s.Admin.NewSecondFactor(sample.Users["auditor"])
	raw, err := seal.ParseTOTPSecret(f.Secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Admin.EnrolSecondFactor(t.Context(), sample.Users["auditor"], password, f.Secret, telephone(raw, time.Now())); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, sample, err = OpenSample(t.Context(), Options{Home: home})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if sample.Users["auditor"].ID != "" || sample.Users["radiologist"].ID == "" {
		t.Errorf("signed in: %v", sample.Users)
	}
}

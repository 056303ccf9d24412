package settings

import (
	"archive/zip"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"longying/app/station"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

// at is the room over an empty sample folder, with a sample user at it.
func at(t *testing.T, login string) (*room, *station.Station, *station.Sample) {
	t.Helper()
	s, sample, err := station.OpenSample(t.Context(), station.Options{Home: filepath.Join(t.TempDir(), "home")})
	if err != nil {
		t.Fatal(err)
	}
	l, err := lang.New(lang.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	ws := workspace.New(t.Context(), workspace.Services{Registry: s.Registry, Reading: s.Reading, Delivery: s.Delivery, Transfer: s.Transfer, Admin: s.Admin, Catalogue: s.Catalogue}, l)
	t.Cleanup(func() {
		ws.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	r, placed := newRoom(ws)
	test.NewTempWindow(t, placed.Content)
	ws.SetUser(sample.Users[login])
	return r, s, sample
}

func (r *room) does(what func()) {
	what()
	r.ws.Settle()
}

// telephone shows the code of RFC 6238 of a secret.
func telephone(t *testing.T, secret string) string {
	t.Helper()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, raw)
	_ = binary.Write(mac, binary.BigEndian, uint64(time.Now().Unix()/30))
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff)%1000000)
}

func TestASecondFactorIsOnOnceACodeShowsThatTheTelephoneHasItAndItsRecoveryCodesAreShownOnce(t *testing.T) {
	r, s, sample := at(t, "pathologist")
	password, err := sample.Password("pathologist")
	if err != nil {
		t.Fatal(err)
	}
	r.does(func() { r.open("settings.own") })
	r.does(r.newFactor)
	r.own.password, r.own.code = password, "no code"
	r.does(r.enrolFactor)
	if r.problem.Text() == "" || r.own.factor == nil || r.own.recovery != nil {
		t.Fatal("on without a code of the telephone")
	}
	r.own.password, r.own.code = password, telephone(t, r.own.factor.Secret)
	r.does(r.enrolFactor)
	if len(r.own.recovery) == 0 || r.own.factor != nil || r.own.password != "" || r.own.code != "" {
		t.Fatalf("%q: %+v", r.problem.Text(), r.own)
	}
	_, err = s.Admin.SignIn(t.Context(), "pathologist", password)
	if refused := new(records.RefusedError); !errors.As(err, &refused) || refused.Code != "code_needed" {
		t.Errorf("it is not asked for: %v", err)
	}
	if _, err := s.Admin.SignInWithCode(t.Context(), "pathologist", password, r.own.recovery[0]); err != nil {
		t.Errorf("a recovery code that was shown: %v", err)
	}
	r.does(func() { r.ws.SetUser(sample.Users["auditor"]) })
	if r.own.recovery != nil {
		t.Error("the next person finds the recovery codes")
	}
	if r.at != "settings.audit" || len(r.audit.events) == 0 {
		t.Errorf("an auditor finds %s first, with %d events", r.at, len(r.audit.events))
	}
	r.does(func() { r.ws.SetUser(sample.Users["pathologist"]) })
	if r.at != "settings.language" {
		t.Errorf("the next person stands on %s", r.at)
	}
}

func TestAnAdministratorChangesRoleAndPasswordUnlocksAndSetsTheIdleLock(t *testing.T) {
	r, s, _ := at(t, "admin")
	for range records.MaxFailures {
		if _, err := s.Admin.SignIn(t.Context(), "clinician", "wrong"); err == nil {
			t.Fatal("let in")
		}
	}
	r.does(func() { r.open("settings.users") })
	held := func() bool {
		for _, u := range r.users.list {
			if u.Login == "clinician" {
				return u.HoldLeft > 0
			}
		}
		t.Fatal("no such user")
		return false
	}
	if !held() {
		t.Error("a hold is not shown")
	}
	r.does(func() { r.setLocked("clinician", false) })
	if held() {
		t.Error("not released")
	}
	for text, ok := range map[string]bool{"5": true, "0": false, "ten": false, "1000": false} {
		r.users.idle = text
		r.does(r.setIdleLock)
		if done := r.problem.Text() == ""; done != ok {
			t.Errorf("%q minutes: %q", text, r.problem.Text())
		}
	}
	if after, err := s.Admin.IdleLock(t.Context()); err != nil || after != 5*time.Minute {
		t.Errorf("%s, %v", after, err)
	}
	r.users.next.Login, r.users.next.Name, r.users.next.Role, r.users.next.Password = "new", "新来", records.RoleTechnician, "Xinlai-2026-Longying"
	r.does(r.addUser)
	if u, err := s.Admin.SignIn(t.Context(), "new", "Xinlai-2026-Longying"); err != nil || !u.MustChange {
		t.Errorf("whoever was given a password does not have to choose another: %v", err)
	}
}

func TestTheAuditPageNarrowsAndExportsWhatItShows(t *testing.T) {
	r, _, sample := at(t, "auditor")
	r.does(func() { r.open("settings.audit") })
	if len(r.audit.events) == 0 {
		t.Fatal("nothing is shown")
	}
	r.audit.from = "yesterday"
	r.does(r.searchAudit)
	if r.problem.Text() == "" {
		t.Error("a day that is none is taken")
	}
	r.audit.from, r.audit.filter.Action, r.audit.filter.User = "", "add_user", sample.Users["admin"].Name
	r.does(r.searchAudit)
	if n := len(r.audit.events); n != len(sample.Users) || r.audit.events[0].Action != "add_user" {
		t.Errorf("%d events", n)
	}
	folder := t.TempDir()
	r.does(func() { r.exportAudit(folder) })
	files, err := filepath.Glob(filepath.Join(folder, "*.zip"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	z, err := zip.OpenReader(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if len(z.File) != len(sample.Users) || r.done.Text() == "" {
		t.Errorf("%d messages", len(z.File))
	}
	r.does(r.verify)
	if r.audit.verified == nil || !r.audit.verified.Whole() {
		t.Errorf("%+v", r.audit.verified)
	}
}

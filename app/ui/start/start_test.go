package start

import (
	"context"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"longying/app/ui/lang"
	"longying/records"
)

func screen(t *testing.T, fresh bool) *Screen {
	t.Helper()
	test.NewTempApp(t)
	words, err := lang.New(lang.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	return New(t.Context(), words, Options{Home: "/data", Fresh: fresh, Sample: func() {}, Title: func(string) {}, Chosen: func(lang.Code) {},
		Submit: func(context.Context, Answers) error { return nil }})
}

func TestTheFirstStartNamesTheFirstFieldThatIsWrong(t *testing.T) {
	s := screen(t, true)
	for _, step := range []struct {
		says string
		mend func()
	}{
		{"口令至少", func() { s.passphrase.SetText("passphrase-1") }},
		{"两次", func() { s.again.SetText("passphrase-1") }},
		{"医院名称", func() { s.hospital.SetText("县医院") }},
		{"管理员密码", func() { s.admin.SetText("Boss-pass-2026") }},
		{"医师登录名", func() { s.login.SetText("zhang") }},
		{"医师姓名", func() { s.name.SetText("张伟") }},
		{"医师密码", func() { s.password.SetText("Zhang-2026-pass") }}, // holds the login
		{"登录名", func() { s.password.SetText("Doctor-2026-pass") }},
	} {
		a, wrong, field := s.answers()
		if !strings.Contains(wrong, step.says) || field == nil || a.First != nil {
			t.Errorf("it says %q of %v, want a word of %q", wrong, field, step.says)
		}
		step.mend()
	}
	a, wrong, _ := s.answers()
	if wrong != "" || a.First == nil || a.First.DoctorRole != records.RoleRadiologist || a.First.Check() != nil {
		t.Errorf("%q, %+v", wrong, a.First)
	}
}

func TestWhatWasTypedOutlivesTheSwitchOfLanguage(t *testing.T) {
	s := screen(t, true)
	s.hospital.SetText("县医院")
	s.role.SetSelectedIndex(2)
	s.words.Set(lang.English)
	s.build()
	if s.hospital.Text != "县医院" || s.role.SelectedIndex() != 2 || s.role.Selected != "Pathologist" {
		t.Errorf("%q, role %d %q", s.hospital.Text, s.role.SelectedIndex(), s.role.Selected)
	}
}

func TestAKnownFolderIsAskedForItsPassphraseAlone(t *testing.T) {
	s := screen(t, false)
	s.passphrase.SetText("short") // an old one may be
	if a, wrong, _ := s.answers(); wrong != "" || a.Passphrase != "short" || a.First != nil {
		t.Errorf("%q, %+v", wrong, a)
	}
}

func TestWhyThePassphraseIsRefusedIsWordedAnewInTheLanguageChosen(t *testing.T) {
	s := screen(t, false)
	s.Say(func() string { return s.words.T("error.wrong_key") })
	before := s.problem.Text()
	s.words.Set(lang.English)
	s.build()
	if s.problem.Text() == before || s.problem.Text() != s.words.T("error.wrong_key") {
		t.Errorf("%q", s.problem.Text())
	}
}

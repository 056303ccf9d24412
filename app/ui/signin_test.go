package ui

import (
	"testing"

	"longying/records"
)

func TestWhoWasGivenAPasswordChoosesAnotherBeforeTheyAreLetIn(t *testing.T) {
	s, _, st, sample := opened(t)
	const given, chosen = "Chushi-2026-Longying", "Xinmima-2027-Longying"
	if err := st.Admin.ResetPassword(t.Context(), sample.Users["admin"], "pathologist", given); err != nil {
		t.Fatal(err)
	}
	s.ws.SetUser(records.User{})
	s.ws.Settle()
	p := s.signIn
	enter := func() {
		p.submit()
		s.ws.Settle()
	}
	p.login.SetText("pathologist")
	p.password.SetText(given)
	enter()
	if s.ws.User().ID != "" || p.fresh.Hidden || !p.login.Hidden {
		t.Fatal("let in with the password that somebody else knows")
	}
	p.fresh.SetText(chosen)
	p.again.SetText(chosen + "x")
	enter()
	if s.ws.User().ID != "" {
		t.Fatal("let in although the two differ")
	}
	p.again.SetText(chosen)
	enter()
	if s.ws.User().Login != "pathologist" || p.password.Text != "" || p.fresh.Text != "" || p.login.Hidden {
		t.Fatalf("%+v is in, and the page keeps what was typed", s.ws.User())
	}
	if _, err := st.Admin.SignIn(t.Context(), "pathologist", chosen); err != nil {
		t.Error(err)
	}
}

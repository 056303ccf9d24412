package records

import (
	"errors"
	"strings"
	"testing"
)

func TestTheRightsMatrixIsExactlyThis(t *testing.T) {
	const doctorRights = "import view_patient link analyze verdict report export consult lead_consult accept_model"
	matrix := map[Role]string{
		RoleTechnician:    "import view_patient analyze",
		RoleRadiologist:   doctorRights,
		RoleReviewer:      doctorRights + " review",
		RolePathologist:   doctorRights + " review",
		RoleClinician:     "consult",
		RoleAdministrator: "manage_users configure backup",
		RoleAuditor:       "audit",
		"":                "",
		"root":            "",
	}
	if len(Roles()) != len(matrix)-2 || len(Rights()) != 15 {
		t.Fatalf("%d roles, %d rights: the matrix is out of date", len(Roles()), len(Rights()))
	}
	for role, rights := range matrix {
		granted := strings.Fields(rights)
		n := 0
		for _, right := range Rights() {
			want := containsWord(rights, string(right))
			if role.May(right) != want {
				t.Errorf("%s, %s: %v, want %v", role, right, !want, want)
			}
			var refused *RefusedError
			err := Require(User{ID: "u", Name: "n", Role: role}, right)
			if (err == nil) != want || err != nil && !errors.As(err, &refused) {
				t.Errorf("Require(%s, %s): %v", role, right, err)
			}
			if want {
				n++
			}
		}
		if n != len(granted) {
			t.Errorf("%s: a right of the matrix does not exist: %v", role, granted)
		}
		if role.May("") || role.May("everything") {
			t.Errorf("%s may what does not exist", role)
		}
	}
}

func TestALockedAccountAndNobodyMayNothing(t *testing.T) {
	for _, right := range Rights() {
		for _, role := range Roles() {
			if Require(User{ID: "u", Role: role, Locked: true}, right) == nil || Require(User{Role: role}, right) == nil {
				t.Errorf("%s, %s", role, right)
			}
		}
	}
}

package seal

import (
	"errors"
	"strings"
	"testing"
)

func TestAPasswordIsKnownByItsSaltedHash(t *testing.T) {
	const good = "county-2026-radiology"
	a, err := HashPassword(good) // at the real cost, once
	if err != nil || !strings.HasPrefix(a, "$argon2id$v=19$m=65536,t=3,p=4$") || strings.Contains(a, good) {
		t.Fatal(a, err)
	}
	if ok, err := VerifyPassword(a, good); err != nil || !ok {
		t.Fatalf("the right one: %v, %v", ok, err)
	}
	b, _ := hashPassword(good, cheap())
	if c, _ := hashPassword(good, cheap()); b == c {
		t.Fatal("two hashes of one password are equal")
	}
	for _, wrong := range []string{good + "x", "", strings.ToUpper(good)} {
		if ok, err := VerifyPassword(b, wrong); err != nil || ok {
			t.Errorf("%q: %v, %v", wrong, ok, err)
		}
	}
}

func TestAHashThatCannotBeReadIsAnErrorAndNeverAMatch(t *testing.T) {
	good, _ := hashPassword("county-2026-radiology", cheap())
	for _, bad := range []string{"", "plain", "$2a$10$abc", good[:len(good)-2], strings.Replace(good, "m=64", "m=4294967295", 1),
		strings.Replace(good, "t=1", "t=0", 1), strings.Replace(good, "p=1", "p=0", 1), strings.Replace(good, "v=19", "v=16", 1)} {
		if ok, err := VerifyPassword(bad, "county-2026-radiology"); err == nil || ok {
			t.Errorf("%q: %v, %v", bad, ok, err)
		}
	}
}

func TestAWeakPasswordIsRefusedWithItsReason(t *testing.T) {
	for password, code := range map[string]string{
		"short-1":         "length",
		"短口令12":           "length",
		"zhanglei99":      "login",
		"My-ZhangLei99-x": "login",
		"张蕾 2026 county":  "name",
		"onlysmallone":    "classes",
		"12345678901":     "classes",
		"长长长长长长长长长长":      "classes",
		"county-2026-x":   "",
		"县医院放射科 2026年":    "",
	} {
		err := CheckPassword("zhanglei99", "张蕾", password)
		var pe *PasswordError
		switch {
		case code == "" && err != nil:
			t.Errorf("%q: %v", password, err)
		case code != "" && (!errors.As(err, &pe) || pe.Code != code || strings.Contains(err.Error(), password)):
			t.Errorf("%q: %v, want %s", password, err, code)
		}
	}
}

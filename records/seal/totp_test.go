package seal

import (
	"strings"
	"testing"
	"time"
)

// RFC 6238, appendix B, the rows of HMAC-SHA-1.
func TestTOTPIsThatOfRFC6238(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471",
		1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		if got := totp(secret, at/30, 8); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
		if _, ok := VerifyTOTP(secret, want[2:], time.Unix(at, 0), 0); !ok {
			t.Errorf("at %d: the last six digits %s are refused", at, want[2:])
		}
	}
	// RFC 4226, appendix D: the counters 0 to 9.
	for i, want := range strings.Fields("755224 287082 359152 969429 338314 254676 287922 162583 399871 520489") {
		if got := totp(secret, int64(i), 6); got != want {
			t.Errorf("counter %d: %s, want %s", i, got, want)
		}
	}
}

func TestACodeCountsOnceAndOnlyAroundItsTime(t *testing.T) {
	secret := NewTOTPSecret()
	at := time.Unix(1_800_000_000, 0)
	code := totp(secret, at.Unix()/30, 6)
	step, ok := VerifyTOTP(secret, " "+code[:3]+" "+code[3:], at, 0)
	if !ok || step != at.Unix()/30 {
		t.Fatalf("step %d, %v", step, ok)
	}
	if _, ok := VerifyTOTP(secret, code, at, step); ok {
		t.Error("the same code counts twice")
	}
	if _, ok := VerifyTOTP(secret, code, at.Add(time.Minute+30*time.Second), 0); ok {
		t.Error("a code counts a minute and a half later")
	}
	if _, ok := VerifyTOTP(secret, code, at.Add(-time.Minute-30*time.Second), 0); ok {
		t.Error("a code counts a minute and a half before")
	}
	for _, wrong := range []string{"", "0", code + "0", strings.Repeat("x", 6)} {
		if _, ok := VerifyTOTP(secret, wrong, at, 0); ok {
			t.Errorf("%q counts", wrong)
		}
	}
	back, err := ParseTOTPSecret(TOTPSecretText(secret))
	if err != nil || string(back) != string(secret) {
		t.Errorf("the secret typed by hand: %v", err)
	}
	if _, err := ParseTOTPSecret("ABC"); err == nil {
		t.Error("a short secret is taken")
	}
}

func TestARecoveryCodeCountsOnce(t *testing.T) {
	codes, hashes := NewRecoveryCodes()
	if len(codes) != 8 || len(hashes) != 8 {
		t.Fatalf("%d codes", len(codes))
	}
	left, ok := UseRecoveryCode(hashes, strings.ToUpper(strings.ReplaceAll(codes[3], "-", " ")))
	if !ok || len(left) != 7 {
		t.Fatalf("%v, %d left", ok, len(left))
	}
	if _, ok := UseRecoveryCode(left, codes[3]); ok {
		t.Error("a code counts twice")
	}
	if _, ok := UseRecoveryCode(left, "aaaaa-aaaaa"); ok {
		t.Error("any code counts")
	}
	for _, h := range hashes {
		for _, c := range codes {
			if strings.Contains(h, strings.ReplaceAll(c, "-", "")) {
				t.Error("a code stands in what is kept")
			}
		}
	}
}

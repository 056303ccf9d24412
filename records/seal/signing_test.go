package seal

import (
	"encoding/hex"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// spki is the header of a public key on the curve of SM2, RFC 5480 with the OID
// 1.2.156.10197.1.301 of GM/T 0006.
const spki = "3059301306072a8648ce3d020106082a811ccf5501822d034200"

func TestOpenSSLAcceptsASignature(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl to compare with")
	}
	k, err := newSigningKey("k", "u", "Password-2026", cheap())
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("右肺上叶结节 8 mm。")
	sig, err := k.Sign("Password-2026", message)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	der, _ := hex.DecodeString(spki + k.Public)
	raw, _ := hex.DecodeString(sig)
	public := file("public.pem", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	verify := func(text []byte) error {
		out, err := exec.Command(openssl, "pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-digest", "sm3",
			"-pkeyopt", "distid:1234567812345678", "-in", file("text", text), "-sigfile", file("sig", raw)).CombinedOutput()
		if err != nil {
			return errors.New(string(out))
		}
		return nil
	}
	if err := verify(message); err != nil {
		t.Errorf("openssl refuses it: %v", err)
	}
	if verify([]byte("左肺上叶结节 8 mm。")) == nil {
		t.Error("openssl accepts it under another text")
	}
}

func TestASigningKeyOpensByItsPasswordAtItsOwnUserOnly(t *testing.T) {
	k, err := newSigningKey("k", "u", "Password-2026", cheap())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Sign("password-2026", []byte("x")); !errors.Is(err, ErrNotThisPassword) {
		t.Errorf("another password: %v", err)
	}
	other := k
	other.UserID = "v"
	if _, err := other.Sign("Password-2026", []byte("x")); !errors.Is(err, ErrNotThisPassword) {
		t.Errorf("another user's: %v", err)
	}
	sig, err := k.Sign("Password-2026", []byte("x"))
	if err != nil || !VerifySignature(k.Public, sig, []byte("x")) || VerifySignature(k.Public, sig, []byte("y")) {
		t.Errorf("the signature %q (%v)", sig, err)
	}
	for _, public := range []string{"", "zz", "04", k.Public[:100]} {
		if VerifySignature(public, sig, []byte("x")) {
			t.Errorf("verified under the key %q", public)
		}
	}
}

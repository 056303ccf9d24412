package seal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeKeyring is a keyring in memory that can be broken.
type fakeKeyring struct {
	secrets map[string]string
	broken  error
}

func (k *fakeKeyring) Get(id string) (string, error) {
	s, ok := k.secrets[id]
	if !ok && k.broken == nil {
		return "", errors.New("no such secret")
	}
	return s, k.broken
}

func (k *fakeKeyring) Set(id, secret string) error {
	if k.broken == nil {
		k.secrets[id] = secret
	}
	return k.broken
}

func (k *fakeKeyring) Delete(id string) error {
	if k.broken == nil {
		delete(k.secrets, id)
	}
	return k.broken
}

func TestAKeyringOpensAFolderBesidesItsPassphraseUntilItForgets(t *testing.T) {
	folder, ring := t.TempDir(), &fakeKeyring{secrets: map[string]string{}}
	const passphrase, other = "a passphrase of a test", "another one of the test"
	key, err := create(folder, passphrase, cost{1, 8, 1})
	if err != nil {
		t.Fatal(err)
	}
	sealed := key.Seal("t", []byte("x"))
	opens := func(k *Key, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Open("t", sealed); err != nil {
			t.Fatal("it is another key")
		}
	}
	if _, err := Recall(folder, ring); !errors.Is(err, ErrNotRemembered) || Remembered(folder) {
		t.Fatalf("before: %v", err)
	}
	if err := Remember(folder, "a wrong passphrase", ring); err == nil || len(ring.secrets) > 0 {
		t.Fatal("remembered by a wrong passphrase")
	}
	for range 2 { // anew leaves no old secret behind
		if err := Remember(folder, passphrase, ring); err != nil {
			t.Fatal(err)
		}
	}
	if len(ring.secrets) != 1 || !Remembered(folder) {
		t.Fatalf("%d secrets", len(ring.secrets))
	}
	opens(Recall(folder, ring))
	opens(Unlock(folder, passphrase))
	if err := changePassphrase(folder, passphrase, other, cost{1, 8, 1}); err != nil {
		t.Fatal(err)
	}
	opens(Recall(folder, ring)) // the data key is the same
	opens(Unlock(folder, other))
	if _, err := Unlock(folder, passphrase); err == nil {
		t.Error("the old passphrase still opens")
	}
	raw, err := os.ReadFile(filepath.Join(folder, KeyringFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range ring.secrets {
		if strings.Contains(string(raw), secret) {
			t.Error("the secret lies in the folder")
		}
	}
	// Another computer, or a thief with the folder alone, has no such secret.
	var why *KeyringError
	if _, err := Recall(folder, &fakeKeyring{}); !errors.As(err, &why) || !strings.Contains(err.Error(), "passphrase still opens") {
		t.Errorf("without the secret: %v", err)
	}
	if _, err := Recall(folder, &fakeKeyring{broken: errors.New("no D-Bus")}); !errors.As(err, &why) || !strings.Contains(err.Error(), "no D-Bus") {
		t.Errorf("without a keyring: %v", err)
	}
	for id := range ring.secrets {
		ring.secrets[id] = strings.Repeat("A", 43) + "="
	}
	if _, err := Recall(folder, ring); !errors.Is(err, ErrDamaged) {
		t.Errorf("with another secret: %v", err)
	}
	if err := Forget(folder, ring); err != nil || len(ring.secrets) != 0 || Remembered(folder) {
		t.Errorf("forgotten: %v, %d secrets", err, len(ring.secrets))
	}
	opens(Unlock(folder, other))
}

func TestAKeyringThatIsNotThereLeavesTheFolderAsItWas(t *testing.T) {
	folder := t.TempDir()
	const passphrase = "a passphrase of a test"
	if _, err := create(folder, passphrase, cost{1, 8, 1}); err != nil {
		t.Fatal(err)
	}
	var why *KeyringError
	if err := Remember(folder, passphrase, &fakeKeyring{broken: errors.New("no D-Bus")}); !errors.As(err, &why) || Remembered(folder) {
		t.Errorf("%v", err)
	}
	if _, err := Unlock(folder, passphrase); err != nil {
		t.Error(err)
	}
}

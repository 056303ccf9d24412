package seal

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

const passphrase = "一个足够长的口令 for tests"

// cheap keeps the tests fast; the format carries its own cost.
func cheap() cost { return cost{time: 1, memory: 64, threads: 1} }

func testKey(t *testing.T, fill byte) *Key {
	t.Helper()
	k, err := NewKey(bytes.Repeat([]byte{fill}, DataKeySize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestAFolderOpensWithItsPassphraseOnly(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "数据")
	if Exists(folder) {
		t.Fatal("an empty folder has a keyring")
	}
	if _, err := Unlock(folder, passphrase); !errors.Is(err, ErrNoKeyring) {
		t.Fatalf("no keyring: %v", err)
	}
	k, err := Create(folder, passphrase) // at the real cost, once
	if err != nil || !Exists(folder) {
		t.Fatal(err)
	}
	sealed := k.Seal("t/c/1", []byte("张三"))
	again, err := Unlock(folder, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := again.Open("t/c/1", sealed); err != nil || string(plain) != "张三" {
		t.Fatalf("%q, %v", plain, err)
	}
	var pe *PassphraseError
	if _, err := Unlock(folder, passphrase+" "); !errors.As(err, &pe) || pe.Code != PassphraseWrong {
		t.Fatalf("wrong passphrase: %v", err)
	}
}

func TestAKeyringIsNeverReplacedByANewKey(t *testing.T) {
	folder := t.TempDir()
	if _, err := create(folder, passphrase, cheap()); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(filepath.Join(folder, KeyringFile))
	if _, err := create(folder, passphrase, cheap()); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("a second Create: %v", err)
	}
	if after, _ := os.ReadFile(filepath.Join(folder, KeyringFile)); !bytes.Equal(before, after) {
		t.Fatal("the keyring changed")
	}
	if left, _ := filepath.Glob(filepath.Join(folder, ".sealing-*")); len(left) != 0 {
		t.Fatalf("left behind: %v", left)
	}
}

func TestAShortPassphraseIsRefused(t *testing.T) {
	var pe *PassphraseError
	if _, err := create(t.TempDir(), "张三的口令很短", cheap()); !errors.As(err, &pe) || pe.Code != PassphraseShort {
		t.Fatalf("%v", err)
	}
}

func TestChangingThePassphraseKeepsTheDataKey(t *testing.T) {
	folder := t.TempDir()
	k, err := create(folder, passphrase, cheap())
	if err != nil {
		t.Fatal(err)
	}
	sealed := k.Seal("a", []byte("x"))
	var pe *PassphraseError
	if err := changePassphrase(folder, "not the old one", "another passphrase", cheap()); !errors.As(err, &pe) || pe.Code != PassphraseWrong {
		t.Fatalf("changed without the old passphrase: %v", err)
	}
	if err := changePassphrase(folder, passphrase, "short", cheap()); !errors.As(err, &pe) || pe.Code != PassphraseShort {
		t.Fatalf("changed to a short one: %v", err)
	}
	if err := changePassphrase(folder, passphrase, "another passphrase", cheap()); err != nil {
		t.Fatal(err)
	}
	if _, err := Unlock(folder, passphrase); err == nil {
		t.Fatal("the old passphrase still opens the folder")
	}
	k2, err := Unlock(folder, "another passphrase")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k2.Open("a", sealed); err != nil {
		t.Fatal(err)
	}
}

func TestAChangedKeyringIsRefusedAndMakesNobodyWait(t *testing.T) {
	folder := t.TempDir()
	if _, err := create(folder, passphrase, cheap()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, KeyringFile)
	raw, _ := os.ReadFile(path)
	for name, change := range map[string]func(*keyring){
		"weaker parameters":  func(k *keyring) { k.Slots[0].KDF.Memory = 8 },
		"absurd memory":      func(k *keyring) { k.Slots[0].KDF.Memory = 1 << 31 },
		"absurd time":        func(k *keyring) { k.Slots[0].KDF.Time = 1 << 31 },
		"no threads":         func(k *keyring) { k.Slots[0].KDF.Threads = 0 },
		"another derivation": func(k *keyring) { k.Slots[0].KDF.Name = "plain" },
		"a cut key":          func(k *keyring) { k.Slots[0].Wrapped = k.Slots[0].Wrapped[:20] },
		"a changed key":      func(k *keyring) { k.Slots[0].Wrapped[20] ^= 1 },
		"a newer format":     func(k *keyring) { k.Format = 2 },
		"no slot":            func(k *keyring) { k.Slots = nil },
	} {
		var ring keyring
		if err := json.Unmarshal(raw, &ring); err != nil {
			t.Fatal(err)
		}
		change(&ring)
		changed, _ := json.Marshal(ring)
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Unlock(folder, passphrase); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

func TestASealedValueOpensAtItsPlaceAndUnchangedOnly(t *testing.T) {
	k := testKey(t, 1)
	sealed := k.Seal("patients/sealed/1", []byte("11010519491231002X"))
	if plain, err := k.Open("patients/sealed/1", sealed); err != nil || string(plain) != "11010519491231002X" {
		t.Fatalf("%q, %v", plain, err)
	}
	if bytes.Equal(sealed, k.Seal("patients/sealed/1", []byte("11010519491231002X"))) {
		t.Error("the same value is sealed to the same bytes")
	}
	if _, err := k.Open("patients/sealed/2", sealed); !errors.Is(err, ErrDamaged) {
		t.Errorf("moved to another row: %v", err)
	}
	if _, err := testKey(t, 2).Open("patients/sealed/1", sealed); !errors.Is(err, ErrDamaged) {
		t.Errorf("under another key: %v", err)
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := k.Open("patients/sealed/1", bad); !errors.Is(err, ErrDamaged) {
			t.Errorf("changed in byte %d: %v", i, err)
		}
		if _, err := k.Open("patients/sealed/1", sealed[:i]); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut to %d bytes: %v", i, err)
		}
	}
}

func TestKeyedHashesDependOnKeyKindAndValueAndNotOnTheirConcatenation(t *testing.T) {
	k := testKey(t, 1)
	a := k.Lookup("phone", "123")
	if !bytes.Equal(a, k.Lookup("phone", "123")) {
		t.Error("not the same twice")
	}
	for name, b := range map[string][]byte{"key": testKey(t, 2).Lookup("phone", "123"), "kind": k.Lookup("login", "123"), "value": k.Lookup("phone", "124"), "border": k.Lookup("phone1", "23")} {
		if bytes.Equal(a, b) {
			t.Errorf("another %s gives the same hash", name)
		}
	}
	if bytes.Equal(k.AuditMAC([]byte("ab"), []byte("c")), k.AuditMAC([]byte("a"), []byte("bc"))) {
		t.Error("the border between the previous MAC and the event can be moved")
	}
	first, again := k.ObjectName("00"), k.ObjectName("00")
	if first == testKey(t, 2).ObjectName("00") || first != again {
		t.Error("object names do not depend on key and content")
	}
}

func TestDigestsAreTheStandardOnes(t *testing.T) {
	// FIPS 180-4 and GB/T 32905-2016 A.1, both of "abc".
	sha, sm3 := Digests([]byte("abc"))
	if sha != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" ||
		sm3 != "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0" {
		t.Fatal(sha, sm3)
	}
}

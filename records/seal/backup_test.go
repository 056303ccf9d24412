package seal

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const backupPassphrase = "a passphrase of the folder"

// backupOf makes a folder with a keyring and a backup of some content under it.
func backupOf(t *testing.T, content []byte) (path string, k *Key) {
	t.Helper()
	folder := t.TempDir()
	k, err := create(folder, backupPassphrase, cost{time: 1, memory: 8, threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := os.ReadFile(filepath.Join(folder, KeyringFile))
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "backup")
	if err := k.WriteBackup(path, ring, bytes.NewReader(content), func(*SealedFile) error { return nil }, false); err != nil {
		t.Fatal(err)
	}
	return path, k
}

func readBackup(path, passphrase string) ([]byte, error) {
	b, err := OpenBackup(path)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	k, err := b.Unlock(passphrase)
	if err != nil {
		return nil, err
	}
	s, err := b.Content(k)
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(s.Content())
	return out, BackupDamage(path, err)
}

func TestABackupOpensUnderAnyNameByItsPassphraseAlone(t *testing.T) {
	want := content(3*chunkSize + 5)
	path, _ := backupOf(t, want)
	renamed := filepath.Join(t.TempDir(), "另一个名字")
	if err := os.Rename(path, renamed); err != nil {
		t.Fatal(err)
	}
	if got, err := readBackup(renamed, backupPassphrase); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	var wrong *PassphraseError
	if _, err := readBackup(renamed, "another passphrase"); !errors.As(err, &wrong) || wrong.Code != PassphraseWrong {
		t.Fatalf("%v", err)
	}
}

// Every byte of a backup is held: its header, its keyring, the sealed header,
// each chunk and their order.
func TestABackupThatWasCutReorderedOrChangedIsRefused(t *testing.T) {
	path, _ := backupOf(t, content(3*chunkSize+5))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sealed := bytes.Index(whole, []byte(fileMagic))
	first := sealed + headerSize
	const chunk = chunkSize + chunkOverhead
	try := func(name string, raw []byte) {
		t.Helper()
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := readBackup(path, backupPassphrase)
		var wrong *PassphraseError
		if err == nil {
			t.Errorf("%s: it opens", name)
		} else if !errors.Is(err, ErrDamaged) && !errors.As(err, &wrong) && !bytes.Contains([]byte(err.Error()), []byte("format")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for at := 0; at < first; at++ { // each byte before the first chunk
		raw := bytes.Clone(whole)
		raw[at] ^= 1
		try("changed in front", raw)
	}
	for at := first; at < len(whole); at += 7919 {
		raw := bytes.Clone(whole)
		raw[at] ^= 0x80
		try("changed within", raw)
	}
	for _, n := range []int{0, 5, 12, 40, sealed, sealed + 30, first, first + 100, first + chunk, first + 2*chunk, first + 3*chunk, len(whole) - 1} {
		try("cut", whole[:n])
	}
	a, b := whole[first:first+chunk], whole[first+chunk:first+2*chunk]
	try("reordered", slices.Concat(whole[:first], b, a, whole[first+2*chunk:]))
	try("doubled", slices.Concat(whole[:first], a, a, whole[first+2*chunk:]))
	try("longer", append(bytes.Clone(whole), 0))
	other, _ := backupOf(t, content(3*chunkSize+5))
	foreign, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	try("the keyring of another", slices.Concat(foreign[:bytes.Index(foreign, []byte(fileMagic))], whole[sealed:]))
	try("nothing of ours", []byte("a letter"))
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readBackup(path, backupPassphrase); err != nil {
		t.Fatalf("unchanged it does not open: %v", err)
	}
}

func TestABackupThatFailsLeavesWhatWasThere(t *testing.T) {
	path, k := backupOf(t, []byte("old"))
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := OpenBackup(path)
	if err != nil {
		t.Fatal(err)
	}
	ring := b.Keyring()
	b.Close()
	failure := errors.New("it does not read back")
	fails := func(*SealedFile) error { return failure }
	passes := func(*SealedFile) error { return nil }
	if err := k.WriteBackup(path, ring, bytes.NewReader(nil), passes, false); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another: %v", err)
	}
	if err := k.WriteBackup(path, ring, bytes.NewReader(nil), fails, true); !errors.Is(err, failure) {
		t.Errorf("not read back: %v", err)
	}
	if err := k.WriteBackup(path, ring, io.MultiReader(bytes.NewReader(content(2*chunkSize)), brokenReader{failure}), passes, true); !errors.Is(err, failure) {
		t.Errorf("broken content: %v", err)
	}
	names, _ := os.ReadDir(filepath.Dir(path))
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) || len(names) != 1 {
		t.Errorf("it was changed, or something was left: %v, %v", names, err)
	}
	if err := k.WriteBackup(path, ring, bytes.NewReader([]byte("new")), passes, true); err != nil {
		t.Error(err)
	}
	if got, err := readBackup(path, backupPassphrase); err != nil || string(got) != "new" {
		t.Errorf("%q, %v", got, err)
	}
}

type brokenReader struct{ err error }

func (r brokenReader) Read([]byte) (int, error) { return 0, r.err }

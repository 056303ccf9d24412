package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"longying/records"
)

func TestARehearsalSeesTheRecordLeavesNothingAndKeepsNobodyFromWriting(t *testing.T) {
	folder := t.TempDir()
	s := openStore(t, folder)
	put := func(name string) func(*Tx) error {
		return func(tx *Tx) error { return tx.PutPatient(&records.Patient{Name: name, Sex: records.SexMale}) }
	}
	count := func(tx *Tx) (n int) {
		if err := tx.EachPatient(func(*records.Patient) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	update(t, s, put("甲"))
	err := s.Rehearse(context.Background(), func(tx *Tx) error {
		if err := put("乙")(tx); err != nil {
			return err
		}
		// A verdict of a doctor, in the middle of it: an Update of the record.
		update(t, s, put("丙"))
		if seen, _ := filepath.Glob(filepath.Join(folder, "[^.]*", DatabaseFile)); len(seen) > 0 {
			t.Errorf("a backup would take %v", seen)
		}
		if n := count(tx); n != 2 {
			t.Errorf("the rehearsal sees %d people; it is of the first and its own", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	view(t, s, func(tx *Tx) error {
		if n := count(tx); n != 2 {
			t.Errorf("%d people are in the record; two were put there", n)
		}
		return nil
	})
	failed := errors.New("what f says")
	if err := s.Rehearse(context.Background(), func(*Tx) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("it says %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(folder, rehearsals)); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}

func TestTheFolderOfARehearsalThatWasKilledGoesWithALaterOne(t *testing.T) {
	folder := t.TempDir()
	s := openStore(t, folder)
	old, young := filepath.Join(folder, ".rehearsal-1"), filepath.Join(folder, ".rehearsal-2")
	for _, one := range []string{old, young} {
		if err := os.Mkdir(one, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(old, testClock().Add(-48*time.Hour), testClock().Add(-48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(young, testClock(), testClock()); err != nil {
		t.Fatal(err)
	}
	if err := s.Rehearse(context.Background(), func(*Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("two days old, and still there: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("it may be somebody's: %v", err)
	}
}

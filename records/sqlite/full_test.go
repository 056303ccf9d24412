package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestAFullDatabaseStoresNothingByHalves lets the database run full at random
// sizes, in the midst of transactions of many rows, and gives it room again.
func TestAFullDatabaseStoresNothingByHalves(t *testing.T) {
	folder := verdictsFolder(t)
	s := openStore(t, folder)
	limit := func(pages int) {
		t.Helper()
		if _, err := s.writer.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	acknowledged, full, n := map[string]int{}, 0, 0
	trials := soak(20, 300)
	for trial := range trials {
		var pages int
		if err := s.writer.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
			t.Fatal(err)
		}
		limit(pages + rand.IntN(6))
		for try := 0; ; try++ {
			uid, version, err := verdict(s, n)
			if errors.Is(err, ErrDiskFull) {
				full++
				break
			}
			if err != nil || try == 1000 {
				t.Fatalf("trial %d: %v", trial, err)
			}
			acknowledged[uid] = version
			n++
			// Something large in one transaction, with its event.
			err = s.Update(context.Background(), func(tx *Tx) error {
				for i := range 3 {
					if err := tx.PutSetting(fmt.Sprintf("large.%d", i), strings.Repeat("x", rand.IntN(20_000))); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil && !errors.Is(err, ErrDiskFull) {
				t.Fatal(err)
			}
		}
		// Reading goes on.
		if r := verify(t, s); !r.Whole() {
			t.Fatalf("trial %d: %+v", trial, r.FirstBroken)
		}
		limit(1 << 30)
		uid, version, err := verdict(s, n)
		if err != nil {
			t.Fatalf("trial %d: with room again: %v", trial, err)
		}
		acknowledged[uid] = version
		n++
	}
	s.Close()
	if got := checkSurvivors(t, folder, acknowledged); got != n {
		t.Errorf("%d verdicts, %d were acknowledged: what failed was stored", got, n)
	}
	t.Logf("%d verdicts, full %d times", n, full)
}

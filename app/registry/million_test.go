package registry

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"longying/records"
	"longying/records/sqlite"
)

// TestAFullRegisterIsIndexedAndSearched measures what records/search alone does
// not: reading a sealed register, and the whole of a search with opening the
// people whom it shows. LONGYING_PEOPLE says how many, e.g. 1000000.
func TestAFullRegisterIsIndexedAndSearched(t *testing.T) {
	many, err := strconv.Atoi(os.Getenv("LONGYING_PEOPLE"))
	if err != nil {
		t.Skip("LONGYING_PEOPLE says how many people")
	}
	reg, store := register(t)
	r := rand.New(rand.NewPCG(3, 3))
	began := time.Now()
	for i := 0; i < many; i += 10000 {
		err := store.Update(t.Context(), func(tx *sqlite.Tx) error {
			for k := i; k < min(i+10000, many); k++ {
				p, o := someone(r, k)
				p.ID, p.IDNumber, p.Phone = "", fmt.Sprintf("11010519%010d", k), fmt.Sprintf("139%08d", k)
				if err := tx.PutPatient(&p); err != nil {
					return err
				}
				o.PatientID, o.AccessionNumber = p.ID, fmt.Sprintf("ACC%08d", k)
				if err := tx.PutOrder(&o); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d people stored in %v", many, time.Since(began))
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before := m.HeapAlloc
	began = time.Now()
	if err := reg.buildIndex(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("indexed in %v", time.Since(began))
	runtime.GC()
	runtime.ReadMemStats(&m)
	t.Logf("%d MiB more in use", (m.HeapAlloc-before)>>20)
	var took []time.Duration
	for range 300 {
		p, _ := someone(r, r.IntN(many))
		runes := []rune(p.Name)
		for _, text := range []string{p.Name, string(runes[:1]), string(runes[1:]), "z", "wang", "lm", "139", fmt.Sprintf("13900%d", r.IntN(1000)), fmt.Sprintf("11010519%010d", r.IntN(many)), "ACC0000"} {
			began := time.Now()
			if _, err := reg.Find(t.Context(), doctor(), text); err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(began))
		}
	}
	slices.Sort(took)
	t.Logf("a search with the people it shows: median %v, 99th percentile %v, worst %v", took[len(took)/2], took[len(took)*99/100], took[len(took)-1])
	began = time.Now()
	bare := &Registry{store: store, now: reg.now}
	if _, err := bare.Search(t.Context(), doctor(), records.FoldName("赵明")); err != nil {
		t.Fatal(err)
	}
	t.Logf("without an index: %v", time.Since(began))
}

package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"longying/records"
	"longying/records/seal"
	"longying/records/search"
	"longying/records/sqlite"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// kept is a registry that keeps its index, which is built.
func kept(t *testing.T, reg *Registry) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		if err := reg.KeepIndex(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the index ended: %v", err)
		}
	})
	stop = func() { cancel(); done.Wait() }
	t.Cleanup(stop)
	settled(t, reg)
	return stop
}

// settled waits until the index has everything.
func settled(t *testing.T, reg *Registry) {
	t.Helper()
	for t.Context().Err() == nil {
		kept := reg.people.current() != nil
		if f, err := reg.Find(t.Context(), doctor(), "z"); err != nil {
			t.Fatal(err)
		} else if kept && f.Total == 0 {
			return
		}
	}
}

// found checks that a search finds exactly these people, with the index and
// without it.
func found(t *testing.T, reg *Registry, text string, want ...string) {
	t.Helper()
	f, err := reg.Find(t.Context(), doctor(), text)
	if err != nil || f.Total != 0 {
		t.Fatalf("%q: %v, %d of %d are indexed", text, err, f.Indexed, f.Total)
	}
	bare := &Registry{store: reg.store, now: reg.now}
	slow, err := bare.Search(t.Context(), doctor(), text)
	if err != nil {
		t.Fatal(err)
	}
	for how, list := range map[string][]records.Patient{"the index": f.People, "a scan": slow} {
		var names []string
		for _, p := range list {
			names = append(names, p.Name)
		}
		if !slices.Equal(names, want) {
			t.Errorf("%q by %s: %v, want %v", text, how, names, want)
		}
	}
}

func TestEveryChangeOfThePeopleReachesTheIndexAtOnce(t *testing.T) {
	reg, store := register(t)
	a, b := residentID("19490101", 123), residentID("19490101", 121)
	header := "姓名,身份证号,性别,出生日期,联系电话,检查申请单号\n"
	take(t, reg, file(t, "0.csv", []byte(header+"钱多多,"+residentID("19600101", 127)+",1,19600101,13700000001,\n")), [5]int{1, 0, 0, 0, 0})
	kept(t, reg)
	first := take(t, reg, file(t, "a.csv", []byte(header+"单小红,"+a+",1,19490101,13900000001,ACC-77\n")), [5]int{1, 0, 0, 0, 0})
	for _, text := range []string{"小红", "shanxh", "danxiao", "sxh", a, strings.ToLower(a), a[:12], "1390000", "+86 139 0000 0001", "acc-7", "ACC-77"} {
		found(t, reg, text, "单小红")
	}
	found(t, reg, "13", "钱多多", "单小红")
	changed := take(t, reg, file(t, "b.csv", []byte(header+"单小红,"+a+",1,19490101,13800000002,\n")), [5]int{0, 1, 0, 0, 0})
	found(t, reg, "138", "单小红")
	found(t, reg, "139")
	if _, err := reg.UndoBatch(t.Context(), doctor(), changed.Batch.ID); err != nil {
		t.Fatal(err)
	}
	found(t, reg, "139", "单小红")
	found(t, reg, "138")
	second := take(t, reg, file(t, "c.csv", []byte(header+"单晓红,"+b+",1,19490101,13600000003,\n")), [5]int{1, 0, 0, 0, 0})
	found(t, reg, "sxh", "单小红", "单晓红")
	people, err := reg.Search(t.Context(), doctor(), "sxh")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reg.Merge(t.Context(), doctor(), people[0].ID, people[1].ID, "same person", true); err != nil {
		t.Fatal(err)
	}
	found(t, reg, "晓红", "单小红") // by the entry that stands for it now
	found(t, reg, b, "单小红")
	if _, _, err := reg.Unmerge(t.Context(), doctor(), people[1].ID, "not the same"); err != nil {
		t.Fatal(err)
	}
	found(t, reg, "晓红", "单晓红")
	ex := records.Examination{StudyUID: "2.25.7", Link: records.LinkedByHand, PatientID: people[1].ID, AccessionNumber: "CT2026-001", Header: records.Header{Display: "x"}}
	put := func() {
		if err := store.Update(t.Context(), func(tx *sqlite.Tx) error { return tx.PutExamination(&ex) }); err != nil {
			t.Fatal(err)
		}
	}
	put()
	found(t, reg, "ct2026", "单晓红")
	ex.PatientID = people[0].ID
	put()
	found(t, reg, "ct2026", "单小红")
	ex.PatientID, ex.Link = "", records.LinkReview
	put()
	found(t, reg, "ct2026")
	for _, id := range []string{second.Batch.ID, first.Batch.ID} {
		// Merges stand on both entries: they stay, and are found.
		if _, err := reg.UndoBatch(t.Context(), doctor(), id); err != nil {
			t.Fatal(err)
		}
	}
	gone := take(t, reg, file(t, "d.csv", []byte(header+"万俟卨,"+residentID("19610101", 127)+",1,19610101,13500000004,\n")), [5]int{1, 0, 0, 0, 0})
	found(t, reg, "moqi", "万俟卨")
	if _, err := reg.UndoBatch(t.Context(), doctor(), gone.Batch.ID); err != nil {
		t.Fatal(err)
	}
	found(t, reg, "moqi")
}

func TestStudiesAreFoundByWhoseTheyAreAsPeopleAre(t *testing.T) {
	reg, store := register(t)
	header := "姓名,身份证号,联系电话\n"
	take(t, reg, file(t, "a.csv", []byte(header+"单小红,"+residentID("19490101", 123)+",13900000001\n仇英,"+residentID("19500101", 125)+",13900000002\n")), [5]int{2, 0, 0, 0, 0})
	people, err := reg.Search(t.Context(), doctor(), "1390")
	if err != nil || len(people) != 2 {
		t.Fatal(people, err)
	}
	err = store.Update(t.Context(), func(tx *sqlite.Tx) error {
		return errors.Join(
			tx.PutExamination(&records.Examination{StudyUID: "2.25.1", Link: records.LinkedByHand, PatientID: people[0].ID, AccessionNumber: "A1", Header: records.Header{Display: "?"}}),
			tx.PutExamination(&records.Examination{StudyUID: "2.25.2", Link: records.LinkReview, AccessionNumber: "B1", Header: records.Header{Name: "Zeng^Wei=曾伟", Display: "曾伟"}}))
	})
	if err != nil {
		t.Fatal(err)
	}
	look := func() {
		t.Helper()
		for text, want := range map[string]string{"sxh": "2.25.1", "shan x": "2.25.1", "小红": "2.25.1", "139 0000": "2.25.1", "a1": "2.25.1", "zw": "2.25.2", "zengw": "2.25.2", "cengwei": "2.25.2", "b": "2.25.2", "qiuying": "", "晓红": ""} {
			list, err := reg.Studies(t.Context(), doctor(), records.ExaminationFilter{Text: text})
			if err != nil || len(list) > 1 || len(list) == 0 != (want == "") || want != "" && list[0].StudyUID != want {
				t.Errorf("%q: %d studies, want %q (%v)", text, len(list), want, err)
			}
		}
	}
	look()
	kept(t, reg)
	look()
	if _, err := reg.Merge(t.Context(), doctor(), people[0].ID, people[1].ID, "same", true); err != nil {
		t.Fatal(err)
	}
	if list, err := reg.Studies(t.Context(), doctor(), records.ExaminationFilter{Text: "qiuying"}); err != nil || len(list) != 1 {
		t.Errorf("by the name of a merged entry: %d, %v", len(list), err)
	}
}

func TestAChangeByAnotherProgramOnTheFolderIsNoticed(t *testing.T) {
	folder := t.TempDir()
	key, err := seal.NewKey(make([]byte, seal.DataKeySize))
	if err != nil {
		t.Fatal(err)
	}
	open := func() *sqlite.Store {
		s, err := sqlite.Open(t.Context(), folder, key, func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	reg, other := New(open(), nil, Correction{}, func() time.Time { return now }), open()
	put := func(n, of int) {
		if err := other.Update(t.Context(), func(tx *sqlite.Tx) error {
			for i := range of {
				if err := tx.PutPatient(&records.Patient{ID: fmt.Sprintf("p%d", n+i), Name: "覃勇", Phone: fmt.Sprintf("139%08d", n+i)}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	kept(t, reg)
	put(0, 1)
	found(t, reg, "qinyong", "覃勇")
	put(0, 3*followLimit) // more than a search takes in by itself
	f, err := reg.Find(t.Context(), doctor(), "13900001499")
	if err != nil || len(f.People) != 1 {
		t.Errorf("a whole number finds at once: %+v, %v", f, err)
	}
	settled(t, reg)
	if f, err = reg.Find(t.Context(), doctor(), "tany"); err != nil || len(f.People) != foundLimit || !f.More || f.Total != 0 {
		t.Errorf("%d people, more %v, %d of %d, %v", len(f.People), f.More, f.Indexed, f.Total, err)
	}
	// Changes that are forgotten: the index is built anew.
	reg.people.mu.Lock()
	reg.people.seq = -5
	reg.people.mu.Unlock()
	put(5000, 1)
	if _, err := reg.Find(t.Context(), doctor(), "tany"); err != nil {
		t.Fatal(err)
	}
	settled(t, reg)
	found(t, reg, "13900005000", "覃勇")
}

func TestWhileTheIndexIsBuiltWholeNumbersFindEverybodyAndTheRestSaysHowFar(t *testing.T) {
	reg, store := register(t)
	id := residentID("19490101", 123)
	if err := store.Update(t.Context(), func(tx *sqlite.Tx) error {
		return errors.Join(tx.PutPatient(&records.Patient{ID: "p1", Name: "区大", IDType: "01", IDNumber: id, Phone: "13900001234"}), tx.PutPatient(&records.Patient{ID: "p2", Name: "区小"}))
	}); err != nil {
		t.Fatal(err)
	}
	// As it is after the first of two people.
	x := search.New()
	x.Add([]search.Person{{ID: "p2", Name: "区小"}})
	reg.people.index = x
	reg.people.behind.Store(true)
	reg.people.done.Store(1)
	reg.people.total.Store(2)
	for text, want := range map[string][]string{id: {"区大"}, "139 0000 1234": {"区大"}, "ou": {"区小"}, "ouda": nil} {
		f, err := reg.Find(t.Context(), doctor(), text)
		var names []string
		for _, p := range f.People {
			names = append(names, p.Name)
		}
		if err != nil || !slices.Equal(names, want) || f.Indexed != 1 || f.Total != 2 {
			t.Errorf("%q: %v, %d of %d, %v", text, names, f.Indexed, f.Total, err)
		}
	}
	if all, err := reg.Search(t.Context(), doctor(), "ou"); err != nil || len(all) != 2 {
		t.Errorf("a search of everybody: %d, %v", len(all), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := reg.KeepIndex(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if reg.people.current() != nil {
		t.Error("a cancelled index stays")
	}
}

func TestOnlyWhoMaySeePatientsFindsThemAndTypingIsNotInTheTrail(t *testing.T) {
	reg, store := register(t)
	if err := store.Update(t.Context(), func(tx *sqlite.Tx) error {
		return tx.PutPatient(&records.Patient{Name: "单小红", Phone: "13900001234"})
	}); err != nil {
		t.Fatal(err)
	}
	kept(t, reg)
	events := func() int {
		n := 0
		if err := store.View(t.Context(), func(tx *sqlite.Tx) error {
			list, err := tx.AuditEvents(0, 0)
			n = len(list)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, role := range records.Roles() {
		u := records.User{ID: "u-" + string(role), Name: "某", Role: role}
		before := events()
		for _, text := range []string{"s", "sx", "小红", "13900001234"} {
			f, err := reg.Find(t.Context(), u, text)
			if may := role.May(records.RightViewPatient); may != (err == nil) || may != (len(f.People) == 1) {
				t.Errorf("%s by %q: %d people, %v", role, text, len(f.People), err)
			}
		}
		if n := events() - before; role.May(records.RightViewPatient) && n != 0 {
			t.Errorf("%d keys of %s are in the trail", n, role)
		}
	}
}

// TestTheIndexAgreesWithTheRegisterWhateverHappens: random people come, change
// and go in a real store; the index and a scan of the register agree.
func TestTheIndexAgreesWithTheRegisterWhateverHappens(t *testing.T) {
	reg, store := register(t)
	r := rand.New(rand.NewPCG(5, 5))
	kept(t, reg)
	bare := &Registry{store: store, now: reg.now}
	for n := range 120 {
		p, o := someone(r, n)
		p.ID = fmt.Sprintf("p%d", r.IntN(40))
		o.PatientID = p.ID
		err := store.Update(t.Context(), func(tx *sqlite.Tx) error {
			if r.IntN(5) == 0 {
				err := tx.RestoreEntry(records.EntryOrder, o.AccessionNumber, nil)
				return errors.Join(err, tx.RestoreEntry(records.EntryPatient, p.ID, nil))
			}
			if err := tx.PutPatient(&p); err != nil {
				return err
			}
			return tx.PutOrder(&o)
		})
		if err != nil && !strings.Contains(err.Error(), "FOREIGN KEY") {
			t.Fatal(err)
		}
		for _, text := range []string{p.Name[:3], p.IDNumber[:8], "z", "ACC0000", o.AccessionNumber, p.Numbers[0].Number} {
			f, err := reg.Find(t.Context(), doctor(), text)
			want, err2 := bare.Search(t.Context(), doctor(), text)
			if err != nil || err2 != nil || fmt.Sprint(f.People) != fmt.Sprint(want) {
				t.Fatalf("%q: %v, want %v (%v, %v)", text, f.People, want, err, err2)
			}
		}
	}
}

// The index is in memory alone: with it built and asked, no file of the folder
// holds a name, its pinyin or a number.
func TestTheIndexLeavesNothingInTheFolder(t *testing.T) {
	folder := t.TempDir()
	key, err := seal.NewKey(make([]byte, seal.DataKeySize))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", folder) // temporary files too
	store, err := sqlite.Open(t.Context(), folder, key, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	reg := New(store, nil, Correction{}, func() time.Time { return now })
	if err := store.Update(t.Context(), func(tx *sqlite.Tx) error {
		return errors.Join(tx.PutPatient(&records.Patient{ID: "p1", Name: "尉迟晓明", IDNumber: "11010519491231002X", Phone: "13900001234"}), tx.PutOrder(&records.Order{PatientID: "p1", AccessionNumber: "ACC-998877"}))
	}); err != nil {
		t.Fatal(err)
	}
	kept(t, reg)
	found(t, reg, "ycxm", "尉迟晓明")
	found(t, reg, "weichixiao", "尉迟晓明")
	found(t, reg, "acc", "尉迟晓明")
	files := 0
	for _, pattern := range []string{"*", "*/*", ".*"} {
		names, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			files += nothingPlain(t, name, "尉迟", "晓明", "weichi", "yuchi", "YuChi", "YuChiXiaoMing", "xiaoming", "ycxm", "11010519491231", "13900001234", "ACC-99", "ACC99")
		}
	}
	if files < 2 {
		t.Errorf("%d files: the look proves nothing", files)
	}
}

func nothingPlain(t *testing.T, path string, secrets ...string) (files int) {
	t.Helper()
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return 0
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, enc := range []interface{ String(string) (string, error) }{unicode.UTF8.NewEncoder(), simplifiedchinese.GB18030.NewEncoder(),
		unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder(), unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder()} {
		for _, secret := range secrets {
			needle, err := enc.String(secret)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(content, []byte(needle)) {
				t.Errorf("%s shows %q", filepath.Base(path), secret)
			}
		}
	}
	return 1
}

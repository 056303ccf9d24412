package report

import (
	"testing"
	"time"

	"longying/records"
)

// after hands f to the UI before anything that is started later: it runs when a
// load that is started next has read what is stored, and before that is shown.
func (t *tab) after(f func()) { t.ws.Do(f) }

// stands reports what the findings say in the field and in the store.
func stands(t *testing.T, r *tab) (field, stored string) {
	t.Helper()
	if r.seen.Text != r.seen.text.String() {
		t.Errorf("the field shows %q, its sentences say %q", r.seen.Text, r.seen.text.String())
	}
	rep, err := r.ws.Reading.Report(t.Context(), r.ws.User(), r.study)
	if err != nil {
		t.Fatal(err)
	}
	return r.seen.Text, records.Join(rep.Findings)
}

func TestWordsThatAreTypedAndStoredWhileAReportIsReadAreNotReplacedByWhatWasRead(t *testing.T) {
	r, _, _ := room(t, "左肺炎症。")
	const typed = "左肺下叶斑片影，边缘模糊。"
	r.after(func() {
		r.seen.SetText(typed)
		r.keeping.Stop() // no pause to wait for
		if err := r.saver.Flush(t.Context()); err != nil {
			t.Error(err)
		}
	})
	r.load()
	r.ws.Settle()
	if field, stored := stands(t, r); field != typed || stored != typed {
		t.Errorf("in the field %q, stored %q", field, stored)
	}
}

func TestWordsThatWaitToBeStoredAreStoredBeforeAReportIsReadAgain(t *testing.T) {
	r, _, _ := room(t, "左肺炎症。")
	const typed = "左肺下叶斑片影，边缘模糊。"
	r.saver.pause = time.Hour
	r.seen.SetText(typed)
	r.keeping.Stop()
	if !r.saver.Pending() {
		t.Fatal("nothing waits")
	}
	r.after(func() { // stored between the reading and the showing, at the latest
		if err := r.saver.Flush(t.Context()); err != nil {
			t.Error(err)
		}
	})
	r.load()
	r.ws.Settle()
	if field, stored := stands(t, r); field != typed || stored != typed {
		t.Errorf("in the field %q, stored %q", field, stored)
	}
	r.load() // nothing typed since: what is stored is shown
	r.ws.Settle()
	if field, _ := stands(t, r); field != typed {
		t.Errorf("read again: %q", field)
	}
}

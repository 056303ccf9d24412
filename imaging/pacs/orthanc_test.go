package pacs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"longying/imaging/dicomfile"
)

func TestOrthancStoresFindsAndGivesBackUnchanged(t *testing.T) {
	s := orthancServer(t)
	c := client(t, s)
	ctx := context.Background()
	if err := c.Echo(ctx); err != nil {
		t.Fatal(err)
	}
	base := made{patientID: "P0", date: "20260102", time: "030405", modality: "CT", site: "Town B", pixels: 8}
	people := []struct{ charset, name, shown string }{
		{"ISO_IR 192", "Wang^Xiaoming=王^小明", "王小明"},
		{"GB18030", gb18030(t, "Wang^Xiaoming=王^小明"), "王小明"},
		{"GB18030", gb18030(t, "王小明"), "王小明"},
		{"GBK", gb18030(t, "王^小明"), "王小明"},
		{`\ISO 2022 IR 58`, iso2022(t, "Wang^Xiaoming", "王^小明"), "王小明"},
		{"GB18030", gb18030(t, "Pu^X=濮^𬭸㛃"), "濮𬭸㛃"},
		{"ISO_IR 192", "王大明", "王大明"},
		{"ISO_IR 192", "Guli=古丽·阿卜杜热合曼", "古丽·阿卜杜热合曼"},
		{"ISO_IR 100", "Smith^John", "Smith John"},
	}
	var ms []made
	for i, p := range people {
		m := base
		m.charset, m.name = p.charset, p.name
		m.study = "1.2.826.9." + string(rune('1'+i))
		m.series, m.sop = m.study+".1", m.study+".1.1"
		m.patientID = "P" + string(rune('1'+i))
		m.accession = "ACC" + string(rune('1'+i))
		ms = append(ms, m)
	}
	ms[8].modality, ms[8].date = "MR", "20250601"
	outcomes, err := c.Store(ctx, objects(ms), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range outcomes {
		if o.State != Stored {
			t.Fatalf("%+v", o)
		}
	}
	uids := func(q Query) []string {
		t.Helper()
		found, err := c.Studies(ctx, q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		var out []string
		for _, s := range found.Studies {
			out = append(out, s.UID)
			i := int(s.UID[len(s.UID)-1] - '1')
			if s.Name.Display() != people[i].shown {
				t.Errorf("%s is shown as %q, want %q", s.UID, s.Name.Display(), people[i].shown)
			}
		}
		slices.Sort(out)
		return out
	}
	for _, tt := range []struct {
		q    Query
		want string // last digits
	}{
		{Query{Name: "王小明"}, "12345"},
		{Query{Name: "小明"}, "12345"},
		{Query{Name: "王^小明"}, "12345"},
		{Query{Name: "王"}, "123457"},
		{Query{Name: "王*明"}, "123457"},
		{Query{Name: "𬭸㛃"}, "6"},
		{Query{Name: "古丽·阿卜杜热合曼"}, "8"},
		{Query{Name: "smith"}, "9"},
		{Query{Name: "John Smith"}, ""}, // words in their order
		{Query{Name: "Smith John"}, "9"},
		{Query{PatientID: "P9"}, "9"},
		{Query{Accession: "ACC3"}, "3"},
		{Query{Modality: "MR"}, "9"},
		{Query{From: "20260101"}, "12345678"},
		{Query{To: "20251231"}, "9"},
		{Query{From: "20260102", To: "20260102", Name: "王大明"}, "7"},
		{Query{StudyUID: ms[3].study}, "4"},
		{Query{Site: "Town B", Name: "王大明"}, "7"},
		{Query{Site: "Town C"}, ""},
	} {
		got := ""
		for _, u := range uids(tt.q) {
			got += u[len(u)-1:]
		}
		if got != tt.want {
			t.Errorf("%+v finds %q, want %q", tt.q, got, tt.want)
		}
	}
	found, err := c.Studies(ctx, Query{StudyUID: ms[0].study})
	if err != nil {
		t.Fatal(err)
	}
	if s := found.Studies[0]; s.Accession != "ACC1" || s.PatientID != "P1" || s.Sex != "F" || s.BirthDate != "19700102" || s.Institution != "Town B" ||
		!s.Exact || s.Date.UTC() != time.Date(2026, 1, 1, 19, 4, 5, 0, time.UTC) || !slices.Equal(s.Modalities, []string{"CT"}) || s.Instances != 1 {
		t.Errorf("%+v", s)
	}
	found, err = c.Studies(ctx, Query{Limit: 4})
	if err != nil || len(found.Studies) != 4 || !found.More {
		t.Errorf("%d studies of at most 4, more %v: %v", len(found.Studies), found.More, err)
	}
	for _, m := range ms {
		k := kept{}
		res, err := c.Retrieve(ctx, m.study, k.retrieval())
		if err != nil || res.Kept != 1 || res.Total != 1 || len(res.Missing) != 0 {
			t.Fatalf("%+v: %v", res, err)
		}
		if !bytes.Equal(k[m.sop], m.bytes()) {
			t.Errorf("%s came back changed", m.charset)
		}
	}
	_, err = c.Retrieve(ctx, "1.2.3.4.5.6", kept{}.retrieval())
	if KindOf(err) != Absent && err != nil || err == nil {
		t.Errorf("a study that is not there: %v", err)
	}
}

func TestWrongCredentialsAreSaidToBe(t *testing.T) {
	s := orthancServer(t)
	s.Password = "wrong"
	if err := client(t, s).Echo(context.Background()); KindOf(err) != Credentials || !strings.Contains(err.Error(), "Orthanc") {
		t.Errorf("%v", err)
	}
}

// breaking forwards connections and cuts each after a number of bytes of the
// server's.
type breaking struct {
	net.Listener
	to   string
	next func() int64 // bytes until the next cut; below 0: none
	mu   sync.Mutex
	sent int64
}

func (b *breaking) serve(wg *sync.WaitGroup) {
	for {
		conn, err := b.Accept()
		if err != nil {
			return
		}
		wg.Go(func() {
			defer conn.Close()
			server, err := net.Dial("tcp", b.to)
			if err != nil {
				return
			}
			defer server.Close()
			wg.Go(func() { io.Copy(server, conn); server.Close() })
			b.mu.Lock()
			left := b.next()
			b.mu.Unlock()
			if left < 0 {
				io.Copy(b.counted(conn), server)
			} else {
				io.CopyN(b.counted(conn), server, left)
			}
		})
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// counted adds up what went over the line.
func (b *breaking) counted(w io.Writer) io.Writer {
	return writerFunc(func(p []byte) (int, error) {
		n, err := w.Write(p)
		b.mu.Lock()
		b.sent += int64(n)
		b.mu.Unlock()
		return n, err
	})
}

func proxied(t *testing.T, s Server, next func() int64) (Server, *breaking) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &breaking{Listener: l, to: strings.TrimSuffix(strings.TrimPrefix(s.URL, "http://"), "/dicom-web"), next: next}
	var wg sync.WaitGroup
	wg.Go(func() { b.serve(&wg) })
	t.Cleanup(func() { l.Close() })
	s.URL = "http://" + l.Addr().String() + "/dicom-web"
	return s, b
}

func TestARetrievalSurvivesAConnectionThatBreaksAtRandomBytes(t *testing.T) {
	direct := orthancServer(t)
	ms := study1(24, 100, "1.2.826.8")
	if _, err := client(t, direct).Store(context.Background(), objects(ms), nil); err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	for _, m := range ms {
		total += int64(len(m.bytes()))
	}
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 1))
		breaks := 0
		s, b := proxied(t, direct, func() int64 {
			if breaks > 0 && r.IntN(6) == 0 { // enough tries in a row get through
				return -1
			}
			breaks++
			return r.Int64N(120_000)
		})
		k := kept{}
		var res Retrieved
		var err error
		rounds := 0
		for rounds = 1; rounds <= 60; rounds++ { // each goes on where the last one ended
			before := len(k)
			res, err = client(t, s).Retrieve(context.Background(), "1.2.826.8", k.retrieval())
			if res.Known != before && res.Total != 0 {
				t.Fatalf("seed %d: %d were here, %d counted", seed, before, res.Known)
			}
			if err == nil {
				break
			}
			if !again(err) {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		if err != nil || len(res.Missing) > 0 {
			t.Fatalf("seed %d: %+v: %v", seed, res, err)
		}
		for _, m := range ms {
			if !bytes.Equal(k[m.sop], m.bytes()) {
				t.Fatalf("seed %d: %s is not what was stored (%d bytes)", seed, m.sop, len(k[m.sop]))
			}
		}
		b.mu.Lock()
		if breaks == 0 {
			t.Errorf("seed %d: nothing broke", seed)
		}
		t.Logf("seed %d: %d breaks, %d rounds, %.2f times the study's bytes went over the line", seed, breaks, rounds, float64(b.sent)/float64(total))
		b.mu.Unlock()
	}
}

func TestWhatIsHereIsNotFetchedAgain(t *testing.T) {
	c := client(t, orthancServer(t))
	ms := study1(10, 64, "1.2.826.7")
	if _, err := c.Store(context.Background(), objects(ms), nil); err != nil {
		t.Fatal(err)
	}
	k := kept{}
	for _, m := range ms[:7] {
		k[m.sop] = m.bytes()
	}
	var last Progress
	r := k.retrieval()
	r.Progress = func(p Progress) { last = p }
	res, err := c.Retrieve(context.Background(), "1.2.826.7", r)
	if err != nil || res.Known != 7 || res.Kept != 3 || res.Bytes > 4*int64(len(ms[0].bytes())) || last.Done != 10 || last.Total != 10 {
		t.Errorf("%+v, %+v: %v", res, last, err)
	}
}

func TestACancelledRetrievalKeepsWhatCameAndGoesOn(t *testing.T) {
	c := client(t, orthancServer(t))
	ms := study1(12, 64, "1.2.826.6")
	if _, err := c.Store(context.Background(), objects(ms), nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	k := kept{}
	r := k.retrieval()
	r.Progress = func(p Progress) {
		if p.Done == 4 {
			cancel()
		}
	}
	if _, err := c.Retrieve(ctx, "1.2.826.6", r); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if len(k) < 4 || len(k) == 12 {
		t.Errorf("%d instances came", len(k))
	}
	if res, err := c.Retrieve(context.Background(), "1.2.826.6", k.retrieval()); err != nil || res.Known+res.Kept != 12 || res.Known < 4 {
		t.Errorf("%+v: %v", res, err)
	}
}

func TestOrthancNamesEachObjectThatItDoesNotTake(t *testing.T) {
	c := client(t, orthancServer(t))
	ms := study1(3, 8, "1.2.826.5")
	objs := objects(ms)
	noise := []byte(strings.Repeat("no DICOM at all ", 50))
	objs[1].Size, objs[1].Open = int64(len(noise)), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(noise)), nil }
	out, err := c.Store(context.Background(), objs, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 3 || out[0].State != Stored || out[2].State != Stored || out[1].State == Stored || out[1].State == Warned || out[1].Reason == "" || out[1].SOPUID != ms[1].sop {
		t.Errorf("%+v", out)
	}
	if dicomfile.CheckUID(out[1].SOPUID) != nil {
		t.Error("no UID")
	}
}

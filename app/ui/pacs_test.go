package ui

import (
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"longying/app/admin"
	"longying/app/samples"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/imaging/pacs"
	"longying/records"
)

// filmServer is a PACS with the sample film, made three hours ago.
func filmServer(t *testing.T) (url string, study string, asked *atomic.Int64) {
	t.Helper()
	folder := t.TempDir()
	if err := samples.Extract(folder); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "film", "film.dcm")
	raw, in := readFilm(t, path)
	asked = &atomic.Int64{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch last := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]; last {
		case "studies":
			asked.Add(1)
			made := time.Now().In(imaging.Zone()).Add(-3 * time.Hour)
			fmt.Fprintf(w, `[{"0020000D":{"vr":"UI","Value":[%q]},"00100010":{"vr":"PN","Value":[{"Ideographic":"刘^小满"}]},"00080020":{"vr":"DA","Value":[%q]},"00080030":{"vr":"TM","Value":[%q]},
				"00080080":{"vr":"LO","Value":["柳河镇卫生院"]},"00201208":{"vr":"IS","Value":[1]}}]`, in.StudyUID, made.Format("20060102"), made.Format("150405"))
		case "instances":
			fmt.Fprintf(w, `[{"0020000E":{"vr":"UI","Value":[%q]},"00080018":{"vr":"UI","Value":[%q]}}]`, in.SeriesUID, in.SOPInstanceUID)
		default:
			m := multipart.NewWriter(w)
			w.Header().Set("Content-Type", `multipart/related; type="application/dicom"; boundary=`+m.Boundary())
			p, err := m.CreatePart(textproto.MIMEHeader{"Content-Type": {"application/dicom"}})
			if err != nil {
				t.Error(err)
			}
			p.Write(raw)
			m.Close()
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, in.StudyUID, asked
}

// texts are all labels in sight.
func texts(o fyne.CanvasObject) string {
	var b strings.Builder
	for _, x := range test.LaidOutObjects(o) {
		if table, ok := x.(*workspace.Table); ok {
			rows, columns := table.Length()
			cell := table.CreateCell()
			for i := range rows * columns {
				table.UpdateCell(widget.TableCellID{Row: i / columns, Col: i % columns}, cell)
				b.WriteString(cell.(*widget.Label).Text + "\n")
			}
		}
		switch v := x.(type) {
		case *workspace.Text:
			if v.Visible() {
				b.WriteString(v.Text + "\n")
			}
		case *widget.Label:
			if v.Visible() {
				b.WriteString(v.Text + "\n")
			}
		case *workspace.Problem:
			b.WriteString(v.Text() + "\n")
		case *widget.Button:
			if v.Visible() {
				b.WriteString(v.Text + "\n")
			}
		}
	}
	return b.String()
}

func typed(s *shell, k workspace.Key) { s.ws.Keys.Run(k) }

func TestAStudyOfThePACSIsFoundFetchedAndOpenedByKeysAlone(t *testing.T) {
	s, w, st, sample := opened(t)
	url, study, _ := filmServer(t)
	if err := st.Transfer.Put(t.Context(), sample.Users["admin"], pacs.Server{Name: "县医院", URL: url}, false); err != nil {
		t.Fatal(err)
	}
	w.Resize(fyne.NewSize(1366, 768))
	s.ws.Settle()
	typed(s, workspace.Ctrl(fyne.KeyP))
	s.ws.Settle()
	typed(s, workspace.Press(fyne.KeyF5))
	s.ws.Settle()
	if got := texts(s.front.Content); !strings.Contains(got, "刘小满") || !strings.Contains(got, "1 幅，未取") {
		t.Fatalf("the list shows %s", got)
	}
	typed(s, workspace.Press(fyne.KeyReturn))
	s.ws.Settle()
	if list, err := st.Registry.Studies(t.Context(), sample.Users["radiologist"], records.ExaminationFilter{}); err != nil || len(list) != 1 || list[0].StudyUID != study {
		t.Fatalf("%v: %v", list, err)
	}
	if got := texts(s.front.Content); !strings.Contains(got, "在本机") {
		t.Errorf("the list shows %s", got)
	}
	typed(s, workspace.Press(fyne.KeyReturn))
	s.ws.Settle()
	if o := s.ws.Current(); o == nil || o.Examination.StudyUID != study {
		t.Error("the study that is here does not open")
	}
}

func TestTheTownshipQueueShowsWhoIsOverdueAndCanBePaused(t *testing.T) {
	s, w, st, sample := opened(t)
	url, _, asked := filmServer(t)
	if err := st.Transfer.Put(t.Context(), sample.Users["admin"], pacs.Server{Name: "县医院", URL: url}, false); err != nil {
		t.Fatal(err)
	}
	w.Resize(fyne.NewSize(1366, 768))
	s.ws.Settle()
	typed(s, workspace.Ctrl(fyne.KeyP))
	s.ws.Settle()
	typed(s, workspace.Ctrl(fyne.KeyP))
	typed(s, workspace.Press(fyne.KeyP)) // paused before the first answer: no timer is set
	s.ws.Settle()
	if got := texts(s.front.Content); !strings.Contains(got, "超时 3:00") || !strings.Contains(got, "柳河镇卫生院") || !strings.Contains(got, "已暂停") {
		t.Errorf("the queue shows %s", got)
	}
	before := asked.Load()
	typed(s, workspace.Press(fyne.KeyF5))
	s.ws.Settle()
	if asked.Load() != before+1 {
		t.Errorf("F5 asked %d times", asked.Load()-before)
	}
	typed(s, workspace.Ctrl(fyne.KeyP)) // out of sight
	s.ws.Settle()
	events, err := st.Admin.AuditEvents(t.Context(), sample.Users["auditor"], admin.AuditFilter{})
	if err != nil {
		t.Fatal(err)
	}
	queries := 0
	for _, e := range events {
		if e.Action == "pacs_query" {
			queries++
		}
	}
	if queries != 1 {
		t.Errorf("a list that refreshes itself is audited %d times", queries)
	}
}

func TestAQueueThatCouldNotBeAskedForDoesNotSayThatNobodyWaits(t *testing.T) {
	s, w, st, sample := opened(t)
	gone := httptest.NewServer(nil)
	gone.Close()
	if err := st.Transfer.Put(t.Context(), sample.Users["admin"], pacs.Server{Name: "县医院", URL: gone.URL}, false); err != nil {
		t.Fatal(err)
	}
	w.Resize(fyne.NewSize(1366, 768))
	s.ws.Settle()
	typed(s, workspace.Ctrl(fyne.KeyP))
	s.ws.Settle()
	typed(s, workspace.Ctrl(fyne.KeyP))
	typed(s, workspace.Press(fyne.KeyP))
	s.ws.Settle()
	if got := texts(s.front.Content); strings.Contains(got, "超时 0") || !strings.Contains(got, "还没有取得列表") || !strings.Contains(got, "连不上 PACS") {
		t.Errorf("the queue shows %s", got)
	}
}

func TestAPACSIsConfiguredAndTriedInTheSettings(t *testing.T) {
	s, w, _, sample := opened(t)
	url, _, _ := filmServer(t)
	w.Resize(fyne.NewSize(1366, 768))
	s.ws.SetUser(records.User{})
	s.ws.SetUser(sample.Users["admin"])
	s.ws.Settle()
	for !strings.Contains(texts(s.front.Content), "QIDO-RS") {
		before := texts(s.front.Content)
		typed(s, workspace.Ctrl(fyne.KeyDown))
		s.ws.Settle()
		if texts(s.front.Content) == before {
			t.Fatal("there is no page of PACS")
		}
	}
	typed(s, workspace.Ctrl(fyne.KeyT))
	s.ws.Settle()
	if got := texts(s.front.Content); !strings.Contains(got, "没有名称") {
		t.Errorf("a PACS without a name: %s", got)
	}
	fields := []*workspace.Entry(nil)
	for _, x := range test.LaidOutObjects(s.front.Content) {
		if e, ok := x.(*workspace.Entry); ok {
			fields = append(fields, e)
		}
	}
	fields[0].SetText("县医院")
	fields[1].SetText(url)
	typed(s, workspace.Ctrl(fyne.KeyT))
	s.ws.Settle()
	if got := texts(s.front.Content); !strings.Contains(got, "县医院 已应答") {
		t.Errorf("the test says %s", got)
	}
	typed(s, workspace.Ctrl(fyne.KeyS))
	s.ws.Settle()
	if list, err := s.ws.Transfer.Servers(t.Context(), sample.Users["admin"]); err != nil || len(list) != 1 || list[0].URL != url {
		t.Errorf("%v: %v", list, err)
	}
}

func readFilm(t *testing.T, path string) ([]byte, imaging.Instance) {
	t.Helper()
	f, err := dicomfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	raw, err := io.ReadAll(f.Object())
	if err != nil {
		t.Fatal(err)
	}
	return raw, *f.Instance()
}

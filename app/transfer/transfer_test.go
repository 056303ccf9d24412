package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"longying/app/admin"
	"longying/app/samples"
	"longying/app/station"
	"longying/app/transfer"
	"longying/imaging/dicomfile"
	"longying/imaging/endpoint"
	"longying/imaging/pacs"
	"longying/records"
)

const passphrase = "Longying-2026-transfer"

type site struct {
	*station.Station
	home       string
	admin, doc records.User
}

func newSite(t *testing.T) site {
	t.Helper()
	s := site{home: t.TempDir()}
	s.open(t)
	ctx := context.Background()
	var err error
	if s.admin, err = s.Admin.AddUser(ctx, records.User{}, admin.NewUser{Login: "admin", Name: "管理员", Role: records.RoleAdministrator, Password: "Yijian-2026-Longying"}); err != nil {
		t.Fatal(err)
	}
	if s.doc, err = s.Admin.AddUser(ctx, s.admin, admin.NewUser{Login: "doc", Name: "医生", Role: records.RoleRadiologist, Password: "Yijian-2026-Longying"}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) open(t *testing.T) {
	t.Helper()
	st, err := station.Open(context.Background(), station.Options{Home: s.home, Passphrase: passphrase})
	if err != nil {
		t.Fatal(err)
	}
	s.Station = st
	t.Cleanup(func() { st.Close() })
}

// instances are n objects of one study, made out of the sample film.
func instances(t *testing.T, n int) map[string][]byte {
	t.Helper()
	folder := t.TempDir()
	if err := samples.Extract(folder); err != nil {
		t.Fatal(err)
	}
	f, err := dicomfile.Open(filepath.Join(folder, "film", "film.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string][]byte{}
	for i := range n {
		var b bytes.Buffer
		uid := fmt.Sprintf("2.25.9.1.%d", i+1)
		err := dicomfile.Rewrite(f, &b, func(d *dicomfile.Dataset) error {
			return d.String(dicomfile.TagStudyInstanceUID, "UI", "2.25.9").String(dicomfile.TagSeriesInstanceUID, "UI", "2.25.9.1").String(dicomfile.TagSOPInstanceUID, "UI", uid).Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		out[uid] = b.Bytes()
	}
	return out
}

// pacsServer has one study; it gives as many instances as allowed and then breaks
// off. Each instance that is given is counted.
func pacsServer(t *testing.T, objects map[string][]byte, allowed *atomic.Int64, refuses string) (string, *atomic.Int64) {
	t.Helper()
	given := &atomic.Int64{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		last := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
		switch {
		case last == "instances":
			var rows []string
			for uid := range objects {
				rows = append(rows, fmt.Sprintf(`{"0020000E":{"vr":"UI","Value":["2.25.9.1"]},"00080018":{"vr":"UI","Value":[%q]}}`, uid))
			}
			io.WriteString(w, "["+strings.Join(rows, ",")+"]")
		case last == "2.25.9.1":
			w.WriteHeader(http.StatusNotImplemented) // one by one
		case last == refuses:
			w.WriteHeader(http.StatusInternalServerError)
		case objects[last] != nil:
			m := multipart.NewWriter(w)
			w.Header().Set("Content-Type", `multipart/related; type="application/dicom"; boundary=`+m.Boundary())
			p, err := m.CreatePart(textproto.MIMEHeader{"Content-Type": {"application/dicom"}})
			if err != nil {
				t.Error(err)
			}
			if allowed.Add(-1) < 0 {
				p.Write(objects[last][:1000])
				panic(http.ErrAbortHandler)
			}
			given.Add(1)
			p.Write(objects[last])
			m.Close()
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	s.Config.ErrorLog = nil
	t.Cleanup(s.Close)
	return s.URL, given
}

func TestABrokenRetrievalIsNotInTheRecordAndGoesOnInAnotherRunOfTheProgram(t *testing.T) {
	s := newSite(t)
	ctx := context.Background()
	objects := instances(t, 6)
	var allowed atomic.Int64
	allowed.Store(4)
	url, given := pacsServer(t, objects, &allowed, "")
	if err := s.Transfer.Put(ctx, s.admin, pacs.Server{Name: "县医院", URL: url}, false); err != nil {
		t.Fatal(err)
	}
	res, err := s.Transfer.Retrieve(ctx, s.doc, "", "2.25.9", nil)
	if pacs.KindOf(err) != pacs.Broken || res.Waiting != 4 || res.Kept != 4 || res.Examination != nil || res.Whole() {
		t.Fatalf("%+v: %v", res, err)
	}
	if list, err := s.Registry.Studies(ctx, s.doc, records.ExaminationFilter{}); err != nil || len(list) != 0 {
		t.Errorf("a study of which a part came is in the record: %v (%v)", list, err)
	}
	files, err := filepath.Glob(filepath.Join(s.home, ".incoming", "*", "*"))
	if err != nil || len(files) != 4 {
		t.Fatalf("%d files wait (%v)", len(files), err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, plain := range []string{"Xiaoman", "刘", "2.25.9", "DICM"} {
			if bytes.Contains(raw, []byte(plain)) || strings.Contains(f, plain) {
				t.Errorf("%s shows %q", f, plain)
			}
		}
	}
	// One is damaged, one is what a killed program left.
	if err := os.WriteFile(files[0], []byte("LONGYING"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Station.Close(); err != nil {
		t.Fatal(err)
	}
	s.open(t)
	allowed.Store(100)
	res, err = s.Transfer.Retrieve(ctx, s.doc, "县医院", "2.25.9", nil)
	if err != nil || !res.Whole() || res.Kept != 3 || res.Known != 3 || given.Load() != 7 || res.Examination.Instances != 6 || res.Examination.Link == "" {
		t.Fatalf("%+v, %d were given: %v", res, given.Load(), err)
	}
	for uid, want := range objects {
		f, err := s.Archive.Open(ctx, uid)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f.Object())
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the PACS gave: %v", uid, err)
		}
		f.Close()
	}
	if left, err := os.ReadDir(filepath.Join(s.home, ".incoming")); err != nil || len(left) > 0 {
		t.Errorf("%v is left: %v", left, err)
	}
}

func TestAnInstanceThatThePACSCannotGiveDoesNotHoldUpTheStudy(t *testing.T) {
	s := newSite(t)
	ctx := context.Background()
	var allowed atomic.Int64
	allowed.Store(100)
	url, _ := pacsServer(t, instances(t, 3), &allowed, "2.25.9.1.2")
	if err := s.Transfer.Put(ctx, s.admin, pacs.Server{Name: "a", URL: url}, false); err != nil {
		t.Fatal(err)
	}
	res, err := s.Transfer.Retrieve(ctx, s.doc, "a", "2.25.9", nil)
	if err != nil || res.Whole() || len(res.Missing) != 1 || res.Missing[0].SOPUID != "2.25.9.1.2" || res.Examination == nil || res.Examination.Instances != 2 {
		t.Errorf("%+v: %v", res, err)
	}
}

func TestAnInstanceOfAnotherStudyIsNotTaken(t *testing.T) {
	s := newSite(t)
	ctx := context.Background()
	var allowed atomic.Int64
	allowed.Store(100)
	objects := instances(t, 2)
	f, err := dicomfile.OpenReader(bytes.NewReader(objects["2.25.9.1.2"]), int64(len(objects["2.25.9.1.2"])), "film")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	err = dicomfile.Rewrite(f, &b, func(d *dicomfile.Dataset) error {
		return d.String(dicomfile.TagStudyInstanceUID, "UI", "2.25.10").Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	objects["2.25.9.1.2"] = b.Bytes()
	url, _ := pacsServer(t, objects, &allowed, "")
	if err := s.Transfer.Put(ctx, s.admin, pacs.Server{Name: "a", URL: url}, false); err != nil {
		t.Fatal(err)
	}
	res, err := s.Transfer.Retrieve(ctx, s.doc, "a", "2.25.9", nil)
	if err != nil || len(res.Missing) != 1 || !strings.Contains(res.Missing[0].Reason, "2.25.10") || res.Examination.Instances != 1 {
		t.Errorf("%+v: %v", res, err)
	}
	if list, err := s.Registry.Studies(ctx, s.doc, records.ExaminationFilter{}); err != nil || len(list) != 1 {
		t.Errorf("%v: %v", list, err)
	}
}

func TestSecretsAreSealedNeverShownAndNeverSentToAnotherHost(t *testing.T) {
	s := newSite(t)
	ctx := context.Background()
	got := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, got, _ = r.BasicAuth()
		io.WriteString(w, "[]")
	}))
	t.Cleanup(srv.Close)
	if err := s.Transfer.Put(ctx, s.admin, pacs.Server{Name: "a", URL: "http://192.0.2.1/dicom-web", Access: endpoint.Access{User: "u", Password: "geheim-7391"}}, false); err != nil {
		t.Fatal(err)
	}
	list, err := s.Transfer.Servers(ctx, s.doc)
	if err != nil || len(list) != 1 || !list[0].Password || strings.Contains(fmt.Sprint(list), "7391") {
		t.Errorf("%v: %v", list, err)
	}
	moved := pacs.Server{Name: "a", URL: srv.URL, Access: endpoint.Access{User: "u"}}
	if err := s.Transfer.Try(ctx, s.admin, moved, true); err != nil || got != "" {
		t.Errorf("the password %q went to another host: %v", got, err)
	}
	if err := s.Transfer.Put(ctx, s.admin, moved, true); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Transfer.Echo(ctx, s.doc, "a"); err != nil || got != "" {
		t.Errorf("the password %q went to another host when it was saved: %v", got, err)
	}
	if err := s.Transfer.Put(ctx, s.admin, pacs.Server{Name: "a", URL: srv.URL, Access: endpoint.Access{User: "u", Password: "geheim-7391"}}, true); err != nil {
		t.Fatal(err)
	}
	if err := s.Transfer.Put(ctx, s.admin, pacs.Server{Name: "a", URL: srv.URL + "/sub", Access: endpoint.Access{User: "u"}, Site: "x"}, true); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Transfer.Echo(ctx, s.doc, "a"); err != nil || got != "geheim-7391" {
		t.Errorf("the password that stays is %q: %v", got, err)
	}
	files, err := filepath.Glob(filepath.Join(s.home, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if raw, err := os.ReadFile(f); err == nil && bytes.Contains(raw, []byte("7391")) {
			t.Errorf("%s shows the password", f)
		}
	}
	var refused *records.RefusedError
	if err := s.Transfer.Put(ctx, s.doc, moved, true); !errors.As(err, &refused) {
		t.Errorf("a doctor may configure: %v", err)
	}
}

func TestWhoMayNotIsRefusedBeforeThePACSIsAsked(t *testing.T) {
	s := newSite(t)
	ctx := context.Background()
	var asked atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(srv.Close)
	if err := s.Transfer.Put(ctx, s.admin, pacs.Server{Name: "a", URL: srv.URL}, false); err != nil {
		t.Fatal(err)
	}
	for _, role := range records.Roles() {
		u := records.User{ID: "x", Role: role}
		_, err := s.Transfer.Query(ctx, u, "a", pacs.Query{})
		check := func(name string, err error, rights ...records.Right) {
			t.Helper()
			may := true
			for _, r := range rights {
				may = may && role.May(r)
			}
			var refused *records.RefusedError
			if errors.As(err, &refused) == may {
				t.Errorf("%s as %s: %v", name, role, err)
			}
		}
		check("query", err, records.RightViewPatient)
		_, err = s.Transfer.Retrieve(ctx, u, "a", "2.25.9", nil)
		check("retrieve", err, records.RightImport, records.RightViewPatient)
		_, _, err = s.Transfer.StoreFiles(ctx, u, "a", []string{t.TempDir()}, nil)
		check("store files", err, records.RightExport)
		_, err = s.Transfer.StoreStudy(ctx, u, "a", "2.25.9", []string{transfer.AsObjects}, nil)
		check("store", err, records.RightExport)
		if n := asked.Swap(0); !role.May(records.RightViewPatient) && n > 0 {
			t.Errorf("%s had the PACS asked %d times", role, n)
		}
	}
}

package pacs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"longying/imaging/endpoint"
	"longying/imaging/pacs/orthanc"
)

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// oldPACS is a PACS without DICOMweb: an Orthanc without the plugin, that knows
// the gateway as a destination. It gives the base of its REST
// API, over which a test looks into it.
func oldPACS(t *testing.T, dicom, gateway int) (rest string) {
	t.Helper()
	port, folder := freePort(t), t.TempDir()
	config := fmt.Sprintf(`{"Name":"old","StorageDirectory":"s","IndexDirectory":"s","HttpPort":%d,"RemoteAccessAllowed":false,"AuthenticationEnabled":false,"DefaultEncoding":"Chinese",
		"DicomAet":"OLDPACS","DicomPort":%d,"DicomAlwaysAllowFind":true,"DicomAlwaysAllowMove":true,"DicomModalities":{"g":["LONGYING","127.0.0.1",%d]}}`, port, dicom, gateway)
	path := filepath.Join(folder, "old.json")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("Orthanc")
	if err != nil {
		program = "/usr/sbin/Orthanc"
	}
	cmd := exec.Command(program, path)
	cmd.Dir = folder
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // what it has is of no more use
		_ = cmd.Wait()
	})
	rest = fmt.Sprintf("http://127.0.0.1:%d", port)
	for end := time.Now().Add(20 * time.Second); ; {
		resp, err := http.Get(rest + "/system")
		if err == nil {
			resp.Body.Close()
			return rest
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestAPACSWithoutDICOMwebIsReachedThroughOrthanc(t *testing.T) {
	dicom := freePort(t)
	p, err := orthanc.Start(context.Background(), t.TempDir(), orthanc.Settings{Modality: fmt.Sprintf("OLDPACS,127.0.0.1,%d", dicom)})
	if errors.Is(err, orthanc.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	ctx := context.Background()
	c := client(t, Server{Name: "old", URL: p.URL, Access: endpoint.Access{User: orthanc.User, Password: p.Password}, Timeout: 10 * time.Second, Gateway: "pacs"})

	if err := c.Echo(ctx); KindOf(err) != Unreachable || !strings.Contains(err.Error(), "behind it") {
		t.Errorf("the PACS behind the gateway is off: %v", err)
	}
	m := made{charset: "GB18030", name: gb18030(t, "王^小明"), patientID: "P1", study: "1.2.826.99", series: "1.2.826.99.1", sop: "1.2.826.99.1.9",
		date: "20260102", time: "030405", modality: "CT", accession: "A 1", site: "柳河", pixels: 8}
	m.site = gb18030(t, m.site)
	out, err := c.Store(ctx, []Object{m.object()}, nil)
	if err != nil || len(out) != 1 || out[0].State != Refused || !strings.Contains(out[0].Reason, "store it again") {
		t.Errorf("stored while the PACS is off: %+v: %v", out, err)
	}

	rest := oldPACS(t, dicom, p.DICOMPort)
	if err := c.Echo(ctx); err != nil {
		t.Error(err)
	}
	ms := study1(5, 8, "1.2.826.98")
	for _, x := range ms {
		resp, err := http.Post(rest+"/instances", "application/dicom", bytes.NewReader(x.bytes()))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	if out, err = c.Store(ctx, []Object{m.object()}, nil); err != nil || out[0].State != Stored {
		t.Errorf("stored: %+v: %v", out, err)
	}
	for _, tt := range []struct {
		q    Query
		want int
	}{
		{Query{Name: "王小明"}, 2}, {Query{Name: "小明", Accession: "A 1"}, 1}, {Query{Name: "王小强"}, 0}, {Query{From: "20260101", To: "20260102"}, 2},
		{Query{To: "20251231"}, 0}, {Query{StudyUID: "1.2.826.98"}, 1}, {Query{Modality: "MR"}, 0}, {Query{Modality: "CT", PatientID: "P1"}, 2}, {Query{Limit: 1}, 1},
	} {
		found, err := c.Studies(ctx, tt.q)
		if err != nil || len(found.Studies) != tt.want {
			t.Errorf("%+v finds %d, want %d: %v", tt.q, len(found.Studies), tt.want, err)
		}
		for _, s := range found.Studies {
			if s.Name.Display() != "王小明" || !s.Exact {
				t.Errorf("%+v", s)
			}
		}
	}
	k := kept{}
	res, err := c.Retrieve(ctx, "1.2.826.98", k.retrieval())
	if err != nil || res.Kept != 5 {
		t.Errorf("%+v: %v", res, err)
	}
	for _, x := range ms {
		if !bytes.Equal(k[x.sop], x.bytes()) && !bytes.HasSuffix(k[x.sop], x.bytes()[len(x.bytes())-128:]) {
			t.Errorf("%s came back changed: %d bytes of %d", x.sop, len(k[x.sop]), len(x.bytes()))
		}
	}
	if res, err = c.Retrieve(ctx, "1.2.826.98", k.retrieval()); err != nil || res.Known != 5 {
		t.Errorf("again: %+v: %v", res, err)
	}
	if _, err = c.Retrieve(ctx, "1.2.826.97", k.retrieval()); KindOf(err) != Absent {
		t.Errorf("a study that is not there: %v", err)
	}
}

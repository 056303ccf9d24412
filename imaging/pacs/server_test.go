package pacs

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"longying/imaging/endpoint"
)

// stub is a server whose answers a test writes.
func stub(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return client(t, Server{Name: "stub", URL: s.URL, Timeout: 5 * time.Second})
}

type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  string
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "hospital CA"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return authority{key, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
}

func (a authority) issue(t *testing.T, host string, use x509.ExtKeyUsage) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tpl := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{host}, ExtKeyUsage: []x509.ExtKeyUsage{use}}
	der, err := x509.CreateCertificate(rand.Reader, tpl, a.cert, &k.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: raw}))
}

func TestTLSWithOwnAuthorityAndClientCertificate(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	cert, key := ours.issue(t, "localhost", x509.ExtKeyUsageServerAuth)
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(ours.pem))
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/dicom+json")
		io.WriteString(w, "[]")
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
	s.StartTLS()
	t.Cleanup(s.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "https://"), ":")
	good, goodKey := ours.issue(t, "workstation", x509.ExtKeyUsageClientAuth)
	bad, badKey := theirs.issue(t, "workstation", x509.ExtKeyUsageClientAuth)
	base := Server{Name: "tls", URL: "https://localhost:" + port, Timeout: 5 * time.Second}
	for name, tt := range map[string]struct {
		change func(*Server)
		want   Kind
	}{
		"own authority and certificate":     {func(s *Server) { s.CA, s.Certificate, s.PrivateKey = ours.pem, good, goodKey }, ""},
		"no authority":                      {func(s *Server) { s.Certificate, s.PrivateKey = good, goodKey }, Untrusted},
		"another authority":                 {func(s *Server) { s.CA, s.Certificate, s.PrivateKey = theirs.pem, good, goodKey }, Untrusted},
		"no client certificate":             {func(s *Server) { s.CA = ours.pem }, NoCertificate},
		"client certificate of another one": {func(s *Server) { s.CA, s.Certificate, s.PrivateKey = ours.pem, bad, badKey }, NoCertificate},
		"certificate for another name": {func(s *Server) {
			s.CA, s.Certificate, s.PrivateKey, s.URL = ours.pem, good, goodKey, "https://127.0.0.1:"+port
		}, Untrusted},
		"not encrypted": {func(s *Server) { s.URL = "http://localhost:" + port }, Unable},
	} {
		s := base
		tt.change(&s)
		err := client(t, s).Echo(context.Background())
		if KindOf(err) != tt.want || err != nil && tt.want == "" {
			t.Errorf("%s: %v (%s), want %s", name, err, KindOf(err), tt.want)
		}
	}
}

func TestAWrongConfigurationIsRefusedWithItsReason(t *testing.T) {
	codes := map[string]bool{}
	for reason, s := range map[string]Server{
		"name":            {URL: "http://a"},
		"https://host":    {Name: "a", URL: "a.example/dicom-web"},
		"apart from it":   {Name: "a", URL: "http://u:p@a.example"},
		"query":           {Name: "a", URL: "http://a.example/?x=1"},
		"behind Orthanc":  {Name: "a", URL: "http://a.example/dicom-web", Gateway: "a/b"},
		"ends in":         {Name: "a", URL: "http://a.example/", Gateway: "a"},
		"one of them":     {Name: "a", URL: "http://a.example", Access: endpoint.Access{User: "u", Token: "t"}},
		"no user":         {Name: "a", URL: "http://a.example", Access: endpoint.Access{Password: "t"}},
		"private key":     {Name: "a", URL: "https://a.example", Access: endpoint.Access{Certificate: "x"}},
		"http:":           {Name: "a", URL: "http://a.example", Access: endpoint.Access{CA: "x"}},
		"PEM":             {Name: "a", URL: "https://a.example", Access: endpoint.Access{CA: "x"}},
		"and its key do":  {Name: "a", URL: "https://a.example", Access: endpoint.Access{Certificate: "x", PrivateKey: "y"}},
		"negative":        {Name: "a", URL: "https://a.example", Timeout: -1},
		"holds a colon":   {Name: "a", URL: "https://a.example", Access: endpoint.Access{User: "a:b"}},
		"cannot be read:": {Name: "a", URL: "http://a b\x01"},
	} {
		_, err := New(s)
		var e *Error
		if !errors.As(err, &e) || e.Code == "" || codes[e.Code] {
			t.Errorf("%s: the code %q is missing or stands twice", reason, e.Code)
		}
		codes[e.Code] = true
		if KindOf(err) != Misconfigured || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

func TestTheCredentialsGoToTheServerThatWasConfiguredAlone(t *testing.T) {
	leaked := ""
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { leaked = r.URL.String() + r.Header.Get("Authorization") }))
	t.Cleanup(other.Close)
	got := ""
	c := stub(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Authorization")
		http.Redirect(w, r, other.URL, http.StatusFound)
	})
	c.server.Token = "secret"
	if err := c.Echo(context.Background()); KindOf(err) != Garbage || got != "Bearer secret" || leaked != "" {
		t.Errorf("%v, %q, %q", err, got, leaked)
	}
}

func TestAnswersThatAreNoDICOMwebAreErrorsThatSaySo(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		want   Kind
	}{
		"a page":          {200, "<html>", Garbage},
		"a number":        {200, "7", Garbage},
		"cut JSON":        {200, `[{"0020000D":{"vr":"UI","Value":["1.2`, Garbage},
		"lists in a list": {200, `[[[]]]`, Garbage},
		"deep sequences":  {200, strings.Repeat(`{"00081199":{"vr":"SQ","Value":[`, 100) + strings.Repeat(`]}}`, 100), Garbage},
		"nothing":         {200, "", ""},
		"no content":      {204, "", ""},
		"one object":      {200, `{"0020000D":{"vr":"UI","Value":["1.2"]}}`, ""},
		"absent":          {404, "", Absent},
		"forbidden":       {403, "", Forbidden},
		"down":            {503, "", Busy},
		"failing":         {500, "", Unable},
	} {
		c := stub(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(tt.status)
			io.WriteString(w, tt.body)
		})
		err := c.Echo(context.Background())
		if KindOf(err) != tt.want || err != nil && (tt.want == "" || !strings.Contains(err.Error(), "stub")) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	closed := httptest.NewServer(nil)
	closed.Close()
	if err := client(t, Server{Name: "off", URL: closed.URL}).Echo(context.Background()); KindOf(err) != Unreachable {
		t.Errorf("a server that is off: %v", err)
	}
}

func TestAServerThatFallsSilentCountsAsBroken(t *testing.T) {
	hold := make(chan struct{})
	c := stub(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "[")
		w.(http.Flusher).Flush()
		<-hold
	})
	t.Cleanup(func() { close(hold) })
	c.server.Timeout = 20 * time.Millisecond
	if err := c.Echo(context.Background()); KindOf(err) != Broken || !strings.Contains(err.Error(), "nothing came") {
		t.Errorf("%v", err)
	}
}

func TestPagesAreAskedForUntilTheServerHasNoMore(t *testing.T) {
	row := func(i int) string { return fmt.Sprintf(`{"0020000D":{"vr":"UI","Value":["1.2.%d"]}}`, i+1) }
	for name, tt := range map[string]struct {
		cap    int  // results a page at most
		paging bool // understands offset
		all    int
		want   int
	}{
		"as asked":                      {1000, true, 250, 250},
		"a full last page":              {1000, true, 200, 200},
		"its own smaller pages":         {30, true, 250, 250},
		"no paging, everything at once": {1000, false, 250, 250},
		"no paging, a first part":       {100, false, 250, 100},
	} {
		requests := 0
		c := stub(t, func(w http.ResponseWriter, r *http.Request) {
			requests++
			limit, offset := 0, 0
			fmt.Sscan(r.FormValue("limit"), &limit)
			fmt.Sscan(r.FormValue("offset"), &offset)
			if !tt.paging {
				offset, limit = 0, tt.cap
			}
			end := min(tt.all, offset+min(limit, tt.cap))
			if end < tt.all {
				w.Header().Set("Warning", fmt.Sprintf(`299 stub: "There are %d additional results that can be requested"`, tt.all-end))
			}
			var rows []string
			for i := offset; i < end; i++ {
				rows = append(rows, row(i))
			}
			io.WriteString(w, "["+strings.Join(rows, ",")+"]")
		})
		found, err := c.Studies(context.Background(), Query{})
		if err != nil || len(found.Studies) != tt.want || requests > 12 {
			t.Errorf("%s: %d studies with %d requests: %v", name, len(found.Studies), requests, err)
		}
	}
}

func TestAServerThatDecodesIsTrustedWhenItFindsNothing(t *testing.T) {
	asked := []string{}
	c := stub(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.FormValue("PatientName")+"|"+r.FormValue("StudyInstanceUID"))
		if r.FormValue("PatientName") != "" {
			io.WriteString(w, "[]")
			return
		}
		io.WriteString(w, `[{"0020000D":{"vr":"UI","Value":["1.2.3"]},"00100010":{"vr":"PN","Value":[{"Alphabetic":"王小明"}]}}]`)
	})
	for range 2 {
		found, err := c.Studies(context.Background(), Query{Name: "王小明"})
		if err != nil || len(found.Studies) != 0 || found.Looked != 0 {
			t.Errorf("%+v: %v", found, err)
		}
	}
	if got := strings.Join(asked, " "); got != "*王*小*明*| | |1.2.3 *王*小*明*|" {
		t.Errorf("it was asked %q", got)
	}
}

// parts writes a multipart answer.
func parts(w http.ResponseWriter, bodies ...[]byte) {
	m := multipart.NewWriter(w)
	w.Header().Set("Content-Type", `multipart/related; type="application/dicom"; boundary=`+m.Boundary())
	for _, b := range bodies {
		p, err := m.CreatePart(textproto.MIMEHeader{"Content-Type": {"application/dicom"}})
		if err != nil {
			panic(err)
		}
		p.Write(b)
	}
	m.Close()
}

func TestAnInstanceThatTheServerCannotGiveIsNamedAndTheRestComes(t *testing.T) {
	ms := study1(4, 8, "1.2.826.4")
	c := stub(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/instances"):
			var rows []string
			for _, m := range ms {
				rows = append(rows, fmt.Sprintf(`{"0020000E":{"vr":"UI","Value":[%q]},"00080018":{"vr":"UI","Value":[%q]}}`, m.series, m.sop))
			}
			io.WriteString(w, "["+strings.Join(rows, ",")+"]")
		case strings.HasSuffix(r.URL.Path, ms[0].series): // broken for the series with the damaged one
			w.WriteHeader(500)
		case strings.HasSuffix(r.URL.Path, ms[1].series): // one, whole, and one that is none
			parts(w, ms[1].bytes(), []byte("no DICOM"))
		case strings.HasSuffix(r.URL.Path, ms[0].sop):
			w.Header().Set("Content-Type", "application/dicom") // not in parts
			w.Write(ms[0].bytes())
		case strings.HasSuffix(r.URL.Path, ms[2].sop):
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(500)
			io.WriteString(w, "disk 3 is damaged")
		case strings.HasSuffix(r.URL.Path, ms[3].sop):
			parts(w, ms[1].bytes()) // another one
		}
	})
	k := kept{}
	res, err := c.Retrieve(context.Background(), "1.2.826.4", k.retrieval())
	if err != nil || res.Kept != 2 || res.Total != 4 || len(res.Missing) != 2 {
		t.Fatalf("%+v: %v", res, err)
	}
	if res.Missing[0].SOPUID != ms[2].sop || !strings.Contains(res.Missing[0].Reason, "disk 3 is damaged") || res.Missing[1].SOPUID != ms[3].sop || !strings.Contains(res.Missing[1].Reason, "another instance") {
		t.Errorf("%+v", res.Missing)
	}
	if !bytes.Equal(k[ms[0].sop], ms[0].bytes()) || !bytes.Equal(k[ms[1].sop], ms[1].bytes()) {
		t.Error("what came was changed")
	}
}

func TestAStudyThatTheServerDoesNotListComesWhole(t *testing.T) {
	ms := study1(3, 8, "1.2.826.3")
	c := stub(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/instances") {
			w.WriteHeader(http.StatusNotImplemented)
			return
		}
		parts(w, ms[0].bytes(), ms[1].bytes(), ms[2].bytes())
	})
	k := kept{ms[0].sop: ms[0].bytes()}
	if res, err := c.Retrieve(context.Background(), "1.2.826.3", k.retrieval()); err != nil || res.Kept != 2 || res.Known != 1 || len(k) != 3 {
		t.Errorf("%+v: %v", res, err)
	}
}

func TestAFullDiskEndsARetrievalWithItsReason(t *testing.T) {
	ms := study1(2, 8, "1.2.826.2")
	c := stub(t, func(w http.ResponseWriter, r *http.Request) { parts(w, ms[0].bytes()) })
	full := errors.New("the disk is full")
	r := kept{}.retrieval()
	r.Keep = func(io.Reader) (string, bool, error) { return "", false, full }
	w := &retrieval{client: c, Retrieval: r, study: "1.2.826.2", came: map[string]bool{}}
	if err := w.whole(context.Background()); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
}

func TestEachObjectThatIsStoredHasItsOutcome(t *testing.T) {
	ms := study1(5, 8, "1.2.826.1")
	var got []byte
	c := stub(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			if r.FormValue("SOPInstanceUID") == ms[3].sop {
				fmt.Fprintf(w, `[{"00080018":{"vr":"UI","Value":[%q]}}]`, ms[3].sop)
				return
			}
			w.WriteHeader(http.StatusNoContent)
			return
		}
		err := ReadParts(r.Header.Get("Content-Type"), r.Body, func(p Part) error {
			b, err := io.ReadAll(p)
			got = append(got, b...)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/dicom+json")
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(w, `{"00081199":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":[%q]}},{"00081155":{"vr":"UI","Value":[%q]},"00081196":{"vr":"US","Value":[45056]}}]},
			"00081198":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":[%q]},"00081197":{"vr":"US","Value":[290]}}]}}`, ms[0].sop, ms[1].sop, ms[2].sop)
	})
	out, err := c.Store(context.Background(), objects(ms), nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for i, want := range []struct {
		state State
		code  int
	}{{Stored, 0}, {Warned, 0xB000}, {Refused, 0x0122}, {Stored, 0}, {Unsettled, 0}} {
		all = append(all, ms[i].bytes()...)
		if out[i].SOPUID != ms[i].sop || out[i].State != want.state || out[i].Code != want.code || (out[i].Reason == "") != (want.state == Stored) {
			t.Errorf("%d: %+v, want %v", i, out[i], want)
		}
	}
	if !bytes.Equal(got, all) {
		t.Error("the bytes on the line are not the objects'")
	}
}

func TestAnObjectThatCannotBeReadIsNoFaultOfTheServers(t *testing.T) {
	c := stub(t, func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) })
	o := study1(1, 8, "1.2.826.0")[0].object()
	o.Size++
	if _, err := c.Store(context.Background(), []Object{o}, nil); KindOf(err) != "" || err == nil || !strings.Contains(err.Error(), "shorter") {
		t.Errorf("%v", err)
	}
}

func TestAnAnswerThatEndsWithinAnInstanceIsNotAWholeOne(t *testing.T) {
	ms := study1(1, 8, "1.2.826.11")
	var whole bytes.Buffer
	m := multipart.NewWriter(&whole)
	p, err := m.CreatePart(textproto.MIMEHeader{"Content-Type": {"application/dicom"}})
	if err != nil {
		t.Fatal(err)
	}
	p.Write(ms[0].bytes())
	m.Close()
	for cut, want := range map[int]Kind{1: "", 40: Broken, 70: Broken, 300: Broken, whole.Len() - 100: Broken} { // the answer itself is whole, as one from a cache may be
		c := stub(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/instances") {
				fmt.Fprintf(w, `[{"0020000E":{"vr":"UI","Value":[%q]},"00080018":{"vr":"UI","Value":[%q]}}]`, ms[0].series, ms[0].sop)
				return
			}
			w.Header().Set("Content-Type", `multipart/related; type="application/dicom"; boundary=`+m.Boundary())
			w.Write(whole.Bytes()[:whole.Len()-cut])
		})
		k := kept{}
		res, err := c.Retrieve(context.Background(), ms[0].study, k.retrieval())
		if KindOf(err) != want || (len(k) > 0) != (want == "") || len(res.Missing) > 0 {
			t.Errorf("cut by %d: %+v, %d kept: %v", cut, res, len(k), err)
		}
	}
}

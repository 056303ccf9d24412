package outbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"longying/imaging/dicomfile"
)

// hostile is a platform of every kind that does to its clients what platforms do:
// it drops, delays, answers twice, after the time-out and with garbage, is down for
// maintenance and is restarted. What it has registered it keeps.
type hostile struct {
	mu       sync.Mutex
	random   *rand.Rand
	server   *httptest.Server
	kinds    map[string]map[string]string // kind → document and version → SHA-256
	order    map[string][]int             // kind and document → versions as they were registered
	unasked  map[string]bool              // sent, and not asked about since
	broken   []string                     // rules that the client broke
	sent     int
	asked    int
	faults   map[string]int
	killAt   int    // ends the sender at this request
	kill     func() // nil: not now
	requests int
}

func newHostile(t *testing.T, seed uint64) *hostile {
	t.Helper()
	h := &hostile{random: rand.New(rand.NewPCG(seed, 3)), kinds: map[string]map[string]string{}, order: map[string][]int{}, unasked: map[string]bool{}, faults: map[string]int{}}
	h.start(t, "127.0.0.1:0")
	t.Cleanup(func() { h.server.Close() })
	return h
}

func (h *hostile) start(t *testing.T, addr string) {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	h.server = httptest.NewUnstartedServer(h)
	h.server.Listener.Close()
	h.server.Listener = l
	h.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	h.server.Start()
}

// down ends it, connections and all.
func (h *hostile) down() (addr string) {
	addr = h.server.Listener.Addr().String()
	h.server.CloseClientConnections()
	h.server.Close()
	return addr
}

// register takes a document once; another content under its id and version, or an
// older version after a newer one, is what must never happen.
func (h *hostile) register(kind, id string, version int, body []byte) {
	sum := sha256.Sum256(body)
	key, digest := fmt.Sprintf("%s-%d", id, version), hex.EncodeToString(sum[:])
	if h.kinds[kind] == nil {
		h.kinds[kind] = map[string]string{}
	}
	known, ok := h.kinds[kind][key]
	switch {
	case ok && known != digest:
		h.broken = append(h.broken, kind+" "+key+" came with other bytes")
	case !ok:
		h.kinds[kind][key] = digest
		h.order[kind+id] = append(h.order[kind+id], version)
	}
}

// post notes that a document was sent: what was sent before must have been asked
// about since, where it can be.
func (h *hostile) post(kind, key string, askable bool) {
	h.sent++
	if askable && h.unasked[kind+key] {
		h.broken = append(h.broken, kind+" "+key+" was sent again without asking")
	}
	h.unasked[kind+key] = true
}

func (h *hostile) ask(kind, key string) (digest string, found bool) {
	h.asked++
	h.unasked[kind+key] = false
	digest, found = h.kinds[kind][key]
	return digest, found
}

// ServeHTTP chooses what goes wrong.
func (h *hostile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	h.mu.Lock()
	h.requests++
	fault := []string{"none", "none", "none", "drop before", "drop after", "garbage", "garbage after", "twice", "unavailable", "failing", "slow", "cut"}[h.random.IntN(12)]
	if h.random.IntN(60) == 0 {
		fault = "late"
	}
	h.faults[fault]++
	if h.requests == h.killAt && h.kill != nil {
		fault = "drop after"
		defer h.kill()
	}
	h.mu.Unlock()
	switch fault {
	case "drop before":
		h.answer(r, body, false)
		closeSilently(w)
		return
	case "unavailable":
		h.answer(r, body, false)
		http.Error(w, "maintenance", http.StatusServiceUnavailable)
		return
	case "failing":
		h.answer(r, body, false)
		http.Error(w, "java.lang.NullPointerException", http.StatusInternalServerError)
		return
	case "garbage":
		h.answer(r, body, false)
		io.WriteString(w, "<html>Welcome to nginx!</html>")
		return
	case "late":
		<-r.Context().Done() // the client has given up
	}
	status, kind, text := h.answer(r, body, true)
	switch fault {
	case "late", "drop after":
		closeSilently(w)
	case "garbage after":
		io.WriteString(w, `{"status":`)
	case "cut", "twice":
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		raw := fmt.Sprintf("HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", status, kind, len(text), text)
		if fault == "cut" {
			raw = raw[:len(raw)-1-len(text)/2]
		} else {
			raw += raw
		}
		io.WriteString(conn, raw)
	case "slow":
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		for i := range len(text) {
			io.WriteString(w, text[i:i+1])
			if i%64 == 0 {
				http.NewResponseController(w).Flush()
			}
		}
	default:
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		io.WriteString(w, text)
	}
}

// answer does what a request asks for, where take is set, and words the answer.
func (h *hostile) answer(r *http.Request, body []byte, take bool) (status int, kind, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	post := r.Method == http.MethodPost
	parts := strings.Split(strings.Trim(r.URL.EscapedPath(), "/"), "/")
	take = take && post
	switch parts[0] {
	case "http":
		return h.plain(r, parts, body, take)
	case "soap":
		return h.soap(body, take)
	case "fhir":
		return h.fhir(r, body, take)
	}
	return h.stow(r, parts, body, take)
}

func (h *hostile) plain(r *http.Request, parts []string, body []byte, take bool) (int, string, string) {
	if r.Method == http.MethodGet {
		id, _ := url.PathUnescape(parts[2])
		digest, found := h.ask("http", id+"-"+parts[3])
		if !found {
			return 404, "application/json", `{"status":"AE","reason":"not registered"}`
		}
		return 200, "application/json", fmt.Sprintf(`{"status":"AA","receipt":"R","sha256":%q}`, digest)
	}
	id, _ := url.PathUnescape(r.Header.Get(headerID))
	version, _ := strconv.Atoi(r.Header.Get(headerVersion))
	h.post("http", fmt.Sprintf("%s-%d", id, version), true)
	if take {
		h.register("http", id, version, body)
	}
	return 200, "application/json", fmt.Sprintf(`{"status":"AA","receipt":"R-%s-%d"}`, id, version)
}

func (h *hostile) soap(body []byte, take bool) (int, string, string) {
	var envelope struct {
		Action  string `xml:"Body>HIPMessageServer>action"`
		Message string `xml:"Body>HIPMessageServer>message"`
	}
	var m struct {
		ID struct {
			Extension string `xml:"extension,attr"`
		} `xml:"id"`
		Version struct {
			Value int `xml:"value,attr"`
		} `xml:"controlActProcess>subject>clinicalDocument>versionNumber"`
		Content struct {
			Value string `xml:"value,attr"`
		} `xml:"controlActProcess>subject>clinicalDocument>storageCode>originalText"`
	}
	if err := xml.Unmarshal(body, &envelope); err != nil {
		h.broken = append(h.broken, "an envelope: "+err.Error())
	}
	if err := xml.Unmarshal([]byte(envelope.Message), &m); err != nil {
		h.broken = append(h.broken, "a message: "+err.Error())
	}
	cda, err := base64.StdEncoding.DecodeString(m.Content.Value)
	if err != nil || !strings.Contains(string(cda), "ClinicalDocument") {
		h.broken = append(h.broken, "a message without its document")
	}
	id := strings.TrimSuffix(m.ID.Extension, fmt.Sprintf("-%d", m.Version.Value))
	h.post("soap", m.ID.Extension, false)
	if take {
		h.register("soap", id, m.Version.Value, append(cda, envelope.Message...)) // the whole message is the same each time
	}
	ack := fmt.Sprintf(`<MCCI_IN000002UV01 xmlns="urn:hl7-org:v3"><id root="1" extension="ACK-%s"/><acknowledgement typeCode="AA"><targetMessage><id extension="%s"/></targetMessage></acknowledgement></MCCI_IN000002UV01>`,
		m.ID.Extension, m.ID.Extension)
	return 200, "application/soap+xml", fmt.Sprintf(`<s:Envelope xmlns:s="%s"><s:Body><HIPMessageServerResponse xmlns="%s"><HIPMessageServerResult>%s</HIPMessageServerResult></HIPMessageServerResponse></s:Body></s:Envelope>`,
		nsSOAP, nsHL7, escaped(ack))
}

func (h *hostile) fhir(r *http.Request, body []byte, take bool) (int, string, string) {
	if r.Method == http.MethodGet {
		id := strings.TrimPrefix(r.URL.Query().Get("identifier"), documentSystem+"|")
		if _, found := h.ask("fhir", id); !found {
			return 200, fhirJSON, `{"resourceType":"Bundle","type":"searchset","total":0}`
		}
		return 200, fhirJSON, fmt.Sprintf(`{"resourceType":"Bundle","type":"searchset","total":1,"entry":[{"resource":{"resourceType":"DiagnosticReport","id":"7","identifier":[{"system":%q,"value":%q}],"meta":{"versionId":"2"}}}]}`, documentSystem, id)
	}
	var b struct {
		Entry []struct {
			Resource struct {
				Identifier []struct{ Value string }
			}
		}
	}
	if err := json.Unmarshal(body, &b); err != nil || len(b.Entry) != 1 {
		h.broken = append(h.broken, "a transaction that is none")
		return 400, fhirJSON, "{}"
	}
	id, of := b.Entry[0].Resource.Identifier[0].Value, b.Entry[0].Resource.Identifier[1].Value
	version, _ := strconv.Atoi(strings.TrimPrefix(of, id+"-"))
	h.post("fhir", of, true)
	if take {
		h.register("fhir", id, version, body)
	}
	return 200, fhirJSON, `{"resourceType":"Bundle","type":"transaction-response","entry":[{"response":{"status":"200 OK","location":"DiagnosticReport/7/_history/1"}}]}`
}

func (h *hostile) stow(r *http.Request, parts []string, body []byte, take bool) (int, string, string) {
	if r.Method == http.MethodGet {
		uid := r.URL.Query().Get("SOPInstanceUID")
		if _, found := h.ask("stow", strings.Replace(uid, ".", "-", 1)); !found {
			return 200, "application/dicom+json", "[]"
		}
		return 200, "application/dicom+json", fmt.Sprintf(`[{"00080018":{"vr":"UI","Value":[%q]}}]`, uid)
	}
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		h.broken = append(h.broken, err.Error())
		return 400, "text/plain", ""
	}
	named := ""
	for mr := multipart.NewReader(strings.NewReader(string(body)), params["boundary"]); ; {
		part, err := mr.NextRawPart()
		if err != nil {
			break
		}
		raw, err := io.ReadAll(part)
		if err != nil {
			break
		}
		f, err := dicomfile.OpenReader(strings.NewReader(string(raw)), int64(len(raw)), "sent")
		if err != nil {
			h.broken = append(h.broken, err.Error())
			continue
		}
		uid := f.Instance().SOPInstanceUID
		f.Close()
		id, v, _ := strings.Cut(uid, ".") // as object makes it
		version, _ := strconv.Atoi(v)
		h.post("stow", id+"-"+v, true)
		if take {
			h.register("stow", id, version, raw)
		}
		named = fmt.Sprintf(`{"00081150":{"vr":"UI","Value":["1.2"]},"00081155":{"vr":"UI","Value":[%q]}}`, uid)
	}
	return 200, "application/dicom+json", fmt.Sprintf(`{"00081199":{"vr":"SQ","Value":[%s]}}`, named)
}

package pacs

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"longying/imaging"
	"longying/imaging/dicomfile"
)

// Attributes of queries and of the answers to them, PS3.18 10.6.3.
const (
	tagModalities   dicomfile.Tag = 0x00080061
	tagTimezone     dicomfile.Tag = 0x00080201
	tagSeriesCount  dicomfile.Tag = 0x00201206
	tagObjectCount  dicomfile.Tag = 0x00201208
	tagAvailability dicomfile.Tag = 0x00080056
)

// The limits of an answer.
const (
	MaxResults  = 10_000   // studies, or series, of one query
	MaxObjects  = 200_000  // instances of one study
	maxPage     = 64 << 20 // bytes of one page of results
	pageStudies = 100      // results asked for at once
	pageObjects = 1_000
)

// Query says which studies are looked for. Empty fields match any.
type Query struct {
	StudyUID  string
	PatientID string
	Name      string // as a person types it; * and ? are wildcards
	Accession string
	Modality  string // of any series
	From, To  string // study date, YYYYMMDD, both inclusive; either may be empty
	Site      string // Institution Name; empty: that of the server's configuration
	Fuzzy     bool   // ask the server to match names by their sound, where it can
	Limit     int    // results; 0: MaxResults
}

// Check reports a query that no server can answer.
func (q Query) Check() error {
	for _, day := range []string{q.From, q.To} {
		if day == "" {
			continue
		}
		if _, err := time.Parse("20060102", day); err != nil {
			return fmt.Errorf("%q is not a date of the form YYYYMMDD", day)
		}
	}
	if q.From != "" && q.To != "" && q.From > q.To {
		return fmt.Errorf("the range of dates ends before it begins: %s to %s", q.From, q.To)
	}
	if q.StudyUID != "" && dicomfile.CheckUID(q.StudyUID) != nil {
		return fmt.Errorf("%q is no study UID", q.StudyUID)
	}
	return nil
}

// Study is one study as a server describes it.
type Study struct {
	UID         string
	Accession   string
	Date        time.Time // of the study; zero when unknown
	Exact       bool      // Date has a time of day
	Modalities  []string
	Description string
	Institution string
	Referring   imaging.PersonName
	Name        imaging.PersonName
	PatientID   string
	Sex         string // M, F, O or empty
	BirthDate   string // YYYYMMDD
	Series      int    // 0: not said
	Instances   int    // 0: not said
	Offline     bool   // Instance Availability says that it has to be fetched from elsewhere first
}

// Found is the answer to a query.
type Found struct {
	Studies []Study
	More    bool     // a limit was reached; there may be more
	Notes   []string // what the server did otherwise than asked, as it says
	// Looked is above 0 where the server cannot match what was asked for: so many
	// studies were looked through here.
	Looked int
}

// lookThrough is how many studies are looked through at most for a server that
// cannot match.
const lookThrough = 5_000

// Studies asks for studies (QIDO-RS), page by page.
//
// A name in Han characters is looked for in every group of the name, with
// wildcards between the characters, because devices write 王小明, 王^小明 and
// =王^小明; answers that do not hold it are then left out. Other names are
// looked for by their words.
//
// There are servers that do not decode an address (Orthanc 1.10.1, of Debian
// 12, is one), so that nothing but plain ASCII can be looked for. Where one finds
// nothing, it is asked once whether it is such a server; those are asked without
// the values that they cannot read, and the studies are looked through here.
func (c *Client) Studies(ctx context.Context, q Query) (Found, error) {
	if err := q.Check(); err != nil {
		return Found{}, err
	}
	if q.Site == "" {
		q.Site = c.server.Site
	}
	if c.server.Gateway != "" {
		return c.find(ctx, q)
	}
	plain := q.plain()
	if plain == q {
		return c.studies(ctx, q, q)
	}
	if c.decodes.Load() >= 0 {
		found, err := c.studies(ctx, q, q)
		if err != nil && KindOf(err) != Unable || len(found.Studies) > 0 || c.decodes.Load() > 0 {
			return found, err
		}
		known, decodes, perr := c.probe(ctx)
		if perr != nil {
			return found, perr
		}
		if !known || decodes {
			if decodes {
				c.decodes.Store(1)
			}
			return found, err
		}
		c.decodes.Store(-1)
	}
	return c.studies(ctx, plain, q)
}

// plain is the query without values that have to be escaped in an address.
func (q Query) plain() Query {
	p := q
	for _, v := range []*string{&p.PatientID, &p.Accession, &p.Modality, &p.Site} {
		if escape(*v) != *v {
			*v = ""
		}
	}
	if escape(pattern(p.Name)) != pattern(p.Name) {
		p.Name, p.Fuzzy = "", false
	}
	return p
}

// probe asks for any study, and for that study again under its UID with a digit
// escaped, which is the same address (RFC 3986 2.4). Where there is no study
// nothing is known.
func (c *Client) probe(ctx context.Context) (known, decodes bool, err error) {
	uid := ""
	first := func(d Dataset) error {
		uid = d.Text(dicomfile.TagStudyInstanceUID)
		return nil
	}
	if _, err = c.page(ctx, "/studies", "limit=1", first); err != nil || uid == "" {
		return false, false, err
	}
	asked := uid
	uid = ""
	_, err = c.page(ctx, "/studies", fmt.Sprintf("StudyInstanceUID=%%%02X%s&limit=1", asked[0], asked[1:]), first)
	if KindOf(err) == Unable {
		return true, false, nil
	}
	return true, uid == asked, err
}

// studies asks with one query and keeps what fits the other.
func (c *Client) studies(ctx context.Context, asked, wanted Query) (Found, error) {
	var found Found
	limit := wanted.Limit
	if limit <= 0 || limit > MaxResults {
		limit = MaxResults
	}
	page, most := pageStudies, MaxResults
	if asked == wanted {
		page = min(limit, page)
	} else {
		most = lookThrough
	}
	seen := map[string]bool{}
	notes, more, err := c.pages(ctx, "/studies", asked.values(), page, func(d Dataset) (bool, error) {
		s := study(d)
		if dicomfile.CheckUID(s.UID) != nil || seen[s.UID] {
			return true, nil
		}
		seen[s.UID] = true
		if wanted.fits(s, asked) {
			found.Studies = append(found.Studies, s)
		}
		return len(found.Studies) < limit && len(seen) < most, nil
	}, func() int { return len(seen) })
	found.Notes, found.More = notes, more
	if asked != wanted {
		found.Looked = len(seen)
	}
	return found, err
}

// studyFields are asked for beyond those that a server gives anyhow.
func studyFields() []dicomfile.Tag {
	return []dicomfile.Tag{dicomfile.TagStudyDescription, dicomfile.TagInstitutionName, tagModalities, tagSeriesCount, tagObjectCount}
}

// values are the parameters of the query, each name once.
func (q Query) values() []string {
	var v []string
	set := func(key, value string) {
		if value != "" {
			v = append(v, key+"="+escape(value))
		}
	}
	set("StudyInstanceUID", q.StudyUID)
	set("PatientID", q.PatientID)
	set("AccessionNumber", q.Accession)
	set("ModalitiesInStudy", q.Modality)
	set("InstitutionName", q.Site)
	switch {
	case q.From != "" && q.From == q.To:
		set("StudyDate", q.From)
	case q.From != "" || q.To != "":
		set("StudyDate", q.From+"-"+q.To)
	}
	set("PatientName", pattern(q.Name))
	if q.Fuzzy && q.Name != "" {
		set("fuzzymatching", "true")
	}
	for _, t := range studyFields() {
		set(includeField, fmt.Sprintf("%08X", uint32(t)))
	}
	return v
}

const includeField = "includefield"

// escape writes a value into the query of an address (RFC 3986 3.4): what need
// not be escaped is not, wildcards least of all.
func escape(v string) string {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		ch := v[i]
		if ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z' || ch >= '0' && ch <= '9' || strings.IndexByte("-._~*?!$'(),:@/", ch) >= 0 {
			b.WriteByte(ch)
		} else {
			fmt.Fprintf(&b, "%%%02X", ch)
		}
	}
	return b.String()
}

// pattern is a typed name as PN matching needs it, PS3.4 C.2.2.2.4.
func pattern(name string) string {
	name = strings.TrimSpace(name)
	if name == "" || strings.ContainsAny(name, "*?") {
		return name
	}
	var parts []string
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '^' || r == '=' || r == '\u3000' }) {
		if (imaging.PersonName{Alphabetic: word}).Characters() == "" {
			parts = append(parts, word)
			continue
		}
		for _, r := range word {
			parts = append(parts, string(r))
		}
	}
	return "*" + strings.Join(parts, "*") + "*"
}

// fits takes out what only the wildcards matched, and what a server gave that
// was not asked for it.
func (q Query) fits(s Study, asked Query) bool {
	switch {
	case q.PatientID != asked.PatientID && !matches(q.PatientID, s.PatientID),
		q.Accession != asked.Accession && !matches(q.Accession, s.Accession),
		q.Site != asked.Site && !matches(q.Site, s.Institution),
		q.Modality != asked.Modality && !slices.Contains(s.Modalities, q.Modality):
		return false
	case q.Name == "", q.Fuzzy && asked.Fuzzy:
		return true
	}
	groups := []string{s.Name.Alphabetic, s.Name.Ideographic, s.Name.Phonetic}
	if strings.ContainsAny(q.Name, "*?") {
		if q.Name == asked.Name {
			return true // as the server sees it
		}
		return matches(pattern(q.Name), s.Name.String()) || slices.ContainsFunc(groups, func(g string) bool { return matches(q.Name, joined(g)) })
	}
	wanted := imaging.PersonName{Alphabetic: q.Name}.Characters()
	if wanted == "" {
		return q.Name == asked.Name || matches(pattern(q.Name), s.Name.String())
	}
	wanted = joined(wanted)
	return slices.ContainsFunc(groups, func(g string) bool { return strings.Contains(joined(g), wanted) })
}

// joined is a name in Han characters without what may stand between them.
func joined(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '^' || r == ' ' || r == '=' || r == '\u3000' {
			return -1
		}
		return r
	}, name)
}

// matches is wildcard matching, PS3.4 C.2.2.2.4, in any case.
func matches(pattern, text string) bool {
	p, t := []rune(strings.ToUpper(pattern)), []rune(strings.ToUpper(text))
	star, from := -1, 0
	i, j := 0, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '*':
			star, from = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == t[j]):
			i++
			j++
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(string(p[i:]), "*") == ""
}

func study(d Dataset) Study {
	s := Study{
		UID: d.Text(dicomfile.TagStudyInstanceUID), Accession: d.Text(dicomfile.TagAccessionNumber), Modalities: d.Texts(tagModalities),
		Description: d.Text(dicomfile.TagStudyDescription), Institution: d.Text(dicomfile.TagInstitutionName),
		Referring: d.Name(dicomfile.TagReferringPhysician), Name: d.Name(dicomfile.TagPatientName), PatientID: d.Text(dicomfile.TagPatientID),
		Sex: d.Text(dicomfile.TagPatientSex), BirthDate: d.Text(dicomfile.TagPatientBirthDate),
		Series: d.Int(tagSeriesCount), Instances: d.Int(tagObjectCount),
	}
	switch d.Text(tagAvailability) {
	case "NEARLINE", "OFFLINE":
		s.Offline = true
	}
	s.Date, s.Exact = d.moment(dicomfile.TagStudyDate, dicomfile.TagStudyTime)
	return s
}

// Instance is one object of a study on the server.
type Instance struct {
	SeriesUID, SOPUID string
}

// Instances lists the objects of a study.
func (c *Client) Instances(ctx context.Context, studyUID string) ([]Instance, error) {
	if err := dicomfile.CheckUID(studyUID); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var out []Instance
	v := []string{fmt.Sprintf("%s=%08X", includeField, uint32(dicomfile.TagSeriesInstanceUID))}
	_, _, err := c.pages(ctx, "/studies/"+studyUID+"/instances", v, pageObjects, func(d Dataset) (bool, error) {
		in := Instance{SeriesUID: d.Text(dicomfile.TagSeriesInstanceUID), SOPUID: d.Text(dicomfile.TagSOPInstanceUID)}
		if dicomfile.CheckUID(in.SOPUID) != nil || seen[in.SOPUID] {
			return true, nil
		}
		if dicomfile.CheckUID(in.SeriesUID) != nil {
			return false, c.failure(Garbage, "it lists an instance without its series")
		}
		seen[in.SOPUID] = true
		out = append(out, in)
		return len(out) < MaxObjects, nil
	}, func() int { return len(seen) })
	return out, err
}

// pages asks for one page of results after another until the server has no more
// or take wants none. count is the number of different results so far: a server
// that does not know paging gives the same ones again. more is whether take
// ended it.
func (c *Client) pages(ctx context.Context, path string, v []string, size int, take func(Dataset) (bool, error), count func() int) (notes []string, more bool, err error) {
	for offset := 0; ; {
		all := append(slices.Clone(v), "limit="+strconv.Itoa(size))
		if offset > 0 {
			all = append(all, "offset="+strconv.Itoa(offset))
		}
		before, got := count(), 0
		note, err := c.page(ctx, path, strings.Join(all, "&"), func(d Dataset) error {
			got++
			if more {
				return nil
			}
			goOn, err := take(d)
			more = !goOn
			return err
		})
		if KindOf(err) == Unable && offset == 0 {
			fewer := slices.DeleteFunc(slices.Clone(v), func(p string) bool { return strings.HasPrefix(p, includeField) })
			if len(fewer) < len(v) {
				v = fewer // some servers refuse a field that they do not know
				continue
			}
		}
		if err != nil {
			return notes, more, err
		}
		remaining := false
		for _, n := range note {
			if strings.Contains(n, "additional results") {
				remaining = true
			} else {
				notes = append(notes, n)
			}
		}
		if more || got == 0 || count() == before || got < size && !remaining {
			return notes, more, nil
		}
		offset += got
	}
}

// page asks for one page. Its warnings are those that PS3.18 8.3.4.5 names.
func (c *Client) page(ctx context.Context, path, query string, take func(Dataset) error) (notes []string, err error) {
	resp, err := c.exchange(ctx, http.MethodGet, path+"?"+query, http.Header{"Accept": {"application/dicom+json"}}, nil, 0)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	for _, w := range resp.Header.Values("Warning") {
		if parts := strings.SplitN(w, `"`, 3); len(parts) == 3 {
			notes = append(notes, parts[1])
		}
	}
	if resp.StatusCode == http.StatusNoContent {
		return notes, nil
	}
	return notes, c.readJSON(resp, take)
}

// readJSON reads an answer in JSON up to maxPage.
func (c *Client) readJSON(resp *http.Response, take func(Dataset) error) error {
	body := &limited{r: resp.Body, left: maxPage}
	var own error
	err := ReadJSON(body, func(d Dataset) error {
		own = take(d)
		return own
	})
	switch {
	case err == nil:
		return nil
	case own != nil:
		return own
	case body.err != nil && KindOf(body.err) != "":
		return body.err
	case body.left <= 0:
		return c.failure(TooLarge, fmt.Sprintf("one page of results has more than %d MiB", maxPage>>20))
	case body.err != nil && body.err != io.EOF:
		return body.err // cancelled
	}
	return &Error{Kind: Garbage, Server: c.server.Name, Detail: err.Error(), Err: err}
}

// limited reads up to a number of bytes and remembers how it ended.
type limited struct {
	r    io.Reader
	left int64
	err  error
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > l.left {
		p = p[:l.left]
	}
	n, err := l.r.Read(p)
	l.left -= int64(n)
	if err != nil {
		l.err = err
	}
	return n, err
}

// Echo asks the server for one study, of any, and reports how that failed.
func (c *Client) Echo(ctx context.Context) error {
	if c.server.Gateway != "" {
		if err := c.rest(ctx, http.MethodPost, "/modalities/"+c.server.Gateway+"/echo", map[string]any{}, nil); err != nil {
			return behind(err)
		}
	}
	_, err := c.page(ctx, "/studies", "limit=1", func(Dataset) error { return nil })
	return err
}

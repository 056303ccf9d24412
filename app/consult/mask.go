package consult

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"longying/imaging"
	"longying/records"
)

// What stands where something was taken out of a text.
const (
	maskedName   = "〔姓名〕"
	maskedNumber = "〔编号〕"
	maskedPhone  = "〔电话〕"
	maskedPlace  = "〔机构〕"
	maskedDoctor = "〔医师〕"
	maskedDate   = "〔日期〕"
)

// mask takes out of free text what says whose record it is. It finds what the
// record knows, and numbers and dates by their form; a person looks at what is
// left, because a text can name somebody in more ways than a rule knows.
type mask struct {
	identity []pattern // of the patient: never in a de-identified text
	form     []pattern // numbers of people by their form
	people   []pattern // doctors and hospitals
	aliases  map[string]string
	move     func(da string) (string, bool) // a date, YYYYMMDD
}

type pattern struct {
	find *regexp.Regexp
	put  string
	kind string // name, number, phone
}

// newMask makes a mask for one patient with all the headers of the studies.
func newMask(p *records.Patient, exams []records.Examination, visits []records.Visit, move func(string) (string, bool)) *mask {
	m := &mask{move: move, aliases: map[string]string{}}
	for _, n := range namesOf(p, exams) {
		m.name(n)
	}
	for _, n := range numbersOf(p, exams, visits) {
		m.identity = append(m.identity, pattern{number(n), maskedNumber, "number"})
	}
	for _, ex := range exams {
		m.place(ex.Institution)
	}
	// The longest first, so that nothing is left of a longer one.
	slices.SortStableFunc(m.identity, func(a, b pattern) int { return len(b.find.String()) - len(a.find.String()) })
	m.form = []pattern{
		{regexp.MustCompile(`(?:^|\b)[1-9]\d{5}\s?(?:19|20)\d{2}\s?(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\s?\d{3}[\dXx]`), maskedNumber, "number"}, // GB 11643
		{regexp.MustCompile(`(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}`), maskedPhone, "phone"},
		{regexp.MustCompile(`0\d{2,3}[- ]\d{7,8}`), maskedPhone, "phone"},
		{regexp.MustCompile(`[\w.+-]+@[\w-]+\.[\w.]+`), maskedPhone, "phone"},
	}
	return m
}

func namesOf(p *records.Patient, exams []records.Examination) []string {
	out := []string{p.Name, p.NamePinyin}
	for _, ex := range exams {
		pn := imaging.ParsePersonName(ex.Header.Name)
		out = append(out, pn.Alphabetic, pn.Ideographic, pn.Phonetic, ex.Header.Display)
	}
	return distinct(out)
}

func numbersOf(p *records.Patient, exams []records.Examination, visits []records.Visit) []string {
	out := []string{p.IDNumber, p.HealthRecordNumber, p.Phone}
	for _, n := range p.Numbers {
		out = append(out, n.Number)
	}
	for _, ex := range exams {
		out = append(out, ex.Header.PatientID, ex.AccessionNumber)
		out = append(out, ex.Header.OtherIDs...)
	}
	for _, v := range visits {
		out = append(out, v.Number)
	}
	return slices.DeleteFunc(distinct(out), func(s string) bool { return len([]rune(s)) < 4 })
}

func distinct(list []string) []string {
	var out []string
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// number finds a number also where it is written in groups.
func number(n string) *regexp.Regexp {
	var parts []string
	for _, r := range n {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			parts = append(parts, regexp.QuoteMeta(string(r)))
		}
	}
	return regexp.MustCompile(`(?i)` + strings.Join(parts, `[-\s._/]*`))
}

// name finds a name however it is spaced: the whole of it, of a Han name also the
// given name and the family name with a form of address, of one in parts (with a
// middle dot, or in Latin letters) also the parts.
func (m *mask) name(n string) {
	add := func(expr string) {
		m.identity = append(m.identity, pattern{regexp.MustCompile(expr), maskedName, "name"})
	}
	parts := strings.FieldsFunc(n, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("^=,·•‧・.", r) })
	if len(parts) == 0 {
		return
	}
	if r := []rune(parts[0])[0]; r < 0x2e80 { // letters with word spaces
		var quoted []string
		for _, p := range parts {
			quoted = append(quoted, regexp.QuoteMeta(p))
		}
		if len(strings.Join(parts, "")) < 3 {
			return
		}
		const between = `[\s^,·.-]*`
		add(`(?i)\b` + strings.Join(quoted, between) + `\b`)
		slices.Reverse(quoted)
		add(`(?i)\b` + strings.Join(quoted, between) + `\b`)
		for _, p := range parts {
			if len(p) >= 4 {
				add(`(?i)\b` + regexp.QuoteMeta(p) + `\b`)
			}
		}
		return
	}
	spaced := func(s string) string {
		var out []string
		for _, r := range s {
			out = append(out, regexp.QuoteMeta(string(r)))
		}
		return strings.Join(out, `[\s·•‧・]*`)
	}
	whole := []rune(strings.Join(parts, ""))
	if len(whole) < 2 {
		return
	}
	add(spaced(string(whole)))
	if len(parts) > 1 {
		for _, p := range parts {
			if len([]rune(p)) >= 2 {
				add(spaced(p))
			}
		}
		return
	}
	family := 1
	if len(whole) >= 4 {
		family = 2
	}
	if given := whole[family:]; len(given) >= 2 {
		add(spaced(string(given)))
	}
	add(regexp.QuoteMeta(string(whole[:family])) + `(?:某某|某|先生|女士|小姐|同志|老师|大爷|大妈|大叔|阿姨|奶奶|爷爷)`)
}

// person gives a doctor a stand-in, the same each time.
func (m *mask) person(name string) string {
	name = strings.TrimSpace(name)
	if name == "" {
		return ""
	}
	if a, ok := m.aliases[name]; ok {
		return a
	}
	a := fmt.Sprintf("医师%d", len(m.aliases)+1)
	m.aliases[name] = a
	if len([]rune(name)) >= 2 {
		m.known(`(?i)`+regexp.QuoteMeta(name), a, "person")
	}
	if family := family(name); family != "" {
		m.known(regexp.QuoteMeta(family)+`(?:(?:副?主任|主治|住院)?(?:医师|医生)|副?主任|大夫|教授|副?院长|护士长)`, maskedDoctor, "person")
	}
	return a
}

// family is the family name of a Han name, empty of any other.
func family(name string) string {
	r := []rune(name)
	if len(r) < 2 || len(r) > 4 || slices.ContainsFunc(r, func(c rune) bool { return !unicode.Is(unicode.Han, c) }) {
		return ""
	}
	if len(r) == 4 {
		return string(r[:2])
	}
	return string(r[:1])
}

// known masks somebody or something that the record knows, the longest first.
func (m *mask) known(find, put, kind string) {
	if slices.ContainsFunc(m.people, func(p pattern) bool { return p.find.String() == find }) {
		return
	}
	m.people = append(m.people, pattern{regexp.MustCompile(find), put, kind})
	slices.SortStableFunc(m.people, func(a, b pattern) int { return len(b.find.String()) - len(a.find.String()) })
}

// place masks a hospital.
func (m *mask) place(name string) {
	if name = strings.TrimSpace(name); len([]rune(name)) >= 4 {
		m.known(`(?i)`+regexp.QuoteMeta(name), maskedPlace, "place")
	}
}

var dated = regexp.MustCompile(`\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日?|\d{4}\s*年\s*\d{1,2}\s*月|\d{4}\s*年|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}\s*月\s*\d{1,2}\s*日|\d{7,}`)

var figures = regexp.MustCompile(`\d+`)

// text is a text without what says whose it is, its dates moved.
func (m *mask) text(s string) string {
	for _, list := range [][]pattern{m.identity, m.people, m.form} {
		for _, p := range list {
			s = p.find.ReplaceAllString(s, p.put)
		}
	}
	return dated.ReplaceAllStringFunc(s, m.date)
}

// date moves a date in a text, as precise as it was; what is none is a number.
func (m *mask) date(s string) string {
	n := figures.FindAllString(s, -1)
	if len(n) == 1 && len(s) == len(n[0]) {
		if _, err := time.Parse("20060102", s); err != nil || s < "1900" || s > "2100" {
			return maskedNumber
		}
		if moved, ok := m.move(s); ok {
			return moved
		}
		return maskedDate
	}
	part := func(i, otherwise int) int {
		if i >= len(n) {
			return otherwise
		}
		v, _ := strconv.Atoi(n[i]) // digits alone
		return v
	}
	if len(n[0]) != 4 {
		return maskedDate // a day without its year cannot be moved
	}
	month, day := part(1, 7), part(2, 1)
	moved, ok := m.move(fmt.Sprintf("%04d%02d%02d", part(0, 0), month, day))
	if !ok {
		return maskedDate
	}
	switch len(n) {
	case 1:
		return moved[:4] + "年"
	case 2:
		return moved[:4] + "年" + moved[4:6] + "月"
	}
	if strings.Contains(s, "年") {
		return moved[:4] + "年" + moved[4:6] + "月" + moved[6:] + "日"
	}
	return moved[:4] + "-" + moved[4:6] + "-" + moved[6:]
}

// names says of what kind the first thing in a text is that names the patient or
// somebody by a number; empty where there is none.
func (m *mask) names(s string) string {
	for _, list := range [][]pattern{m.identity, m.form} {
		for _, p := range list {
			if p.find.MatchString(s) {
				return p.kind
			}
		}
	}
	for _, run := range regexp.MustCompile(`\d{7,}`).FindAllString(s, -1) {
		if _, err := time.Parse("20060102", run); err != nil {
			return "number"
		}
	}
	return ""
}

package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"longying/imaging"
	"longying/records"
)

// Minutes are a consult with what its minutes need besides it.
type Minutes struct {
	Organization records.Organization
	Patient      records.Patient
	Consult      records.Consult
	Version      int // of its documents, from 1
}

// Final reports minutes that may leave as what was decided: the chair has
// recorded the decision. Before it they are a draft and say so on every page.
func (m *Minutes) Final() bool { return m.Consult.Decision != nil }

// SHA256 is of the consult as the record has it, in canonical JSON.
func (m *Minutes) SHA256() (string, error) {
	raw, err := json.Marshal(m.Consult)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// MinutesCode is what the QR code of printed minutes says.
func MinutesCode(m *Minutes, hash string) string {
	return fmt.Sprintf("longying:consult?id=%s&version=%d&sha256=%s", m.Consult.ID, m.Version, hash)
}

// MinutesPDF prints the minutes of a consult on A4. Drafts say so on every page.
// The bytes depend on the minutes and the options alone.
func MinutesPDF(m *Minutes, opt Options, w io.Writer) error {
	lang := opt.Lang
	if lang == "" {
		lang = "zh"
	}
	if lang != "zh" && lang != "en" {
		return fmt.Errorf("print minutes: language %q is not zh or en", lang)
	}
	hash, err := m.SHA256()
	if err != nil {
		return fmt.Errorf("print minutes of consult %s: %w", m.Consult.ID, err)
	}
	file, err := newPDFFile(Font(), opt.Lacking)
	if err != nil {
		return fmt.Errorf("print minutes: %w", err)
	}
	words, say := wordsIn(lang), minuteWordsIn(lang)
	title := say.title
	alerts := minuteAlerts(m, say)
	s := &sheet{pdfFile: file, words: words, lang: lang, code: MinutesCode(m, hash),
		letter: letter{sample: m.Patient.Sample, organization: m.Organization.Name, title: title, subject: title, patient: m.Patient.Name, alerts: alerts}}
	foot := []string{fmt.Sprintf(words.document, m.Consult.ID, m.Version), say.hashed + hash}
	if !m.Final() {
		foot = append([]string{say.draft}, foot...)
	}
	s.footer(foot)
	s.newPage()
	s.facts(minuteFacts(m, words, say, lang))
	if err := s.pictures(opt.KeyImages, opt.Captions); err != nil {
		return fmt.Errorf("print minutes: %w", err)
	}
	for _, p := range minuteParts(&m.Consult, say) {
		s.section(p.title, strings.Join(p.lines, "\n"), bodySize, bodyLine)
	}
	if d := m.Consult.Decision; d != nil {
		s.signatures([]field{{say.chair, d.ByName}, {words.signed, d.At.In(imaging.Zone()).Format("2006-01-02 15:04:05")}})
	}
	if err := s.footers(); err != nil {
		return fmt.Errorf("print minutes: %w", err)
	}
	at := m.Consult.UpdatedAt
	if err := file.write(w, title+" "+m.Consult.ID, "Longying", at.In(imaging.Zone())); err != nil {
		return fmt.Errorf("print minutes: %w", err)
	}
	return nil
}

// MinutesText is the minutes as plain text, in "zh" or "en".
func MinutesText(m *Minutes, lang string) string {
	words, say := wordsIn(lang), minuteWordsIn(lang)
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", strings.TrimSpace(m.Organization.Name+" "+say.title))
	if m.Patient.Sample {
		b.WriteString(words.sample + "\n")
	}
	for _, a := range minuteAlerts(m, say) {
		b.WriteString(a + "\n")
	}
	b.WriteString("\n")
	for _, f := range minuteFacts(m, words, say, lang) {
		fmt.Fprintf(&b, "%s%s%s\n", f.name, say.colon, f.value)
	}
	for _, p := range minuteParts(&m.Consult, say) {
		fmt.Fprintf(&b, "\n%s\n", p.title)
		for _, l := range p.lines {
			b.WriteString(say.bullet + l + "\n") // in Chinese without a space: a long line would break there
		}
	}
	return b.String()
}

// minuteAlerts stand below the title: that the minutes are a draft, that the
// consult was withdrawn, what was missing.
func minuteAlerts(m *Minutes, w minuteWords) []string {
	var out []string
	c := &m.Consult
	if s := c.Entered(records.ConsultWithdrawn); s != nil {
		out = append(out, fmt.Sprintf(w.withdrawn, s.ByName, minute(s.At), s.Reason))
	} else if !m.Final() {
		out = append(out, w.draft)
	}
	if x := c.Meeting; x != nil && len(x.Missing) > 0 {
		out = append(out, fmt.Sprintf(w.begunWithout, w.checks(x.Missing)))
	}
	if d := c.Decision; d != nil && len(d.Missing) > 0 {
		out = append(out, fmt.Sprintf(w.decidedWithout, w.checks(d.Missing)))
	}
	return out
}

func minuteFacts(m *Minutes, words words, say minuteWords, lang string) []field {
	p := m.Patient
	birth := p.BirthDate
	if len(birth) == 8 {
		birth = birth[:4] + "-" + birth[4:6] + "-" + birth[6:]
	}
	out := []field{{words.name, p.Name}, {words.sex, sexName(p.Sex, lang)}, {words.birth, birth}}
	when, place, chair := "", "", ""
	if s := m.Consult.Scheduled(); s != nil {
		when, place, chair = minute(s.At), s.Place, say.member(s.Chair)
	}
	if x := m.Consult.Meeting; x != nil {
		when = minute(x.At)
	}
	out = append(out, field{say.id, m.Consult.ID}, field{say.when, when}, field{say.place, place}, field{say.chair, chair}, field{words.record, p.HealthRecordNumber})
	for i := range out {
		if strings.TrimSpace(out[i].value) == "" {
			out[i].value = words.none
		}
	}
	return append(out, field{say.subject, m.Consult.Title})
}

// minutePart is a heading with its paragraphs.
type minutePart struct {
	title string
	lines []string
}

// minuteParts are the minutes below the facts. Nothing is left out of them: an
// opinion that its member changed stands beside the later one, and says so.
func minuteParts(c *records.Consult, w minuteWords) []minutePart {
	var out []minutePart
	add := func(title string, lines []string) {
		if len(lines) > 0 {
			out = append(out, minutePart{title, lines})
		}
	}
	add(w.question, []string{c.Question})
	add(w.members, minuteMembers(c, w))
	add(w.items, minuteItems(c, w))
	add(w.correlations, minuteCorrelations(c, w))
	add(w.opinions, minuteOpinions(c, w))
	if d := c.Decision; d != nil {
		lines := []string{d.Text}
		if d.Written {
			lines = append(lines, w.inWriting)
		}
		add(w.decision, append(lines, fmt.Sprintf(w.by, d.ByName, minute(d.At))))
	}
	add(w.tasks, minuteTasks(c, w))
	add(w.outcomes, minuteOutcomes(c, w))
	if s := c.Entered(records.ConsultClosed); s != nil {
		add(w.closed, []string{fmt.Sprintf(w.by, s.ByName, minute(s.At))})
	}
	return out
}

func minuteMembers(c *records.Consult, w minuteWords) []string {
	present := map[string]bool{}
	if c.Meeting != nil {
		for _, name := range c.Meeting.Present {
			present[name] = true
		}
	}
	var names []string
	for _, x := range c.Members {
		name := w.member(x)
		if len(present) > 0 && !present[x.Name] {
			name += w.absent
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil
	}
	return []string{strings.Join(names, w.comma)}
}

func minuteItems(c *records.Consult, w minuteWords) []string {
	var out []string
	for _, it := range c.Items {
		line := it.Title
		if it.Note != "" {
			line += w.colon + it.Note
		}
		out = append(out, line)
	}
	for _, item := range records.CheckItems() {
		if e := c.Excused(item); e != nil {
			out = append(out, fmt.Sprintf(w.notNeeded, w.check[item], e.Reason, e.ByName, minute(e.At)))
		}
	}
	return out
}

func minuteCorrelations(c *records.Consult, w minuteWords) []string {
	title := func(uid string) string {
		for _, it := range c.Items {
			if it.FindingUID == uid && it.Title != "" {
				return it.Title
			}
		}
		return uid
	}
	var out []string
	for _, x := range c.Correlations {
		word := w.concordant
		if !x.Concordant {
			word = w.discordant
		}
		out = append(out, fmt.Sprintf("%s — %s%s%s %s", title(x.Radiology), title(x.Pathology), w.colon, word, strings.TrimSpace(x.Comment+" "+fmt.Sprintf(w.by, x.ByName, minute(x.At)))))
	}
	return out
}

func minuteOpinions(c *records.Consult, w minuteWords) []string {
	stands := map[string]bool{}
	for _, o := range c.Standing() {
		stands[o.ID] = true
	}
	var out []string
	for _, o := range c.Opinions {
		mark := ""
		if o.Dissent {
			mark = w.dissent
		}
		switch {
		case o.Unverified():
			mark += w.unverified
		case o.Outside():
			mark += w.outside
		}
		if came := max(o.At.UnixNano(), o.Received.UnixNano()); c.Decision != nil && came > c.Decision.At.UnixNano() {
			mark += w.afterwards
		}
		if !stands[o.ID] {
			mark += w.changed
		}
		line := w.member(o.Member) + w.colon + mark + o.Text
		if o.Received.IsZero() && !o.Own() && o.EnteredByName != "" {
			line += fmt.Sprintf(w.typedBy, o.EnteredByName)
		}
		if o.Unverified() {
			by := o.MergedByName
			if by == "" {
				by = w.nobody // merged before it was kept who did so
			}
			line += fmt.Sprintf(w.merged, by, minute(o.Received))
		}
		out = append(out, line)
	}
	return out
}

func minuteTasks(c *records.Consult, w minuteWords) []string {
	var out []string
	for _, f := range c.FollowUps {
		line := date(f.Date) + " " + f.Task
		if f.Owner != nil {
			line += w.semicolon + w.owner + w.member(*f.Owner)
		}
		for _, p := range f.Postponed {
			line += w.semicolon + fmt.Sprintf(w.postponed, date(p.Date), p.Reason)
		}
		if f.Done {
			line += w.semicolon + fmt.Sprintf(w.done, f.DoneAt.In(imaging.Zone()).Format("2006-01-02"), f.Outcome)
		}
		out = append(out, line)
	}
	return out
}

func minuteOutcomes(c *records.Consult, w minuteWords) []string {
	var out []string
	for i, x := range c.Outcomes {
		word := w.asDecided
		if !x.Concordant {
			word = w.notAsDecided + x.Comment
		}
		line := fmt.Sprintf(w.outcome, x.Done, x.Happened, word) + " " + fmt.Sprintf(w.by, x.ByName, minute(x.At))
		if i < len(c.Outcomes)-1 {
			line += w.superseded
		}
		out = append(out, line)
	}
	return out
}

func minute(t time.Time) string { return t.In(imaging.Zone()).Format("2006-01-02 15:04") }

func date(s string) string {
	if len(s) != 8 {
		return s
	}
	return s[:4] + "-" + s[4:6] + "-" + s[6:]
}

// KeyPlace is a place that was laid before a consult, with its title: what a
// caller asks of the archive.
type KeyPlace struct {
	Ref     imaging.Ref
	View    *records.KeyView
	Caption string
}

// mostPictures is how many places the minutes show; the others are named in
// their list of items.
const mostPictures = 6

// KeyPlaces lists them in the order in which they were laid.
func KeyPlaces(c *records.Consult) []KeyPlace {
	var out []KeyPlace
	for _, it := range c.Items {
		if it.Ref != nil && it.Ref.SOPUID != "" && len(out) < mostPictures {
			out = append(out, KeyPlace{Ref: *it.Ref, View: it.View, Caption: it.Title})
		}
	}
	return out
}

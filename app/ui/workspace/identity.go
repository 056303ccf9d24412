package workspace

import (
	"strings"
	"time"

	"longying/app/ui/lang"
	"longying/imaging"
	"longying/records"
)

// Name is whom the study is taken to be of: the register's person once it is
// linked, else whom the images name.
func (o *Opened) Name() string {
	if o.Record != nil {
		return o.Record.Patient.Name
	}
	return o.Examination.Header.Display
}

// Sex is the sex in words, from the register or the images.
func (o *Opened) Sex(l *lang.Strings) string {
	sex := records.SexFromDICOM(o.Examination.Header.Sex)
	if o.Record != nil {
		sex = o.Record.Patient.Sex
	}
	return l.Or(lang.Key("sex."+string(sex)), string(sex))
}

// Age is the age at the examination in words: by the birth date of the register
// or of the images, else as the images say.
func (o *Opened) Age(l *lang.Strings) string {
	birth := o.Examination.Header.BirthDate
	if o.Record != nil {
		birth = o.Record.Patient.BirthDate
	}
	if b, err := imaging.ParseDate(birth); err == nil && birth != "" {
		return AgeAt(l, b, o.Examination.Date)
	}
	age, err := imaging.ParseAge(o.Examination.Header.Age)
	if err != nil {
		return strings.TrimSpace(o.Examination.Header.Age)
	}
	unit := map[byte]lang.Key{'Y': "age.years", 'M': "age.months", 'W': "age.weeks", 'D': "age.days"}[age.Unit]
	return l.T(unit, age.Number)
}

// AgeAt is an age in words: years, under three years months. at zero: today.
func AgeAt(l *lang.Strings, birth, at time.Time) string {
	if at.IsZero() {
		at = time.Now()
	}
	years := imaging.YearsBetween(birth, at)
	if years >= 3 {
		return l.T("age.years", years)
	}
	months := (at.Year()-birth.Year())*12 + int(at.Month()) - int(birth.Month())
	if at.Day() < birth.Day() {
		months--
	}
	if months < 0 {
		return ""
	}
	return l.T("age.months", months)
}

// ID is the number by which people know the patient: of the register, else of
// the images.
func (o *Opened) ID() string {
	if o.Record != nil {
		return o.Record.Patient.IDNumber
	}
	return o.Examination.Header.PatientID
}

// Title is the study in a few words.
func (o *Opened) Title() string {
	e := &o.Examination
	parts := []string{e.Modality}
	if e.Description != "" {
		parts = append(parts, e.Description)
	} else if e.BodyPart != "" {
		parts = append(parts, e.BodyPart)
	}
	if !e.Date.IsZero() {
		parts = append(parts, e.Date.In(imaging.Zone()).Format("2006-01-02"))
	}
	return strings.Join(parts, " · ")
}

// Mismatch words what differs between images and register, or is not settled;
// empty: nothing does.
func (o *Opened) Mismatch(l *lang.Strings) string {
	var parts []string
	for _, c := range o.Examination.LinkConflicts {
		parts = append(parts, ConflictText(l, c))
	}
	if o.Study.HeadersDisagree {
		parts = append(parts, l.T("shell.headers", o.Study.HeaderDifference))
	}
	return strings.Join(parts, "  ")
}

// ConflictText words one fact on which images and register differ.
func ConflictText(l *lang.Strings, c records.Conflict) string {
	field := l.Or(lang.Key("conflict."+c.Field), c.Field)
	if c.Field == "headers" {
		return l.T("shell.headers", c.Header)
	}
	header, register := c.Header, c.Register
	if c.Field == "sex" {
		header, register = sexWord(l, header), sexWord(l, register)
	}
	blank := l.T("shell.blank")
	if header == "" {
		header = blank
	}
	if register == "" {
		register = blank
	}
	return l.T("shell.differs", field, header, register)
}

func sexWord(l *lang.Strings, s string) string {
	return l.Or(lang.Key("sex."+s), l.Or(lang.Key("sex."+string(records.SexFromDICOM(s))), s))
}

// MaskLength is the most characters of a masked number: those of a Chinese ID
// number. A Patient ID may have 64 (DICOM PS3.5 §6.2, LO).
const MaskLength = 18

// Mask hides a number but for its ends, and how long a long one is.
func Mask(id string) string {
	r := []rune(id)
	if len(r) <= 4 {
		return strings.Repeat("•", len(r))
	}
	return string(r[:2]) + strings.Repeat("•", min(len(r), MaskLength)-4) + string(r[len(r)-2:])
}

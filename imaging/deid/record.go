package deid

import (
	"time"

	"longying/imaging/dicomfile"
)

// What stands in a record beside the objects is changed by the same keyed hashes,
// so that it still speaks of them.

// UID is what a UID of the record becomes, as in the objects.
func (p *Profile) UID(old string) string {
	if old == "" || standardUID(old) {
		return old
	}
	return p.key.uid(old)
}

// Alias is the pseudonym of Options.Person, as in the objects.
func (p *Profile) Alias() string { return p.key.pseudonym("patient", p.person) }

// Days is by how much dates of Options.Person move, as in the objects: below 0.
func (p *Profile) Days() int { return p.key.shift(p.person) }

// Date moves a DA value by Days; ok is false where it is no date.
func (p *Profile) Date(v string) (moved string, ok bool) { return shiftDate(v, p.Days()) }

// Time moves a time by Days; the zero time stays.
func (p *Profile) Time(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.AddDate(0, 0, p.Days())
}

// Check is what Object would say about an object without writing it: warnings of
// what may be seen in its pixels, or why it cannot be made safe.
func (p *Profile) Check(f *dicomfile.File) ([]Warning, error) {
	_, r, err := p.attributes(f)
	return r.Warnings, err
}

package registry

import (
	"longying/records"
	"longying/records/fhir"
	"longying/records/hl7"
)

// messages reads a file of HL7 v2 messages or a FHIR bundle; false where it is
// neither, so a table. Who is meant is checked as in a table.
func (f *PeopleFile) messages(raw []byte) (bool, error) {
	var err error
	var all []records.Intake
	switch {
	case hl7.Is(raw):
		f.Format = "hl7"
		all, f.Errors, f.Encoding, err = hl7.Read(raw)
	case fhir.Is(raw):
		f.Format, f.Encoding = "fhir", "UTF-8"
		all, f.Errors, err = fhir.Read(raw)
	default:
		return false, nil
	}
	if err != nil {
		return true, err
	}
	f.Rows = len(all) + len(f.Errors)
	for _, in := range all {
		if bad := checkPerson(&in.Patient); bad != nil {
			bad.Row = in.Row
			f.Errors = append(f.Errors, *bad)
			continue
		}
		f.Intakes = append(f.Intakes, in)
	}
	return true, nil
}

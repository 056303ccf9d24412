package records_test

import (
	"testing"

	"longying/records"
)

func TestASentenceThatDeniesAConfirmedFindingContradictsIt(t *testing.T) {
	pneumonia := records.Finding{UID: "f", State: records.FindingConfirmed, Label: records.Text{Zh: "肺炎征象", En: "Pneumonia pattern"}}
	left, proposed := pneumonia, pneumonia
	left.Label.En = "Pattern of pneumonia" // as the film model words it
	left.Laterality, proposed.State = "L", records.FindingProposed
	for text, want := range map[string]map[string]bool{
		"无肺炎征象。":                          {"any": true, "left": true},
		"两肺未见明确肺炎。":                       {"any": true, "left": true},
		"肺炎征象阴性。":                         {"any": true, "left": true},
		"No pneumonia.":                   {"any": true, "left": true},
		"No evidence of pneumonia.":       {"any": true, "left": true},
		"Pneumonia is absent.":            {"any": true, "left": true},
		"左肺未见肺炎。":                         {"left": true},
		"左肺见肺炎，右肺未见肺炎。":                   {},
		"右肺未见肺炎。":                         {},
		"不能排除肺炎。":                         {},
		"Pneumonia cannot be excluded.":   {},
		"见肺炎征象，无胸腔积液。":                    {},
		"无胸腔积液，见肺炎征象。":                    {},
		"No effusion, pneumonia is seen.": {},
		"肺炎征象。请结合临床，治疗后复查。":               {},
	} {
		for name, f := range map[string]records.Finding{"any": pneumonia, "left": left, "proposed": proposed} {
			got := false
			for _, c := range records.Contradictions(nil, said(text), records.Known{Findings: []records.Finding{f}}) {
				got = got || c.Code == records.ContradictsVerdict
			}
			if got != want[name] {
				t.Errorf("%q beside a finding (%s): denies it %v, want %v", text, name, got, want[name])
			}
		}
	}
}

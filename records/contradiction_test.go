package records_test

import (
	"testing"

	"longying/records"
)

func said(texts ...string) []records.Sentence {
	var out []records.Sentence
	for _, t := range texts {
		out = append(out, records.Sentence{Text: t})
	}
	return out
}

// The rules of a radiologist's second look: which sentences must not be signed
// before somebody has said why, and which are nobody's business.
func TestSideAndSexWordsAreHeldAgainstFindingImagePatientAndEachOther(t *testing.T) {
	right := []records.Finding{{UID: "f", Laterality: "R"}}
	of := func(text string) []records.Sentence { return []records.Sentence{{Text: text, FindingUID: "f"}} }
	for _, c := range []struct {
		name                 string
		findings, impression []records.Sentence
		known                records.Known
		want                 []string // code: word
	}{
		{"a finding of the right side said of the left", of("左肺上叶见结节。"), nil, records.Known{Findings: right}, []string{"side_finding: 左"}},
		{"the right side said of it", of("右肺上叶见结节。"), nil, records.Known{Findings: right}, nil},
		{"both sides in one sentence", of("右肺上叶见结节，左肺清晰。"), nil, records.Known{Findings: right}, nil},
		{"no side", of("见结节。"), nil, records.Known{Findings: right}, nil},
		{"in English", of("Nodule in the left upper lobe. "), nil, records.Known{Findings: right}, []string{"side_finding: left"}},
		{"chambers of the heart have a side of their own", of("左心室增大，左前斜位观察。"), nil, records.Known{Findings: right}, nil},
		{"about is no side", of("大小约1 cm左右。"), nil, records.Known{Findings: right}, nil},
		{"a left knee reported as the right one", said("右膝关节间隙变窄。"), nil, records.Known{Sides: []string{"L"}}, []string{"side_image: 右"}},
		{"images of both sides", said("右膝关节间隙变窄。"), nil, records.Known{Sides: []string{"L", "R"}}, nil},
		{"an order for both", said("右膝关节间隙变窄。"), nil, records.Known{Sides: []string{"B"}}, nil},
		{"the order says left, the image nothing", said("右手骨质未见异常。"), nil, records.Known{Sides: records.SidesIn("左手正斜位")}, []string{"side_image: 右"}},
		{"impression of the other lung", said("左肺下叶见结节。"), said("右肺结节，建议随访。"), records.Known{}, []string{"side_impression: 右肺"}},
		{"impression of the same lung", said("左肺下叶见结节。"), said("左肺结节。"), records.Known{}, nil},
		{"another organ may have another side", said("左肺下叶见结节。"), said("右肾囊肿。"), records.Known{}, nil},
		{"both lungs in the findings", said("双肺散在结节。"), said("右肺结节。"), records.Known{}, nil},
		{"ribs by number", said("右侧第5肋骨折。"), said("左侧第5肋骨折。"), records.Known{}, []string{"side_impression: 左侧第5肋"}},
		{"English impression", said("Mass in the left kidney."), said("Right kidney mass."), records.Known{}, []string{"side_impression: Right kidney"}},
		{"a prostate in a woman", said("前列腺增大。"), nil, records.Known{Sex: records.SexFemale}, []string{"sex: 前列腺"}},
		{"a uterus in a man", nil, said("子宫肌瘤。"), records.Known{Sex: records.SexMale}, []string{"sex: 子宫"}},
		{"a female in a report of a man, a male in none", said("A male patient."), said("Female pelvis. "), records.Known{Sex: records.SexMale}, []string{"sex: Female"}},
		{"posterior elements of the spine are no adnexa", said("椎体及附件骨质未见破坏。"), nil, records.Known{Sex: records.SexMale}, nil},
		{"an unknown sex contradicts nothing", said("子宫肌瘤，前列腺增大。"), nil, records.Known{Sex: records.SexUnknown}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, x := range records.Contradictions(c.findings, c.impression, c.known) {
				got = append(got, x.Code+": "+x.Word)
			}
			if len(got) != len(c.want) || len(got) > 0 && got[0] != c.want[0] {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

func TestAnAnswerHoldsForTheSentenceAsItStood(t *testing.T) {
	k := records.Known{Sides: []string{"L"}}
	found := records.Contradictions(said("右膝未摄片。"), nil, k)
	if len(found) != 1 {
		t.Fatalf("%d contradictions, want 1", len(found))
	}
	answer := found[0]
	answer.Answer, answer.By = "对侧仅说明未检查", "u"
	if left := records.Unanswered(found, []records.Contradiction{answer}); len(left) != 0 {
		t.Errorf("an answered contradiction is still open: %v", left)
	}
	again := records.Contradictions(said("右膝骨折。"), nil, k)
	if left := records.Unanswered(again, []records.Contradiction{answer}); len(left) != 1 {
		t.Error("the answer to another sentence was taken")
	}
	answer.Answer = "  "
	if left := records.Unanswered(found, []records.Contradiction{answer}); len(left) != 1 {
		t.Error("an empty answer was taken")
	}
}

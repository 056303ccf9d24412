package records_test

import (
	"testing"

	"longying/imaging"
	"longying/records"
)

func TestASentenceOfAMeasurementThatIsAnotherOneNowBlocksTheSignatureUntilItIsAnswered(t *testing.T) {
	mm := func(v float64) records.Annotation {
		return records.Annotation{UID: "2.25.1", State: records.AnnotationDrawn, Tool: records.ToolLength, Points: []imaging.Point{{}, {X: 1}},
			Values: []records.Measurement{{Concept: records.Code{Value: "410668003", Scheme: "SCT", Meaning: "Length"}, Value: v, Unit: "mm"}}}
	}
	then := mm(12.3)
	text := []records.Sentence{{Text: "结节：12.3 mm。", AnnotationUID: "2.25.1", Measured: then.Stated()}}
	byHand := []records.Sentence{{Text: "结节：1.41cm。", AnnotationUID: "2.25.1", Measured: then.Stated()}}
	if found := records.Contradictions(byHand, nil, records.Known{Annotations: []records.Annotation{mm(14.1)}}); len(found) > 0 {
		t.Errorf("put right by hand: %+v", found)
	}
	words := records.Annotation{UID: "2.25.1", State: records.AnnotationDrawn, Tool: records.ToolArrow, Label: "出血"}
	for name, c := range map[string]struct {
		text, was string
		now       records.Annotation
		word      string
	}{
		"both numbers":    {"结节：12.3mm，14.1 mm。", then.Stated(), mm(14.1), "12.3 mm"},
		"a third number":  {"结节：13 mm。", then.Stated(), mm(14.1), "12.3 mm"},
		"words of others": {"点状影。", "钙化", words, "钙化"},
	} {
		found := records.Contradictions([]records.Sentence{{Text: c.text, AnnotationUID: "2.25.1", Measured: c.was}}, nil, records.Known{Annotations: []records.Annotation{c.now}})
		if len(found) != 1 || found[0].Code != records.ContradictsMeasure || found[0].Word != c.word {
			t.Errorf("%s: %+v", name, found)
		}
	}
	out := mm(12.3)
	out.LeftOut = true
	gone := mm(12.3)
	gone.State = records.AnnotationDeleted
	for _, c := range []struct {
		name string
		now  []records.Annotation
		want string
	}{
		{"as it was", []records.Annotation{mm(12.3)}, ""},
		{"redrawn within what is said of it", []records.Annotation{mm(12.31)}, ""},
		{"redrawn", []records.Annotation{mm(14.1)}, records.ContradictsMeasure},
		{"left out of the report", []records.Annotation{out}, records.ContradictsGone},
		{"deleted", []records.Annotation{gone}, records.ContradictsGone},
		{"of another study", nil, records.ContradictsGone},
	} {
		for _, in := range [][2][]records.Sentence{{text, nil}, {nil, text}} {
			found := records.Contradictions(in[0], in[1], records.Known{Annotations: records.StatedAnnotations(c.now)})
			got := ""
			for _, x := range found {
				got += x.Code
			}
			if got != c.want {
				t.Errorf("%s: %q", c.name, got)
			}
			if c.want == "" {
				continue
			}
			if records.RefuseContradictions(records.Unanswered(found, nil)) == nil {
				t.Errorf("%s: it is signed", c.name)
			}
			found[0].Answer = "按测量时所见"
			if err := records.RefuseContradictions(records.Unanswered(found, found)); err != nil {
				t.Errorf("%s, answered: %v", c.name, err)
			}
		}
	}
}

package findings

import (
	"testing"

	"longying/app/ui/lang"
	"longying/models"
	"longying/records"
)

func TestModelsForThisKindOfStudyStandFirst(t *testing.T) {
	card := func(id string, modalities ...string) Asked {
		return Asked{Card: &models.Card{Input: models.Input{Modalities: modalities}}, Model: records.ModelRef{ID: id}}
	}
	got := ""
	for _, a := range fittingFirst([]Asked{card("a", "CT"), card("b", "CR", "DX"), card("c"), card("d", "SM"), {Model: records.ModelRef{ID: "e"}}}, "DX") {
		got += a.Model.ID
	}
	if got != "bcead" {
		t.Errorf("order %q", got)
	}
}

func TestOnlyARefusalForTheKindOfStudyIsQuiet(t *testing.T) {
	runs := func(codes ...string) Asked {
		var a Asked
		for _, c := range codes {
			a.Runs = append(a.Runs, records.Run{Outcome: string(Refused), ReasonCode: c})
		}
		return a
	}
	for _, c := range []struct {
		asked Asked
		want  bool
	}{{runs("modality"), true}, {runs("modality", "not_slide", "slide_only"), true}, {runs("age_range"), false}, {runs("modality", "body_part"), false},
		{runs(), false}, {Asked{Runs: []records.Run{{Outcome: string(Proposed)}}}, false}} {
		if got := c.asked.OtherKind(); got != c.want {
			t.Errorf("%+v: %v", c.asked.Runs, got)
		}
	}
}

func TestASelectedRowIsScrolledIntoViewAndNoFarther(t *testing.T) {
	for _, c := range []struct{ offset, top, height, want float32 }{
		{0, 20, 50, 0},     // seen
		{0, 80, 50, 30},    // its end is hidden
		{100, 60, 20, 60},  // it is above
		{0, 200, 150, 200}, // higher than the view of 100: its first lines
	} {
		if got := uncovered(c.offset, 100, c.top, c.height); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestBodyPartsAreSaidInTheReadersLanguage(t *testing.T) {
	l, err := lang.New(lang.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	if got := BodyParts(l, "CHEST, LUNG, TAIL"); got != "胸部、肺、TAIL" {
		t.Errorf("got %q", got)
	}
}

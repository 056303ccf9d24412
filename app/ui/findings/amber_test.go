package findings

import (
	"reflect"
	"testing"

	"longying/app/ui/lang"
	"longying/inference"
)

func TestAnAmberSentenceIsTranslatedByItsTemplate(t *testing.T) {
	english := map[string]string{
		"reason.scale": "the slide has {0} micrometres a pixel; the model needs {1}",
		"reason.organ": "the specimen is {0}; the model knows only {1}",
		"reason.age":   "only for ages {1} to {2} years: {0}",
	}
	for _, c := range []struct {
		sentence, key string
		args          []string
		ok            bool
	}{
		{"the slide has 0.25 micrometres a pixel; the model needs 0.5", "reason.scale", []string{"0.25", "0.5"}, true},
		{"only for ages 1 to 5 years: 044Y", "reason.age", []string{"044Y", "1", "5"}, true},
		{"something else", "", nil, false},
	} {
		key, args, ok := Amber(c.sentence, english)
		if key != c.key || !reflect.DeepEqual(args, c.args) || ok != c.ok {
			t.Errorf("%q: %q %q %v", c.sentence, key, args, ok)
		}
	}
	sentence := inference.Reason{Code: inference.ReasonScale, Args: []string{"0.25", "0.5"}}.String()
	if key, _, _ := Amber(sentence, english); key != "reason.scale" {
		t.Errorf("the wording of inference %q has no template", sentence)
	}
}

func TestOrgansAreSaidInTheReadersLanguage(t *testing.T) {
	l, err := lang.New(lang.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{"lung, colon": "肺、结肠", "colon / lung": "结肠 / 肺", "Lung": "肺", "Bone": "Bone"} {
		if got := Organs(l, given); got != want {
			t.Errorf("%s: %s, want %s", given, got, want)
		}
	}
}

func TestEveryAmberReasonOfAnAnalysisIsSaidInTheReadersLanguage(t *testing.T) {
	for _, r := range []inference.Reason{
		{Code: inference.ReasonStatistics, Args: []string{"p50", "0.7", "0.1", "0.5"}}, {Code: inference.ReasonSizeUnknown},
		{Code: inference.ReasonDetectorScale}, {Code: inference.ReasonNotAccepted}, {Code: inference.ReasonAlwaysAmber, Args: []string{"untested", "未验证"}},
	} {
		key, args, ok := Amber(r.String(), templates())
		if !ok || key != string(r.Code) || r.Code == inference.ReasonStatistics && !reflect.DeepEqual(args, r.Args) {
			t.Errorf("%s: %q %q %v", r, key, args, ok)
		}
	}
}

package hanging

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"longying/app/ui/canvas/view"
	"longying/imaging/render"
)

func TestTheExampleOfTheReadmeIsAFileWithoutFaultsAndItsListsAreWhole(t *testing.T) {
	raw, err := os.ReadFile("../../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	m := regexp.MustCompile("(?s)```json\n(\\{\"version\": 1,\n \"without\".*?)```").FindStringSubmatch(text)
	if m == nil {
		t.Fatal("the README has no example")
	}
	if b := Read([]byte(m[1]), render.ColourMaps()); len(b.Faults) > 0 || len(b.Own) != 1 || len(b.Without) != 1 {
		t.Errorf("%+v", b)
	}
	var ids, presets []string
	for _, p := range Shipped() {
		ids = append(ids, p.ID)
	}
	for _, p := range view.Presets("CT") {
		presets = append(presets, p.ID)
	}
	for _, list := range [][]string{ids, presets, view.Parts(), render.ColourMaps()} {
		if !strings.Contains(text, strings.Join(list, " ")) {
			t.Errorf("the README does not list %s", strings.Join(list, " "))
		}
	}
}

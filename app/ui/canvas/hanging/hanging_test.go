package hanging

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"longying/app/ui/canvas/view"
	"longying/imaging"
)

// hung is the shipped protocol that a study is hung by, and what stands where.
func hung(s Study) string {
	list := Shipped()
	order := Order(list, s)
	if len(order) == 0 {
		return "none"
	}
	p := list[order[0]]
	return fmt.Sprint(p.ID, Hang(p, s))
}

func TestShippedProtocolsHangWhatTheyAreFor(t *testing.T) {
	mg := func(side, projection string) Series {
		return Series{Modality: "MG", Laterality: side, Projection: projection, Slices: 1}
	}
	mr := func(text string) Series { return Series{Modality: "MR", Description: text, Slices: 20, Plane: "axial"} }
	ct := func(plane string, localizer bool) Series {
		return Series{Modality: "CT", Plane: plane, Slices: 60, Localizer: localizer}
	}
	film := func(p string) Series { return Series{Modality: "CR", Projection: p, Slices: 1} }
	for _, c := range []struct {
		study Study
		want  string
	}{
		{Study{Modality: "MG", Series: []Series{mg("L", "MLO"), mg("R", "CC"), mg("L", "CC"), mg("R", "MLO")}}, "breast_four[1 2 3 0]"},
		{Study{Modality: "MG", Series: []Series{mg("L", "CC"), mg("R", "CC"), mg("L", "MLO")}}, "breast_cc[1 0]"},
		{Study{Modality: "MG", Series: []Series{mg("L", "MLO"), mg("R", "MLO")}}, "breast_mlo[1 0]"},
		{Study{Modality: "MG", Series: []Series{mg("L", "CC"), mg("L", "MLO")}}, "none"}, // one breast: as it comes
		{Study{Modality: "DX", Part: "CHEST", Series: []Series{film("LL"), film("AP")}}, "chest_film_two[1 0]"},
		{Study{Modality: "DX", Part: "CHEST", Series: []Series{film("")}}, "chest_film[0]"},
		{Study{Modality: "DX", Part: "ARM", Series: []Series{film("")}}, "none"},
		{Study{Modality: "CT", Part: "CHEST", Series: []Series{ct("coronal", true), ct("axial", true), ct("coronal", false), ct("axial", false)}}, "chest_ct[3 3]"},
		{Study{Modality: "CT", Part: "HEAD", Series: []Series{ct("axial", false)}}, "brain_ct[0 0]"},
		{Study{Modality: "CT", Part: "HEAD", Series: []Series{ct("sagittal", true)}}, "none"},
		{Study{Modality: "MR", Part: "HEAD", Series: []Series{mr("t1_tse"), mr("t2_tse"), mr("t2_FLAIR"), mr("SWI")}}, "brain_mr[2 1 0 3]"},
		{Study{Modality: "US", Series: []Series{{Modality: "US"}, {Modality: "US"}}}, "ultrasound[0 1 -1 -1]"},
	} {
		if got := hung(c.study); got != c.want {
			t.Errorf("%s %s: %s, not %s", c.study.Modality, c.study.Part, got, c.want)
		}
	}
}

func TestAHospitalsOwnProtocolComesBeforeAShippedOneAndTheMoreParticularFirst(t *testing.T) {
	list := Shipped()
	one := []Viewport{{}}
	list = append(list, Protocol{Name: "any", Viewports: one}, Protocol{Name: "ct", Match: Match{Modality: []string{"CT"}}, Viewports: one},
		Protocol{Name: "contrast", Match: Match{Modality: []string{"CT"}, Words: []string{"增强"}}, Viewports: one}, Protocol{Name: "few", Match: Match{Most: 1}, Viewports: one})
	s := Study{Modality: "CT", Part: "CHEST", Description: "胸部增强", Series: []Series{{Modality: "CT", Plane: "axial"}, {Modality: "CT", Plane: "axial"}}}
	var names []string
	for _, k := range Order(list, s) {
		names = append(names, list[k].Name+list[k].ID)
	}
	if got := strings.Join(names, " "); got != "contrast ct any chest_ct" {
		t.Error(got)
	}
}

func TestAPriorStandsOnlyWhereAProtocolAsksForOne(t *testing.T) {
	p := Protocol{Layout: view.Layout{Columns: 2, Rows: 1}, Viewports: []Viewport{{}, {Show: Show{Prior: 1}}}, Fill: true}
	now, before := Series{Modality: "DX"}, Series{Modality: "DX", Prior: 1}
	for _, c := range []struct {
		series []Series
		want   string
	}{{[]Series{before, now}, "[1 0]"}, {[]Series{now}, "[0 -1]"}, {[]Series{before, before}, "[-1 0]"}} {
		if got := fmt.Sprint(Hang(p, Study{Series: c.series})); got != c.want {
			t.Errorf("%s, not %s", got, c.want)
		}
	}
}

func TestAFileReadsAsItWasWritten(t *testing.T) {
	want := Book{Without: []string{"chest_ct"}, Own: []Protocol{{Name: "胸 CT 三窗", Layout: view.Layout{Columns: 3, Rows: 1}, Scroll: view.BySlice, Link: true, Fill: true,
		Match: Match{Modality: []string{"CT"}, Part: []string{"CHEST"}, Views: []string{"R CC"}, Words: []string{"平扫"}, Least: 2, Most: 5},
		Viewports: []Viewport{{Show: Show{Modality: "CT", Projection: []string{"PA"}, Laterality: "R", Plane: "axial", Words: []string{"a"}, Prefer: "b", Same: true, Prior: 2}, Preset: "lung"},
			{Window: &imaging.VOILUT{Width: 350.5, Center: 50}, Rotate: 90, Flip: true, Invert: true, Chest: "left", Colours: "pet"}}}}}
	raw, err := Write(want)
	if err != nil {
		t.Fatal(err)
	}
	if got := Read(raw, []string{"pet"}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\n%+v", got, want)
	}
}

func TestAFaultNamesItsLineAndLeavesTheOtherProtocols(t *testing.T) {
	good := `{"name": "good", "match": {}, "columns": 1, "rows": 1, "viewports": [{}]}`
	file := func(second string) string {
		return "{\n \"version\": 1,\n \"protocols\": [\n  " + good + ",\n" + second + "\n ]\n}\n"
	}
	for _, c := range []struct {
		raw  string
		own  int
		want string // line code args
	}{
		{file("  {\"name\": \"b\",\n   \"match\": {\"modalities\": [\"CT\"]}}"), 1, "6 unknown modalities"},
		{file("  {\"name\": \"b\", \"match\": {},\n   \"columns\": \"two\"}"), 1, "6 type columns"},
		{file("  {\"name\": \"b\", \"match\": {}, \"columns\": 9, \"rows\": 1, \"viewports\": [{}]}"), 1, "5 value columns 9"},
		{file("  {\"name\": \"b\", \"match\": {},\n   \"columns\": 1, \"rows\": 1, \"viewports\": [{},\n {}]}"), 1, "6 value viewports 2"},
		{file("  {\"name\": \"b\", \"match\": {}, \"columns\": 1, \"rows\": 1,\n  \"viewports\": [{\n \"preset\": \"lungs\"}]}"), 1, "7 value preset lungs"},
		{file("  {\"name\": \"b\", \"match\": {\"part\": [\n\"TOE\"]}, \"columns\": 1, \"rows\": 1, \"viewports\": [{}]}"), 1, "6 value part TOE"},
		{file("  {\"name\": \"\", \"match\": {}, \"columns\": 1, \"rows\": 1, \"viewports\": [{}]}"), 1, "5 missing name"},
		{file("  " + good), 1, "5 twice good"},
		{file("  {\"name\": ,}"), 0, "5 syntax invalid character ',' looking for beginning of value"},
		{"{\"protocols\": []}", 0, "1 missing version"},
		{"{\"version\": 2,\n\"protocols\": []}", 0, "1 version 1"},
		{"{\"version\": 1,\n\"protocol\": []}", 0, "2 unknown protocol"},
		{"[]", 0, "1 form {"},
		{"", 0, "1 syntax unexpected end of JSON input"},
	} {
		b := Read([]byte(c.raw), nil)
		got := ""
		if len(b.Faults) == 1 {
			f := b.Faults[0]
			got = strings.TrimSpace(fmt.Sprint(f.Line, " ", f.Code, " ", strings.Join(f.Args, " ")))
		}
		if got != c.want || len(b.Own) != c.own {
			t.Errorf("%s\n%d protocols, %+v, not %s", c.raw, len(b.Own), b.Faults, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	raw, _ := Write(Book{Own: []Protocol{{Name: "x", Layout: view.Layout{Columns: 1, Rows: 1}, Viewports: []Viewport{{}}}}})
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		b := Read(raw, nil)
		again, err := Write(b)
		if err != nil || !json.Valid(again) {
			t.Fatal(err)
		}
		if r := Read(again, nil); len(r.Own) != len(b.Own) {
			t.Fatalf("%d protocols of %d come back: %+v", len(r.Own), len(b.Own), r.Faults)
		}
	})
}

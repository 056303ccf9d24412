package template

import (
	"math"
	"testing"
)

// The table of Lung-RADS v2022 (ACR, November 2022), row by row, with the values
// on both sides of each threshold. lung fills what a row does not speak of.
func TestLungRADSIsThePublishedTable(t *testing.T) {
	nan := math.NaN()
	lung := func(kind, status string, mean float64) Lung {
		return Lung{Exam: "complete", Nodule: "present", Kind: kind, Status: status, Long: mean, Short: mean, SolidLong: nan, SolidShort: nan, Suspicious: "no"}
	}
	part := func(status string, mean, solid float64) Lung {
		l := lung("part_solid", status, mean)
		l.SolidLong, l.SolidShort = solid, solid
		return l
	}
	after := func(l Lung, prior string) Lung { l.Prior = prior; return l }
	pleural := func(status, smooth string, mean float64) Lung {
		l := lung("juxtapleural", status, mean)
		l.Smooth = smooth
		return l
	}
	airway := func(place, status string) Lung {
		l := lung("airway", status, nan)
		l.Airway = place
		return l
	}
	cyst := func(kind, change string) Lung {
		l := lung("cyst", "", nan)
		l.Cyst, l.CystChange = kind, change
		return l
	}
	for _, row := range []struct {
		rule string
		in   Lung
		want string
	}{
		{"prior chest CT being located", Lung{Exam: "prior_pending"}, "0"},
		{"lungs not evaluable", Lung{Exam: "not_evaluable"}, "0"},
		{"suggestive of inflammation or infection", Lung{Exam: "inflammatory"}, "0"},
		{"no nodules", Lung{Exam: "complete", Nodule: "none"}, "1"},
		{"benign calcification or fat", Lung{Exam: "complete", Nodule: "benign"}, "1"},

		{"juxtapleural < 10 mm, smooth, baseline", pleural("baseline", "yes", 9.9), "2"},
		{"juxtapleural < 10 mm, smooth, new", pleural("new", "yes", 8), "2"},
		{"juxtapleural of 10 mm goes by the solid rows", pleural("baseline", "yes", 10), "4A"},
		{"juxtapleural that is not smooth goes by the solid rows", pleural("baseline", "no", 7), "3"},
		{"juxtapleural that grows goes by the solid rows", pleural("growing", "yes", 7), "4A"},

		{"solid < 6 mm at baseline", lung("solid", "baseline", 5.9), "2"},
		{"solid >= 6 to < 8 mm at baseline", lung("solid", "baseline", 6), "3"},
		{"solid >= 6 to < 8 mm at baseline", lung("solid", "baseline", 7.9), "3"},
		{"solid >= 8 to < 15 mm at baseline", lung("solid", "baseline", 8), "4A"},
		{"solid >= 8 to < 15 mm at baseline", lung("solid", "baseline", 14.9), "4A"},
		{"solid >= 15 mm at baseline", lung("solid", "baseline", 15), "4B"},
		{"solid new < 4 mm", lung("solid", "new", 3.9), "2"},
		{"solid new 4 to < 6 mm", lung("solid", "new", 4), "3"},
		{"solid new 6 to < 8 mm", lung("solid", "new", 6), "4A"},
		{"solid new >= 8 mm", lung("solid", "new", 8), "4B"},
		{"solid growing < 8 mm", lung("solid", "growing", 7.9), "4A"},
		{"solid growing >= 8 mm", lung("solid", "growing", 8), "4B"},
		{"solid slowly growing over several examinations", lung("solid", "slow", 7), "4B"},
		{"solid across a threshold without growth goes by size", lung("solid", "crossed", 8.1), "4A"},
		{"solid stable < 6 mm", lung("solid", "stable", 5), "2"},
		{"category 3 stable at 6 months", after(lung("solid", "stable", 7), "3"), "2"},
		{"category 4A stable at 3 months", after(lung("solid", "stable", 9), "4A"), "3"},
		{"category 4B stable: only where proved benign", after(lung("solid", "stable", 16), "4B"), ""},

		{"part-solid < 6 mm total at baseline", lung("part_solid", "baseline", 5.9), "2"},
		{"part-solid >= 6 mm, solid < 6 mm", part("baseline", 12, 5.9), "3"},
		{"part-solid >= 6 mm, solid >= 6 to < 8 mm", part("baseline", 12, 6), "4A"},
		{"part-solid >= 6 mm, solid >= 8 mm", part("baseline", 12, 8), "4B"},
		{"part-solid new < 6 mm total", part("new", 5.9, 2), "3"},
		{"part-solid new, solid < 4 mm", part("new", 7, 3.9), "4A"},
		{"part-solid new, solid >= 4 mm", part("new", 7, 4), "4B"},
		{"part-solid, growing solid part < 4 mm", part("growing", 9, 3.9), "4A"},
		{"part-solid, growing solid part >= 4 mm", part("growing", 9, 4), "4B"},
		{"part-solid slowly growing", lung("part_solid", "slow", 9), "4B"},

		{"non-solid < 30 mm at baseline", lung("non_solid", "baseline", 29.9), "2"},
		{"non-solid < 30 mm new", lung("non_solid", "new", 12), "2"},
		{"non-solid < 30 mm growing", lung("non_solid", "growing", 12), "2"},
		{"non-solid >= 30 mm stable", lung("non_solid", "stable", 31), "2"},
		{"non-solid >= 30 mm slowly growing", lung("non_solid", "slow", 31), "2"},
		{"non-solid >= 30 mm at baseline", lung("non_solid", "baseline", 30), "3"},
		{"non-solid >= 30 mm new", lung("non_solid", "new", 30), "3"},
		{"non-solid >= 30 mm growing: no row", lung("non_solid", "growing", 31), ""},

		{"airway, subsegmental, baseline", airway("subsegmental", "baseline"), "2"},
		{"airway, subsegmental, new", airway("subsegmental", "new"), "2"},
		{"airway, subsegmental, stable", airway("subsegmental", "stable"), "2"},
		{"airway, segmental, baseline", airway("segmental", "baseline"), "4A"},
		{"airway, segmental, new", airway("segmental", "new"), "4A"},
		{"airway, segmental, stable", airway("segmental", "stable"), "4B"},
		{"airway, segmental, growing", airway("segmental", "growing"), "4B"},

		{"thick-walled cyst, growing cavity", cyst("thick", "cavity"), "3"},
		{"thick-walled cyst at baseline", cyst("thick", "baseline"), "4A"},
		{"multilocular cyst at baseline", cyst("multilocular", "baseline"), "4A"},
		{"thin-walled cyst that became multilocular", cyst("thin", "multilocular"), "4A"},
		{"thick-walled cyst that became multilocular", cyst("thick", "multilocular"), "4A"},
		{"thick-walled cyst, growing wall", cyst("thick", "wall"), "4B"},
		{"growing multilocular cyst", cyst("multilocular", "larger"), "4B"},
		{"multilocular cyst, more loculation or opacity", cyst("multilocular", "opacity"), "4B"},
		{"thin-walled unilocular cyst is not classified", cyst("thin", "baseline"), ""},
	} {
		got := LungRADS(row.in)
		if got.Category != row.want || len(got.Missing) > 0 {
			t.Errorf("%s: category %q, want %q (%+v)", row.rule, got.Category, row.want, got)
		}
		if row.want == "" && got.Why.Zh == "" {
			t.Errorf("%s: no category and no reason", row.rule)
		}
		in := row.in
		in.Suspicious = "yes"
		want := row.want
		if want == "3" || want == "4A" || want == "4B" {
			want = "4X"
		}
		if got := LungRADS(in); got.Category != want {
			t.Errorf("%s, with suspicious features: %q, want %q", row.rule, got.Category, want)
		}
	}
}

func TestLungRADSMeanDiameterIsTakenToOneDecimal(t *testing.T) {
	in := Lung{Exam: "complete", Nodule: "present", Kind: "solid", Status: "baseline", Long: 6.4, Short: 5.5, Suspicious: "no"}
	if got := LungRADS(in); got.Category != "3" { // 5.95 is 6.0
		t.Errorf("6.4 × 5.5 mm: %+v", got)
	}
	in.Short = 5.4
	if got := LungRADS(in); got.Category != "2" {
		t.Errorf("6.4 × 5.4 mm: %+v", got)
	}
}

// Whatever one input is taken away, no category is proposed where that input
// counted: the proposal names it, or is the same without it.
func TestLungRADSNeverFallsBackOnACategory(t *testing.T) {
	nan := math.NaN()
	full := Lung{Exam: "complete", Nodule: "present", Kind: "part_solid", Status: "baseline", Long: 12, Short: 10, SolidLong: 7, SolidShort: 7, Suspicious: "no"}
	for name, take := range map[string]func(*Lung){
		"exam": func(l *Lung) { l.Exam = "" }, "nodule": func(l *Lung) { l.Nodule = "" }, "kind": func(l *Lung) { l.Kind = "" },
		"status": func(l *Lung) { l.Status = "" }, "long": func(l *Lung) { l.Long = nan }, "short": func(l *Lung) { l.Short = nan },
		"solid": func(l *Lung) { l.SolidShort = nan }, "suspicious": func(l *Lung) { l.Suspicious = "" },
		"prior of a stable one": func(l *Lung) { l.Status = "stable" },
		"smoothness":            func(l *Lung) { l.Kind = "juxtapleural" },
		"place in the airway":   func(l *Lung) { l.Kind = "airway" },
		"kind of cyst":          func(l *Lung) { l.Kind = "cyst" },
	} {
		in := full
		take(&in)
		if got := LungRADS(in); got.Category != "" || len(got.Missing) == 0 {
			t.Errorf("without %s: %+v", name, got)
		}
	}
	if got := LungRADS(full); got.Category != "4A" {
		t.Errorf("with all inputs: %+v", got)
	}
}

func TestBIRADSOverallIsTheBreastOfMoreConcern(t *testing.T) {
	for _, row := range []struct{ right, left, want string }{
		{"1", "1", "1"}, {"1", "2", "2"}, {"2", "3", "3"}, {"3", "6", "6"}, {"6", "0", "0"}, {"0", "4A", "4A"}, {"4B", "4A", "4B"}, {"4C", "5", "5"},
		{"6", "5", "5"}, {"na", "2", "2"}, {"4", "3", "4"}, {"4", "4B", ""}, {"na", "na", ""},
	} {
		for _, s := range [][2]string{{row.right, row.left}, {row.left, row.right}} {
			if got := BIRADS(s[0], s[1]); got.Category != row.want || len(got.Missing) > 0 {
				t.Errorf("right %s, left %s: %+v, want %q", s[0], s[1], got, row.want)
			}
		}
	}
	if got := BIRADS("2", ""); got.Category != "" || len(got.Missing) != 1 {
		t.Errorf("one side missing: %+v", got)
	}
}

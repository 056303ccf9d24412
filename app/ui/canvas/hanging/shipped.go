package hanging

import "longying/app/ui/canvas/view"

// Shipped are the protocols of the program; "protocol."+ID is the name of each.
func Shipped() []Protocol {
	film := []string{"DX", "CR"}
	port := func(s Show) Viewport { return Viewport{Show: s} }
	windowed := func(preset string) Viewport {
		return Viewport{Show: Show{Modality: "CT", Plane: "axial", Same: true}, Preset: preset}
	}
	words := func(w ...string) Viewport { return port(Show{Modality: "MR", Words: w}) }
	breast := func(side, projection, chest string) Viewport {
		return Viewport{Show: Show{Modality: "MG", Laterality: side, Projection: []string{projection}}, Chest: chest}
	}
	return []Protocol{
		{ID: "chest_film_two", Match: Match{Modality: film, Part: []string{"CHEST"}, Least: 2, Views: []string{"LL"}}, Layout: view.Layout{Columns: 2, Rows: 1},
			Viewports: []Viewport{port(Show{Projection: []string{"PA", "AP"}}), port(Show{Projection: []string{"LL"}})}},
		{ID: "chest_film", Match: Match{Modality: film, Part: []string{"CHEST"}}, Layout: view.Layout{Columns: 1, Rows: 1},
			Viewports: []Viewport{port(Show{})}},
		{ID: "chest_ct", Match: Match{Modality: []string{"CT"}, Part: []string{"CHEST"}}, Layout: view.Layout{Columns: 2, Rows: 1},
			Viewports: []Viewport{windowed("lung"), windowed("mediastinum")}, Scroll: view.ByPosition},
		{ID: "brain_ct", Match: Match{Modality: []string{"CT"}, Part: []string{"HEAD"}}, Layout: view.Layout{Columns: 2, Rows: 1},
			Viewports: []Viewport{windowed("brain"), windowed("bone")}, Scroll: view.ByPosition},
		{ID: "brain_mr", Match: Match{Modality: []string{"MR"}, Part: []string{"HEAD"}, Least: 2}, Layout: view.Layout{Columns: 2, Rows: 2},
			Viewports: []Viewport{words("FLAIR", "DARK-FLUID", "水抑制"), words("T2"), words("T1"), words("DWI", "DIFF", "ADC", "弥散", "扩散")}, Scroll: view.ByPosition, Fill: true},
		{ID: "breast_four", Match: Match{Modality: []string{"MG"}, Views: []string{"R CC", "L CC", "R MLO", "L MLO"}}, Layout: view.Layout{Columns: 2, Rows: 2},
			Viewports: []Viewport{breast("R", "CC", "right"), breast("L", "CC", "left"), breast("R", "MLO", "right"), breast("L", "MLO", "left")}, Link: true},
		{ID: "breast_cc", Match: Match{Modality: []string{"MG"}, Views: []string{"R CC", "L CC"}}, Layout: view.Layout{Columns: 2, Rows: 1},
			Viewports: []Viewport{breast("R", "CC", "right"), breast("L", "CC", "left")}, Link: true},
		{ID: "breast_mlo", Match: Match{Modality: []string{"MG"}, Views: []string{"R MLO", "L MLO"}}, Layout: view.Layout{Columns: 2, Rows: 1},
			Viewports: []Viewport{breast("R", "MLO", "right"), breast("L", "MLO", "left")}, Link: true},
		{ID: "ultrasound", Match: Match{Modality: []string{"US"}, Least: 2}, Layout: view.Layout{Columns: 2, Rows: 2},
			Viewports: []Viewport{port(Show{}), port(Show{}), port(Show{}), port(Show{})}, Fill: true},
	}
}

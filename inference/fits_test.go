package inference

import (
	"reflect"
	"testing"
	"time"

	"longying/imaging"
	"longying/models"
)

// filmCard is for frontal chest films of children of 1 to 5 years.
func filmCard() *models.Card {
	return &models.Card{
		ID: "film", Version: "1.0.0", Task: models.TaskClassification,
		Input: models.Input{
			Modalities: []string{"CR", "DX"}, BodyParts: []string{"CHEST"}, Views: []string{"AP", "PA"},
			Photometric: []string{"MONOCHROME1", "MONOCHROME2"}, AgeYears: &models.Range{Min: 1, Max: 5},
			MinRows: 200, MinColumns: 100, MaxAspect: 2,
		},
	}
}

// slideCard types lung and colon tissue at an unknown scale.
func slideCard() *models.Card {
	return &models.Card{
		ID: "slide", Version: "1.0.0", Task: models.TaskRegion,
		Input: models.Input{Modalities: []string{"SM"}, MarkedRegion: true, AlwaysAmber: true},
		Slide: &models.Slide{PatchPixels: 4, TissueFraction: 0.5, TissueSaturation: 0.1, Batch: 3, Aggregation: "mean", Organs: []string{"lung", "colon"}},
	}
}

func film() (*imaging.Study, *imaging.Series) {
	series := imaging.Series{Modality: "DX", BodyPart: "CHEST", Instances: []imaging.Instance{{
		SOPInstanceUID: "1.2.3", Modality: "DX", BodyPart: "CHEST", ViewPosition: "AP",
		Pixels: imaging.PixelDescription{Rows: 300, Columns: 200, Frames: 1, Samples: 1, Photometric: "MONOCHROME2"},
	}}}
	return &imaging.Study{Date: time.Date(2024, 6, 15, 10, 30, 0, 0, time.UTC), Patient: imaging.PatientHeader{Age: "004Y"}, Series: []imaging.Series{series}}, &series
}

func slide() (*imaging.Study, *imaging.Series) {
	series := imaging.Series{Modality: "SM", Instances: []imaging.Instance{
		{Modality: "SM", Slide: &imaging.Slide{TotalColumns: 10, TotalRows: 8}},
		{Modality: "SM", Slide: &imaging.Slide{TotalColumns: 1000, TotalRows: 800, Organ: "Lung"}, Pixels: imaging.PixelDescription{Frames: 20}},
	}}
	return &imaging.Study{Series: []imaging.Series{series}}, &series
}

// situation is a film that fits, changed by a test.
type situation struct {
	card     *models.Card
	study    *imaging.Study
	series   *imaging.Series
	instance *imaging.Instance
	given    Given
}

// volume makes the model one of volumes of 20 to 300 slices, and the series one of
// n.
func (s *situation) volume(n int) {
	s.card.Input.Tensor.Order, s.card.Input.Slices = "NCDHW", &models.IntRange{Min: 20, Max: 300}
	for len(s.series.Instances) < n {
		s.series.Instances = append(s.series.Instances, s.series.Instances[0])
	}
}

// crop makes the model one that looks at a square about the middle of a marked
// region.
func (s *situation) crop(side int) {
	s.card.Input.MarkedRegion, s.card.Input.RegionCrop = true, &models.RegionCrop{Width: side, Height: side}
}

func (s *situation) birth(age, birth string) {
	s.study.Patient.Age, s.study.Patient.BirthDate = age, birth
}

func TestAFilmIsRefusedForEachReasonAndOtherwiseFits(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*situation)
		want   *Reason
	}{
		"a film on which all is right fits": {func(*situation) {}, nil},

		"another modality":                    {func(s *situation) { s.instance.Modality = "CT" }, because(ReasonModality, "CT", "CR, DX")},
		"no modality":                         {func(s *situation) { s.instance.Modality, s.series.Modality = "", "" }, because(ReasonModality, "-", "CR, DX")},
		"a slide":                             {func(s *situation) { s.instance.Slide = &imaging.Slide{} }, because(ReasonSlideOnly)},
		"another body part":                   {func(s *situation) { s.instance.BodyPart = "HAND" }, because(ReasonBodyPart, "HAND", "CHEST")},
		"no body part":                        {func(s *situation) { s.instance.BodyPart, s.series.BodyPart = "", " " }, because(ReasonBodyPartMissing, "CHEST")},
		"the series' body part is enough":     {func(s *situation) { s.instance.BodyPart = "" }, nil},
		"any body part where none is named":   {func(s *situation) { s.card.Input.BodyParts = nil; s.instance.BodyPart = "" }, nil},
		"another view":                        {func(s *situation) { s.instance.ViewPosition = "LL" }, because(ReasonView, "LL", "AP, PA")},
		"no view":                             {func(s *situation) { s.instance.ViewPosition = "" }, because(ReasonViewMissing, "AP, PA")},
		"padding and case do not matter":      {func(s *situation) { s.instance.ViewPosition = "pa " }, nil},
		"a view that a person states":         {func(s *situation) { s.instance.ViewPosition = ""; s.given.Stated.View = "PA" }, nil},
		"a stated view that is not allowed":   {func(s *situation) { s.instance.ViewPosition = ""; s.given.Stated.View = "LL" }, because(ReasonView, "LL", "AP, PA")},
		"the header's view, whatever is said": {func(s *situation) { s.instance.ViewPosition = "LL"; s.given.Stated.View = "PA" }, because(ReasonView, "LL", "AP, PA")},
		"a body part that a person states": {func(s *situation) {
			s.instance.BodyPart, s.series.BodyPart, s.given.Stated.BodyPart = "", "", "CHEST"
		}, nil},
		"an age that a person states":       {func(s *situation) { s.study.Patient.Age, s.given.Stated.Age = "", "003Y" }, nil},
		"a stated age out of range":         {func(s *situation) { s.study.Patient.Age, s.given.Stated.Age = "", "030Y" }, because(ReasonAgeRange, "30", "1", "5")},
		"a malformed age, whatever is said": {func(s *situation) { s.study.Patient.Age, s.given.Stated.Age = "4", "004Y" }, because(ReasonAgeMalformed, "4", "1", "5")},
		"no sex where one is asked for":     {func(s *situation) { s.card.Input.Sex = []string{"F"} }, because(ReasonSexMissing, "F")},
		"another sex":                       {func(s *situation) { s.card.Input.Sex, s.study.Patient.Sex = []string{"F"}, "M" }, because(ReasonSex, "M", "F")},
		"the sex of the instance's own header": {func(s *situation) {
			s.card.Input.Sex, s.study.Patient.Sex, s.instance.Patient.Sex = []string{"F"}, "M", "F"
		}, nil},
		"contrast that nobody knows of": {func(s *situation) { s.card.Input.Contrast = "forbidden" }, because(ReasonContrastMissing)},
		"contrast that is forbidden":    {func(s *situation) { s.card.Input.Contrast, s.instance.ContrastAgent = "forbidden", "Omnipaque " }, because(ReasonContrastGiven, "Omnipaque")},
		"contrast that is missing":      {func(s *situation) { s.card.Input.Contrast, s.given.Stated.Contrast = "required", "no" }, because(ReasonContrastNone)},
		"a header that says none was given": {func(s *situation) {
			s.card.Input.Contrast, s.instance.ContrastAgent, s.given.Stated.Contrast = "required", "none", "yes"
		}, because(ReasonContrastNone)},
		"contrast that a person states": {func(s *situation) { s.card.Input.Contrast, s.given.Stated.Contrast = "required", "yes" }, nil},
		"contrast where any will do":    {func(s *situation) { s.card.Input.Contrast = "any" }, nil},
		"no spacing":                    {func(s *situation) { s.card.Input.Spacing = &models.Range{Min: .5, Max: 1} }, because(ReasonSpacingMissing, "0.5–1")},
		"spacing of one direction out of range": {func(s *situation) {
			s.card.Input.Spacing, s.instance.Space = &models.Range{Min: .5, Max: 1}, imaging.Spacing{RowMM: .7, ColumnMM: 1.25}
		}, because(ReasonSpacing, "1.25", "0.5–1")},
		"spacing in range": {func(s *situation) {
			s.card.Input.Spacing, s.instance.Space = &models.Range{Min: .5, Max: 1}, imaging.Spacing{RowMM: .5, ColumnMM: 1}
		}, nil},
		"no slice thickness": {func(s *situation) { s.card.Input.SliceThickness = &models.Range{Min: 1, Max: 3} }, because(ReasonThicknessMissing, "1–3")},
		"slices too thick": {func(s *situation) {
			s.card.Input.SliceThickness, s.instance.SliceThickness = &models.Range{Min: 1, Max: 3}, 5
		}, because(ReasonThickness, "5", "1–3")},
		"another photometric": {func(s *situation) { s.instance.Pixels.Photometric = "RGB" }, because(ReasonPhotometric, "RGB", "MONOCHROME1, MONOCHROME2")},
		"no photometric":      {func(s *situation) { s.instance.Pixels.Photometric = "" }, because(ReasonPhotometric, "-", "MONOCHROME1, MONOCHROME2")},
		"patients mixed up": {func(s *situation) {
			s.study.HeadersDisagree, s.study.HeaderDifference = true, "two names"
		}, because(ReasonPatientHeaders, "two names")},

		"an adult":                                {func(s *situation) { s.birth("045Y", "") }, because(ReasonAgeRange, "45", "1", "5")},
		"an infant of 11 months":                  {func(s *situation) { s.birth("011M", "") }, because(ReasonAgeRange, "0", "1", "5")},
		"12 months are 1 year":                    {func(s *situation) { s.birth("012M", "") }, nil},
		"the upper end is included":               {func(s *situation) { s.birth("005Y", "") }, nil},
		"71 months are 5 completed years":         {func(s *situation) { s.birth("071M", "") }, nil},
		"72 months are too many":                  {func(s *situation) { s.birth("072M", "") }, because(ReasonAgeRange, "6", "1", "5")},
		"364 days are too few":                    {func(s *situation) { s.birth("364D", "") }, because(ReasonAgeRange, "0", "1", "5")},
		"neither age nor birth date":              {func(s *situation) { s.birth("", "") }, because(ReasonAgeMissing, "1", "5")},
		"a blank age is a missing one":            {func(s *situation) { s.birth("    ", "") }, because(ReasonAgeMissing, "1", "5")},
		"age by birth date":                       {func(s *situation) { s.birth("", "20200301") }, nil},
		"age by birth date, a day before 6":       {func(s *situation) { s.birth("", "20180616") }, nil},
		"age by birth date, on the sixth":         {func(s *situation) { s.birth("", "20180615") }, because(ReasonAgeRange, "6", "1", "5")},
		"birth date without study date":           {func(s *situation) { s.birth("", "20200301"); s.study.Date = time.Time{} }, because(ReasonAgeMissing, "1", "5")},
		"malformed age":                           {func(s *situation) { s.birth("4Y", "") }, because(ReasonAgeMalformed, "4Y", "1", "5")},
		"malformed age beside a good birth date":  {func(s *situation) { s.birth("four", "20200301") }, because(ReasonAgeMalformed, "four", "1", "5")},
		"malformed birth date and no age":         {func(s *situation) { s.birth("", "2020") }, because(ReasonAgeMalformed, "2020", "1", "5")},
		"birth after the study and no age":        {func(s *situation) { s.birth("", "20250101") }, because(ReasonAgeMalformed, "20250101", "1", "5")},
		"age and birth date agree":                {func(s *situation) { s.birth("004Y", "20200301") }, nil},
		"age and birth date one year apart":       {func(s *situation) { s.birth("003Y", "20200301") }, nil},
		"age and birth date two years apart":      {func(s *situation) { s.birth("002Y", "20200301") }, because(ReasonAgeContradiction, "002Y", "4")},
		"an adult's birth date and a child's age": {func(s *situation) { s.birth("004Y", "19800301") }, because(ReasonAgeContradiction, "004Y", "44")},
		"birth after the study":                   {func(s *situation) { s.birth("001Y", "20240620") }, because(ReasonAgeContradiction, "001Y", "-1")},
		"one of the two out of range":             {func(s *situation) { s.birth("005Y", "20180301") }, because(ReasonAgeRange, "6", "1", "5")},
		"the instance's own age":                  {func(s *situation) { s.instance.Patient.Age = "030Y" }, because(ReasonAgeRange, "30", "1", "5")},
		"any age where none is named":             {func(s *situation) { s.card.Input.AgeYears = nil; s.birth("???", "") }, nil},

		"several frames": {func(s *situation) { s.instance.Pixels.Frames = 3 }, because(ReasonFrames, "3", "1")},
		"more frames than the card takes": {func(s *situation) {
			s.instance.Pixels.Frames, s.card.Input.Frames = 30, &models.IntRange{Min: 1, Max: 20}
		}, because(ReasonFrames, "30", "1–20")},
		"frames that the card takes": {func(s *situation) {
			s.instance.Pixels.Frames, s.card.Input.Frames = 20, &models.IntRange{Min: 1, Max: 20}
		}, nil},
		"too few slices":                     {func(s *situation) { s.volume(20); s.series.Instances = s.series.Instances[:19] }, because(ReasonSlices, "19", "20", "300")},
		"enough slices, more than one image": {func(s *situation) { s.volume(20) }, nil},
		"a region at the edge":               {func(s *situation) { s.crop(50); s.given.Region = region(10, 90, 30, 110) }, because(ReasonRegionEdge, "50 x 50", "200 x 300")},
		"a region larger than the crop":      {func(s *situation) { s.crop(50); s.given.Region = region(50, 90, 101, 110) }, because(ReasonRegionCrop, "51 x 20", "50 x 50")},
		"a region in the crop":               {func(s *situation) { s.crop(50); s.given.Region = region(15, 90, 35, 110) }, nil},
		"several images":                     {func(s *situation) { s.series.Instances = append(s.series.Instances, s.series.Instances[0]) }, because(ReasonSeveralImages, "2")},
		"one of several images": {func(s *situation) {
			s.series.Instances = append(s.series.Instances, imaging.Instance{})
			s.given.SOPUID = "1.2.3"
		}, nil},
		"an image of another uid":  {func(s *situation) { s.given.SOPUID = "9" }, because(ReasonPixels, "the series does not hold the image")},
		"an empty series":          {func(s *situation) { s.series.Instances = nil }, because(ReasonPixels, "the series does not hold the image")},
		"no pixels":                {func(s *situation) { s.instance.Pixels.Rows = 0 }, because(ReasonPixels, "the object holds none")},
		"too few rows":             {func(s *situation) { s.instance.Pixels.Rows = 199 }, because(ReasonSize, "200 x 199", "100 x 200")},
		"too few columns":          {func(s *situation) { s.instance.Pixels.Columns = 99 }, because(ReasonSize, "99 x 300", "100 x 200")},
		"just large enough":        {func(s *situation) { s.instance.Pixels.Rows, s.instance.Pixels.Columns = 200, 100 }, nil},
		"too narrow":               {func(s *situation) { s.instance.Pixels.Rows = 402 }, because(ReasonAspect, "2.01", "2")},
		"too wide":                 {func(s *situation) { s.instance.Pixels.Columns = 900 }, because(ReasonAspect, "3.00", "2")},
		"any shape where no limit": {func(s *situation) { s.instance.Pixels.Columns, s.card.Input.MaxAspect = 900, 0 }, nil},
		"no region marked":         {func(s *situation) { s.card.Input.MarkedRegion = true }, because(ReasonRegionMissing)},
		"a region marked":          {func(s *situation) { s.card.Input.MarkedRegion = true; s.given.Region = region(0, 0, 200, 300) }, nil},
		"a region outside": {func(s *situation) { s.given.Region = region(0, 0, 201, 300) },
			because(ReasonRegionInvalid, "region (0,0)-(201,300) leaves the image of 200 x 300 pixels")},
	} {
		t.Run(name, func(t *testing.T) {
			s := situation{card: filmCard()}
			s.study, s.series = film()
			s.instance = &s.series.Instances[0]
			c.change(&s)
			if got := Fits(s.card, s.study, s.series, s.given); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func region(x0, y0, x1, y1 float64) *imaging.Region {
	return &imaging.Region{X0: x0, Y0: y0, X1: x1, Y1: y1}
}

func TestASlideIsRefusedForEachReasonAndOtherwiseFits(t *testing.T) {
	scaled := func(s *situation, card, found float64) {
		s.card.Slide.MicrometresPerPixel, s.instance.Slide.MicrometresPerPixel = card, found
	}
	for name, c := range map[string]struct {
		change func(*situation)
		want   *Reason
	}{
		"a marked region on a slide of a known organ fits": {func(*situation) {}, nil},

		"a film":    {func(s *situation) { s.series.Instances = s.series.Instances[:1]; s.series.Instances[0].Slide = nil }, because(ReasonNotSlide)},
		"too small": {func(s *situation) { s.card.Input.MinRows = 900 }, because(ReasonSize, "1000 x 800", "0 x 900")},
		"no region": {func(s *situation) { s.given.Region = nil }, because(ReasonRegionMissing)},
		"unknown model scale needs a region whatever the card says": {func(s *situation) { s.given.Region, s.card.Input.MarkedRegion = nil, false }, because(ReasonRegionMissing)},
		"known scale, whole slide":                                  {func(s *situation) { s.given.Region, s.card.Input.MarkedRegion = nil, false; scaled(s, 0.5, 0.5) }, nil},
		"region turned around":                                      {func(s *situation) { s.given.Region = region(20, 0, 10, 10) }, because(ReasonRegionInvalid, "region (20,0)-(10,10) is empty or turned around")},
		"region beyond the slide":                                   {func(s *situation) { s.given.Region = region(0, 0, 10, 801) }, because(ReasonRegionInvalid, "region (0,0)-(10,801) leaves the image of 1000 x 800 pixels")},
		"region smaller than a patch":                               {func(s *situation) { s.given.Region = region(0.5, 0, 4.5, 10) }, because(ReasonRegionSmall, "3 x 10", "4 x 4")},
		"slide of unknown scale":                                    {func(s *situation) { scaled(s, 0.5, 0) }, because(ReasonScaleUnknown)},
		"slide 12 % finer, which is read at the model's scale":      {func(s *situation) { scaled(s, 0.5, 0.44) }, nil},
		"slide 12 % coarser":                                        {func(s *situation) { scaled(s, 0.5, 0.56) }, because(ReasonScale, "0.56", "0.5")},
		"region smaller than a patch at the model's scale": {func(s *situation) {
			scaled(s, 0.5, 0.25)
			s.given.Region = region(0, 0, 7, 7)
		}, because(ReasonRegionSmall, "7 x 7", "8 x 8")},
		"slide twice as coarse":         {func(s *situation) { scaled(s, 0.5, 1) }, because(ReasonScale, "1", "0.5")},
		"slide 8 % finer":               {func(s *situation) { scaled(s, 0.5, 0.46) }, nil},
		"organ missing":                 {func(s *situation) { s.instance.Slide.Organ = "" }, because(ReasonOrganMissing, "lung, colon")},
		"organ unknown to the model":    {func(s *situation) { s.instance.Slide.Organ = "Bone" }, because(ReasonOrgan, "Bone", "lung, colon")},
		"organ said by the pathologist": {func(s *situation) { s.instance.Slide.Organ, s.given.Organ = "", "colon" }, nil},
		"the pathologist's word for a header the model does not know": {func(s *situation) { s.instance.Slide.Organ, s.given.Organ = "Structure of left lung", "lung" }, nil},
		"organ in SNOMED CT's words":                                  {func(s *situation) { s.instance.Slide.Organ = "Lung structure" }, nil},
		"pathologist says another organ than SNOMED CT's words":       {func(s *situation) { s.instance.Slide.Organ, s.given.Organ = "Lung structure", "colon" }, because(ReasonOrgan, "colon / lung", "lung, colon")},
		"pathologist says another organ than the header":              {func(s *situation) { s.given.Organ = "colon" }, because(ReasonOrgan, "colon / lung", "lung, colon")},
		"pathologist says an organ unknown to the model":              {func(s *situation) { s.given.Organ = "breast" }, because(ReasonOrgan, "breast", "lung, colon")},
	} {
		t.Run(name, func(t *testing.T) {
			s := situation{card: slideCard(), given: Given{Region: region(100, 100, 300, 200)}}
			s.study, s.series = slide()
			s.instance = &s.series.Instances[1]
			c.change(&s)
			if got := Fits(s.card, s.study, s.series, s.given); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestNoReasonIsWithoutASentenceAndNoneSaysNormal(t *testing.T) {
	for code, sentence := range reasonSentences() {
		if sentence == "" {
			t.Errorf("%s has no sentence", code)
		}
	}
	r := Reason{Code: ReasonAgeRange, Args: []string{"45", "1", "5"}}
	if got, want := r.String(), "the patient is 45 years old; the model is only for ages 1 to 5 years"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOnlyWhatTheHeaderLeavesOpenIsAskedForAndOnlyWhatCanBeIsTaken(t *testing.T) {
	card := filmCard()
	card.Input.Sex = []string{"F"}
	for code, want := range map[ReasonCode]string{ReasonBodyPartMissing: "body_part", ReasonViewMissing: "view", ReasonAgeMissing: "age",
		ReasonSexMissing: "sex", ReasonContrastMissing: "contrast", ReasonAgeMalformed: "", ReasonView: "", ReasonSpacingMissing: ""} {
		name, values := AskedFor(card, code)
		if name != want {
			t.Errorf("%s asks for %q", code, name)
		}
		var s Stated
		for _, v := range values {
			if err := s.Set(name, v); err != nil || s.IsZero() {
				t.Errorf("%s = %s: %v", name, v, err)
			}
		}
	}
	var s Stated
	for name, value := range map[string]string{"age": "4", "sex": "female", "contrast": "maybe", "modality": "CT"} {
		if err := s.Set(name, value); err == nil {
			t.Errorf("%s = %s was taken", name, value)
		}
	}
	q := request(t, answering(filmOutputs(0.9)))
	q.Given.Stated.View = "PA"
	got, err := Analyze(t.Context(), q, blankFilm(), nil)
	if err != nil || got[0].Trace.Stated == nil || got[0].Trace.Stated.View != "PA" {
		t.Errorf("what was stated is not in the trace: %+v, %v", got, err)
	}
}

package inference

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"

	"longying/imaging"
	"longying/models"
)

// paintedSlide is a slide whose pixels a function gives.
type paintedSlide struct {
	columns, rows int
	colour        func(x, y int) [3]byte
	fail          error // given instead of pixels, when set
	downsample    float64
}

func (s *paintedSlide) Columns() int { return s.columns }
func (s *paintedSlide) Rows() int    { return s.rows }
func (s *paintedSlide) Patch(_ context.Context, x, y float64, side int, downsample float64) ([]byte, error) {
	if s.fail != nil {
		return nil, s.fail
	}
	s.downsample = downsample
	var out []byte
	for j := range side {
		for i := range side {
			c := s.colour(int(x+(float64(i)+0.5)*downsample), int(y+(float64(j)+0.5)*downsample))
			out = append(out, c[:]...)
		}
	}
	return out, nil
}

var (
	glass = [3]byte{240, 240, 240}
	pink  = [3]byte{200, 100, 150} // the runner below calls red 200 an adenocarcinoma
	blue  = [3]byte{100, 80, 200}  // red 100: background
	green = [3]byte{50, 150, 50}   // red 50: colon
	mixed = [3]byte{90, 150, 50}   // red 90: most of all colon, but more than half lung
)

// byRed answers with fixed probabilities for the red value of a patch's first
// pixel: background, adenocarcinoma, squamous (lung), colon.
func byRed() *fixedRunner {
	return &fixedRunner{answer: func(_ context.Context, in Tensor) (map[string]Tensor, error) {
		n, size := int(in.Shape[0]), len(in.Data)/int(in.Shape[0])
		out := tensor([]int64{int64(n), 4})
		for i := range n {
			switch in.Data[i*size] {
			case 200:
				out.Data = append(out.Data, 0.0625, 0.75, 0.125, 0.0625)
			case 100:
				out.Data = append(out.Data, 0.875, 0.125, 0, 0)
			case 90:
				out.Data = append(out.Data, 0.125, 0.375, 0.0625, 0.4375)
			default:
				out.Data = append(out.Data, 0, 0.125, 0, 0.875)
			}
		}
		return map[string]Tensor{"probability": out}, nil
	}}
}

func typingRequest(t *testing.T, r Runner) Request {
	t.Helper()
	card := slideCard()
	card.Input.Preprocess = steps(t, `{"step":"rgb"}`, layout)
	card.Input.Tensor = models.TensorDef{Name: "image", Shape: []int64{-1, 3, 4, 4}, Order: "NCHW"}
	card.Outputs = []models.Output{{Name: "probability", Kind: models.OutputProbabilities, Exclusive: true, UnsureBelow: 0.5, Classes: []models.Class{
		{Key: "lung_background", Organ: "lung"}, {Key: "lung_adeno", Organ: "lung", Proposes: true},
		{Key: "lung_squamous", Organ: "lung", Proposes: true}, {Key: "colon_adeno", Organ: "colon", Proposes: true},
	}}}
	return Request{Site: Site{Accepted: true},
		Package: &models.Package{Card: card}, Runner: r, Operator: "li", Now: clock(),
		Ref:   imaging.Ref{StudyUID: "1", SOPUID: "2"},
		Given: Given{Region: region(2, 3, 23, 15), Organ: "lung"},
	}
}

// Region (2,3)-(23,15) with patches of 4: 5 x 3 patches. Top row pink, middle
// row blue, bottom row glass except its last patch.
func stripes() *paintedSlide {
	return &paintedSlide{columns: 40, rows: 20, colour: func(x, y int) [3]byte {
		switch {
		case y < 7:
			return pink
		case y < 11:
			return blue
		case x >= 18:
			return pink
		}
		return glass
	}}
}

func TestTissuePatchesOfARegionAreTypedAndAveraged(t *testing.T) {
	r := byRed()
	got, err := TypeRegion(context.Background(), typingRequest(t, r), stripes(), nil)
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	m := got[0].Map
	// index space: background 0, adeno 1, squamous 2; colon may not be named
	if want := []int{1, 1, 1, 1, 1, 0, 0, 0, 0, 0, -1, -1, -1, -1, 1}; !slices.Equal(m.Class, want) {
		t.Errorf("map %v, want %v", m.Class, want)
	}
	if m.Columns != 5 || m.Rows != 3 || m.X0 != 2 || m.Y0 != 3 || m.PatchPixels != 4 || m.TissuePatches != 11 || len(m.Classes) != 3 {
		t.Errorf("map %+v", m)
	}
	if got, want := m.AreaShare(1), 6.0/11; got != want {
		t.Errorf("area %g, want %g", got, want)
	}
	mean := (6*0.75 + 5*0.125) / 11 // of adenocarcinoma, by hand; background holds 0.4318
	if p := got[0]; p.Outcome != Unsure || p.Class.Key != "lung_adeno" || math.Abs(p.Probability-mean) > 1e-12 {
		t.Errorf("%s %s %g, want unsure lung_adeno %g: under unsure_below", p.Outcome, p.Class.Key, p.Probability, mean)
	}
	for i, in := range r.inputs {
		if n := in.Shape[0]; n > 3 || len(in.Data) != int(n)*3*16 {
			t.Errorf("batch %d has shape %v", i, in.Shape)
		}
	}
}

func TestTypingNamesOnlyClassesOfTheSpecimensOrgan(t *testing.T) {
	for _, c := range []struct {
		organ   string
		colour  [3]byte
		outcome Outcome
		class   string
		typed   int // on the map, by the class list of the organ
		named   []string
	}{
		{"lung", pink, Proposed, "lung_adeno", 1, []string{"lung_background", "lung_adeno", "lung_squamous"}},
		{"colon", pink, Unsure, "colon_adeno", -1, []string{"colon_adeno"}},
		{"lung", green, Unsure, "lung_adeno", -1, []string{"lung_background", "lung_adeno", "lung_squamous"}},
		{"lung", mixed, Unsure, "lung_adeno", 1, []string{"lung_background", "lung_adeno", "lung_squamous"}},
		{"Colon", green, Proposed, "colon_adeno", 0, []string{"colon_adeno"}},
		{"lung", blue, BelowThreshold, "lung_adeno", 0, []string{"lung_background", "lung_adeno", "lung_squamous"}},
	} {
		q := typingRequest(t, byRed())
		q.Given.Organ = c.organ
		got, err := TypeRegion(context.Background(), q, &paintedSlide{columns: 40, rows: 20, colour: func(int, int) [3]byte { return c.colour }}, nil)
		if err != nil {
			t.Fatal(err)
		}
		p := got[0]
		var named []string
		for _, s := range p.All {
			named = append(named, s.Key)
		}
		if p.Outcome != c.outcome || p.Class.Key != c.class || p.Map.Class[0] != c.typed || !slices.Equal(named, c.named) {
			t.Errorf("%s %v: got %s %s, map %d, named %v", c.organ, c.colour, p.Outcome, p.Class.Key, p.Map.Class[0], named)
		}
	}
}

func TestTypingIsAlwaysAmberAndSaysWhy(t *testing.T) {
	q := typingRequest(t, byRed())
	codes := func() (out []ReasonCode) {
		got, err := TypeRegion(context.Background(), q, stripes(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range got[0].Amber {
			out = append(out, r.Code)
		}
		return out
	}
	if got := codes(); !slices.Equal(got, []ReasonCode{ReasonModelScale, ReasonScaleUnknown}) {
		t.Errorf("got %v", got)
	}
	q.Slide = &imaging.Slide{MicrometresPerPixel: 0.5}
	if got := codes(); !slices.Equal(got, []ReasonCode{ReasonModelScale}) {
		t.Errorf("slide of known scale: got %v", got)
	}
}

func TestARegionThatCannotBeTypedIsRefusedWithItsReason(t *testing.T) {
	for name, c := range map[string]struct {
		change func(q *Request, s *paintedSlide)
		want   Reason
	}{
		"no region":     {func(q *Request, _ *paintedSlide) { q.Given.Region = nil }, Reason{Code: ReasonRegionMissing}},
		"outside":       {func(q *Request, _ *paintedSlide) { q.Given.Region = region(0, 0, 41, 5) }, Reason{ReasonRegionInvalid, []string{"region (0,0)-(41,5) leaves the image of 40 x 20 pixels"}}},
		"no organ":      {func(q *Request, _ *paintedSlide) { q.Given.Organ = "" }, Reason{ReasonOrganMissing, []string{"lung, colon"}}},
		"another organ": {func(q *Request, _ *paintedSlide) { q.Given.Organ = "bone" }, Reason{ReasonOrgan, []string{"bone", "lung, colon"}}},
		"white glass":   {func(_ *Request, s *paintedSlide) { s.colour = func(int, int) [3]byte { return glass } }, Reason{ReasonNoTissue, []string{"15", "0.5"}}},
		"black":         {func(_ *Request, s *paintedSlide) { s.colour = func(int, int) [3]byte { return [3]byte{} } }, Reason{ReasonNoTissue, []string{"15", "0.5"}}},
		"too little tissue in each patch": {func(_ *Request, s *paintedSlide) {
			s.colour = func(x, y int) [3]byte {
				if (x+y)%3 == 0 {
					return pink
				}
				return glass
			}
		}, Reason{ReasonNoTissue, []string{"15", "0.5"}}},
		"a step that refuses": {func(q *Request, _ *paintedSlide) {
			q.Package.Card.Input.Preprocess = steps(t, `{"step":"rgb"}`, `{"step":"z-score"}`, layout)
		}, Reason{ReasonPreprocess, []string{"z-score", errConstant.Error()}}},
	} {
		t.Run(name, func(t *testing.T) {
			q, s := typingRequest(t, byRed()), stripes()
			if name == "a step that refuses" {
				s.colour = func(int, int) [3]byte { return [3]byte{9, 9, 9} }
				q.Package.Card.Slide.TissueSaturation = 0
			}
			c.change(&q, s)
			got, err := TypeRegion(context.Background(), q, s, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || got[0].Outcome != Refused || !reflect.DeepEqual(*got[0].Reason, c.want) {
				t.Errorf("got %v, want %v", got[0].Reason, c.want)
			}
		})
	}
}

func TestTheAnswerDoesNotDependOnTheBatchSize(t *testing.T) {
	var first []Prediction
	for _, batch := range []int{1, 2, 7, 100} {
		q := typingRequest(t, byRed())
		q.Package.Card.Slide.Batch = batch
		got, err := TypeRegion(context.Background(), q, stripes(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		}
		if !reflect.DeepEqual(got[0].Map, first[0].Map) || !reflect.DeepEqual(got[0].All, first[0].All) {
			t.Errorf("batch %d: %+v, want %+v", batch, got[0].All, first[0].All)
		}
	}
}

func TestProgressGrowsToTheTotal(t *testing.T) {
	for _, colour := range [][3]byte{pink, glass} {
		q := typingRequest(t, byRed())
		q.Given.Region = region(0, 0, 40, 20)
		var seen []int
		_, err := TypeRegion(context.Background(), q, &paintedSlide{columns: 40, rows: 20, colour: func(int, int) [3]byte { return colour }}, func(done, total int) {
			if total != 50 {
				t.Errorf("total %d", total)
			}
			seen = append(seen, done)
		})
		if err != nil || len(seen) == 0 || !slices.IsSorted(seen) || seen[len(seen)-1] != 50 {
			t.Errorf("progress %v, %v", seen, err)
		}
	}
}

func TestTypingStopsBetweenBatchesWhenTheContextIsDone(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r := byRed()
	answer := r.answer
	r.answer = func(ctx context.Context, in Tensor) (map[string]Tensor, error) {
		cancel()
		return answer(ctx, in)
	}
	got, err := TypeRegion(ctx, typingRequest(t, r), stripes(), nil)
	if !errors.Is(err, context.Canceled) || got != nil || len(r.inputs) != 1 {
		t.Errorf("got %v, %v after %d batches", got, err, len(r.inputs))
	}
}

func TestATileThatCannotBeReadIsAnErrorAndNotAnAnswer(t *testing.T) {
	s, broken := stripes(), errors.New("tile 3 is truncated")
	s.fail = broken
	if got, err := TypeRegion(context.Background(), typingRequest(t, byRed()), s, nil); !errors.Is(err, broken) || got != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestASessionThatFailsOrContradictsItsCardEndsTheTyping(t *testing.T) {
	broken := errors.New("session lost")
	r := &fixedRunner{answer: func(context.Context, Tensor) (map[string]Tensor, error) { return nil, broken }}
	if got, err := TypeRegion(context.Background(), typingRequest(t, r), stripes(), nil); !errors.Is(err, broken) || got != nil {
		t.Errorf("got %v, %v", got, err)
	}
	r = answering(map[string]Tensor{"probability": tensor([]int64{3, 2}, 1, 0, 1, 0, 1, 0)})
	got, err := TypeRegion(context.Background(), typingRequest(t, r), stripes(), nil)
	if err != nil || got[0].Outcome != Refused || got[0].Reason.Code != ReasonPackage {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestTissueIsToldByHSVSaturation(t *testing.T) {
	m := newTissueMask(0.25)
	for _, c := range []struct {
		rgb  []byte
		want float64
	}{
		{[]byte{100, 75, 100}, 1},  // (100-75)/100 = 0.25
		{[]byte{100, 76, 100}, 0},  // 0.24
		{[]byte{0, 0, 0}, 0},       // black
		{[]byte{255, 255, 255}, 0}, // white
		{[]byte{4, 3, 3, 200, 200, 200}, 0.5},
	} {
		if got := m.share(c.rgb); got != c.want {
			t.Errorf("%v: got %g, want %g", c.rgb, got, c.want)
		}
	}
}

func TestASlideFinerThanTheModelIsReadAtTheModelsScale(t *testing.T) {
	for _, c := range []struct {
		slide, want      float64 // µm per pixel
		downsample, step float64
		columns, rows    int
		reason           ReasonCode
	}{
		{0.25, 0.5, 2, 8, 2, 1, ""},
		{0.2, 0.5, 2.5, 10, 2, 1, ""},
		{0.52, 0.5, 1, 4, 5, 3, ""}, // within a tenth: pixels as they are
		{0.46, 0.5, 1, 4, 5, 3, ""},
		{0.6, 0.5, 0, 0, 0, 0, ReasonScale}, // detail is never invented
		{0, 0.5, 0, 0, 0, 0, ReasonScaleUnknown},
	} {
		q, s := typingRequest(t, byRed()), stripes()
		q.Package.Card.Slide.MicrometresPerPixel, q.Slide = c.want, &imaging.Slide{MicrometresPerPixel: c.slide, Stain: "HE"}
		s.colour = func(int, int) [3]byte { return pink }
		got, err := TypeRegion(context.Background(), q, s, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.reason != "" {
			if got[0].Reason == nil || got[0].Reason.Code != c.reason {
				t.Errorf("%g µm: %+v", c.slide, got[0].Reason)
			}
			continue
		}
		m := got[0].Map
		if m == nil || s.downsample != c.downsample || m.PatchPixels != c.step || m.Columns != c.columns || m.Rows != c.rows {
			t.Errorf("%g µm: downsample %g, map %+v, %v", c.slide, s.downsample, m, got[0].Reason)
		}
	}
}

func TestTheTopKPatchesOfEachClassMakeTheAnswer(t *testing.T) {
	// Adenocarcinoma: six patches of 0.75 and five of 0.125; squamous: six of 0.125 and five of 0.
	for k, want := range map[int]float64{1: 0.75, 6: 0.75, 8: (6*0.75 + 2*0.125) / 8, 99: (6*0.75 + 5*0.125) / 11} {
		q := typingRequest(t, byRed())
		q.Package.Card.Slide.Aggregation, q.Package.Card.Slide.TopK = "top-k", k
		q.Package.Card.Outputs[0].UnsureBelow = 0
		got, err := TypeRegion(context.Background(), q, stripes(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got[0].All[1].Probability-want) > 1e-12 {
			t.Errorf("top %d: %g, wanted %g", k, got[0].All[1].Probability, want)
		}
	}
}

// pooling answers with the first two red values of each patch as its embedding,
// and as a head with the softmax-free sum over the patches.
func pooling() *fixedRunner {
	return &fixedRunner{answer: func(_ context.Context, in Tensor) (map[string]Tensor, error) {
		if len(in.Shape) == 3 { // the head: [1, patches, 2]
			logits, weights := tensor([]int64{1, 4}, 0, 0, 0, 0), tensor([]int64{in.Shape[1]})
			for i := range int(in.Shape[1]) {
				weights.Data = append(weights.Data, in.Data[2*i])
				logits.Data[1] += in.Data[2*i] / 1000
			}
			return map[string]Tensor{"logits": logits, "attention": weights}, nil
		}
		n, size := int(in.Shape[0]), len(in.Data)/int(in.Shape[0])
		out := tensor([]int64{int64(n), 2})
		for i := range n {
			out.Data = append(out.Data, in.Data[i*size], in.Data[i*size+1])
		}
		return map[string]Tensor{"embedding": out}, nil
	}}
}

func TestAHeadPoolsTheEmbeddingsOfAllTissuePatchesAndItsWeightsStandOnTheMap(t *testing.T) {
	r := pooling()
	q := typingRequest(t, r)
	card := q.Package.Card
	card.Slide.Aggregation = "attention"
	o := &card.Outputs[0]
	o.Name, o.Kind, o.Activation, o.Exclusive, o.UnsureBelow = "embedding", models.OutputEmbedding, "softmax", false, 0
	o.Head = &models.Head{Input: "bag", Shape: []int64{1, -1, 2}, Output: "logits", Attention: "attention"}
	got, err := TypeRegion(context.Background(), q, stripes(), nil)
	if err != nil {
		t.Fatal(err)
	}
	p := got[0]
	// Six pink patches of red 200 and five blue ones of red 100: a logit of 1.7 against three of 0.
	want := math.Exp(1.7) / (math.Exp(1.7) + 3)
	if p.Reason != nil || math.Abs(p.Probability-want) > 1e-6 || p.Class.Key != "lung_adeno" {
		t.Fatalf("%v %g, wanted %g; %v", p.Class, p.Probability, want, p.Reason)
	}
	if w := p.Map.Attention; !slices.Equal(w, []float64{200, 200, 200, 200, 200, 100, 100, 100, 100, 100, 0, 0, 0, 0, 200}) {
		t.Errorf("weights %v", w)
	}
	if slices.ContainsFunc(p.Map.Class, func(c int) bool { return c != -1 }) || p.Map.TissuePatches != 11 {
		t.Errorf("a patch that nobody typed has a type: %v of %d", p.Map.Class, p.Map.TissuePatches)
	}
	if last := r.inputs[len(r.inputs)-1]; !slices.Equal(last.Shape, []int64{1, 11, 2}) {
		t.Errorf("the head got %v", last.Shape)
	}
}

func TestASlideOfAnotherStainIsRefusedAndOneThatNamesNoneIsAskedAbout(t *testing.T) {
	for _, c := range []struct {
		header, stated string
		want           ReasonCode
	}{
		{"", "", ReasonStainMissing}, {"", "HE", ""}, {"H&E", "", ""}, {"h and e", "", ReasonStain}, {"Hematoxylin stain, water soluble eosin stain", "", ""},
		{"苏木精-伊红", "", ""}, {"Ki-67", "HE", ReasonStain}, {"Hematoxylin", "", ReasonStain},
	} {
		q := typingRequest(t, byRed())
		q.Package.Card.Slide.Stain = "HE"
		q.Slide, q.Given.Stated.Stain = &imaging.Slide{Stain: c.header}, c.stated
		got, err := TypeRegion(context.Background(), q, stripes(), nil)
		if err != nil {
			t.Fatal(err)
		}
		code := ReasonCode("")
		if got[0].Reason != nil {
			code = got[0].Reason.Code
		}
		if code != c.want {
			t.Errorf("header %q, stated %q: %q, wanted %q", c.header, c.stated, code, c.want)
		}
	}
}

package inference

import (
	"context"
	"errors"
	"math"
	"reflect"
	"sync"
	"testing"
	"time"

	"longying/imaging"
	"longying/models"
)

// fixedRunner answers with what a test puts in and keeps what it was asked.
type fixedRunner struct {
	answer func(ctx context.Context, input Tensor) (map[string]Tensor, error)
	inputs []Tensor
	asked  [][]string
}

func (r *fixedRunner) Run(ctx context.Context, inputs map[string]Tensor, outputs []string) (map[string]Tensor, error) {
	for _, input := range inputs { // there is one
		r.inputs, r.asked = append(r.inputs, input), append(r.asked, outputs)
		return r.answer(ctx, input)
	}
	return nil, errors.New("no input")
}
func (*fixedRunner) Provider() string       { return "test" }
func (*fixedRunner) RuntimeVersion() string { return "test 1" }
func (*fixedRunner) Close() error           { return nil }

func answering(outputs map[string]Tensor) *fixedRunner {
	return &fixedRunner{answer: func(context.Context, Tensor) (map[string]Tensor, error) { return outputs, nil }}
}

func tensor(shape []int64, data ...float32) Tensor { return Tensor{Shape: shape, Data: data} }

// clock is a clock that moves one second at each look.
func clock() func() time.Time {
	var mu sync.Mutex
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		at = at.Add(time.Second)
		return at
	}
}

// request asks a film model with one class, threshold 0.6, unsure in [0.5, 0.7),
// and a map that explains it.
func request(t *testing.T, r Runner) Request {
	t.Helper()
	card := filmCard()
	card.Input.Preprocess = steps(t, values, layout)
	card.Input.Tensor = models.TensorDef{Name: "image", Shape: []int64{-1, 1, 30, 40}, Order: "NCHW"}
	card.Outputs = []models.Output{
		{Name: "probability", Kind: models.OutputProbabilities, Classes: []models.Class{
			{Key: "pneumonia", Proposes: true, Threshold: 0.6, Unsure: &[2]float64{0.5, 0.7}},
		}},
		{Name: "cam", Kind: models.OutputActivationMap, ForClass: "pneumonia", BoxFraction: 0.5},
	}
	return Request{
		Package: &models.Package{Card: card}, Runner: r, Operator: "wang", Site: Site{Accepted: true},
		Ref: imaging.Ref{StudyUID: "1.1", SOPUID: "1.2", Frame: 1}, Now: clock(),
	}
}

func blankFilm() Subject {
	return Subject{Image: Image{Frame: grey(30, 40, make([]uint8, 1200)...), Number: 1}}
}

// A map of 3 x 4 cells over an image of 40 x 30 pixels: a cell is 10 x 10.
func filmOutputs(p float32) map[string]Tensor {
	return map[string]Tensor{
		"probability": tensor([]int64{1, 1}, p),
		"cam": tensor([]int64{1, 1, 3, 4},
			-9, 0, 0, 0,
			0, 2, 3.9, 0,
			0, 0, 4, 1.9),
	}
}

func TestAProbabilityIsProposedUnsureOrBelowItsThreshold(t *testing.T) {
	for _, c := range []struct {
		p    float32
		want Outcome
	}{
		{0, BelowThreshold}, {0.49, BelowThreshold}, {0.5, Unsure}, {0.6, Unsure}, {0.69, Unsure}, {0.75, Proposed}, {1, Proposed},
	} {
		got, err := Analyze(context.Background(), request(t, answering(filmOutputs(c.p))), blankFilm(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0].Outcome != c.want || float32(got[0].Probability) != c.p || got[0].Class.Key != "pneumonia" || got[0].Threshold != 0.6 {
			t.Errorf("%g: got %+v, want %s", c.p, got, c.want)
		}
		if at := got[0].Ref.Region; (at != nil) != (c.want != BelowThreshold) {
			t.Errorf("%g: region %v; a proposal has one, what is below threshold has none", c.p, at)
		}
	}
}

func TestAnActivationMapBecomesABoxInPixelsOfTheImage(t *testing.T) {
	got, err := Analyze(context.Background(), request(t, answering(filmOutputs(0.9))), blankFilm(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := &imaging.Region{X0: 10, Y0: 10, X1: 30, Y1: 30, Kind: imaging.RegionActivation}
	if !reflect.DeepEqual(got[0].Ref.Region, want) {
		t.Errorf("got %+v, want %+v", got[0].Ref.Region, want)
	}
}

func TestAMapWithoutAPositiveValueHasNoBox(t *testing.T) {
	outputs := filmOutputs(0.9)
	outputs["cam"] = tensor([]int64{1, 1, 1, 2}, -1, 0)
	got, err := Analyze(context.Background(), request(t, answering(outputs)), blankFilm(), nil)
	if err != nil || got[0].Outcome != Proposed || got[0].Ref.Region != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestTheTraceSaysWhatRanOnWhatForWhom(t *testing.T) {
	q := request(t, answering(filmOutputs(0.9)))
	got, err := Analyze(context.Background(), q, blankFilm(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := Trace{
		Model: Identity(q.Package.Card), Runtime: "test 1", Provider: "test", Inputs: []imaging.Ref{q.Ref},
		Preprocess: q.Package.Card.Input.Preprocess, Started: time.Date(2024, 1, 1, 0, 0, 1, 0, time.UTC),
		Preparing: time.Second, Running: time.Second, Operator: "wang",
	}
	if !reflect.DeepEqual(got[0].Trace, want) {
		t.Errorf("got %+v\nwant %+v", got[0].Trace, want)
	}
}

func TestTheSessionGetsThePreparedTensorAndIsAskedForEveryOutputOfTheCard(t *testing.T) {
	r := answering(filmOutputs(0.9))
	image := blankFilm()
	image.Image.Frame.Uint8[41] = 7
	if _, err := Analyze(context.Background(), request(t, r), image, nil); err != nil {
		t.Fatal(err)
	}
	if len(r.inputs) != 1 || r.inputs[0].Data[41] != 7 || !reflect.DeepEqual(r.inputs[0].Shape, []int64{1, 1, 30, 40}) {
		t.Errorf("input %v", r.inputs[0].Shape)
	}
	if !reflect.DeepEqual(r.asked, [][]string{{"probability", "cam"}}) {
		t.Errorf("asked for %v", r.asked)
	}
}

func TestWhatCannotBeUsedIsRefusedWithItsReason(t *testing.T) {
	nan := float32(math.NaN())
	for name, c := range map[string]struct {
		change func(q *Request, image *Image, outputs map[string]Tensor)
		want   ReasonCode
	}{
		"no frame":         {func(_ *Request, i *Image, _ map[string]Tensor) { i.Frame = nil }, ReasonPixels},
		"too few values":   {func(_ *Request, i *Image, _ map[string]Tensor) { i.Frame.Uint8 = i.Frame.Uint8[1:] }, ReasonPixels},
		"truncated pixels": {func(_ *Request, i *Image, _ map[string]Tensor) { i.Frame.Missing = 5 }, ReasonPixels},
		"colour":           {func(_ *Request, i *Image, _ map[string]Tensor) { i.Frame.Photometric = "PALETTE COLOR" }, ReasonPreprocess},
		"constant with z-score": {func(q *Request, _ *Image, _ map[string]Tensor) {
			q.Package.Card.Input.Preprocess = steps(t, values, `{"step":"z-score"}`, layout)
		}, ReasonPreprocess},
		"another size": {func(_ *Request, i *Image, _ map[string]Tensor) { i.Frame.Rows, i.Frame.Columns = 40, 30 }, ReasonPackage},
		"NaN":          {func(_ *Request, _ *Image, o map[string]Tensor) { o["probability"].Data[0] = nan }, ReasonPackage},
		"below 0":      {func(_ *Request, _ *Image, o map[string]Tensor) { o["probability"].Data[0] = -0.1 }, ReasonPackage},
		"a logit":      {func(_ *Request, _ *Image, o map[string]Tensor) { o["probability"].Data[0] = 3.2 }, ReasonPackage},
		"two values for a class": {func(_ *Request, _ *Image, o map[string]Tensor) {
			o["probability"] = tensor([]int64{1, 2}, 0.1, 0.2)
		}, ReasonPackage},
		"no output":      {func(_ *Request, _ *Image, o map[string]Tensor) { delete(o, "probability") }, ReasonPackage},
		"NaN in the map": {func(_ *Request, _ *Image, o map[string]Tensor) { o["cam"].Data[3] = nan }, ReasonPackage},
		"a flat map":     {func(_ *Request, _ *Image, o map[string]Tensor) { o["cam"] = tensor([]int64{1, 2}, 1, 2) }, ReasonPackage},
	} {
		t.Run(name, func(t *testing.T) {
			outputs, image := filmOutputs(0.9), blankFilm()
			q := request(t, answering(outputs))
			c.change(&q, &image.Image, outputs)
			got, err := Analyze(context.Background(), q, image, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || got[0].Outcome != Refused || got[0].Reason == nil || got[0].Reason.Code != c.want || got[0].Class != nil || !math.IsNaN(got[0].Probability) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestAFailedSessionIsAnErrorAndNotAnAnswer(t *testing.T) {
	broken := errors.New("session lost")
	r := &fixedRunner{answer: func(context.Context, Tensor) (map[string]Tensor, error) { return nil, broken }}
	got, err := Analyze(context.Background(), request(t, r), blankFilm(), nil)
	if !errors.Is(err, broken) || got != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestACancelledRunIsTheContextsError(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r := &fixedRunner{answer: func(ctx context.Context, _ Tensor) (map[string]Tensor, error) {
		cancel()
		return nil, ctx.Err()
	}}
	if _, err := Analyze(ctx, request(t, r), blankFilm(), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestEveryClassAboveItsThresholdOrUnsureIsSaidAndABackgroundClassNever(t *testing.T) {
	q := request(t, answering(map[string]Tensor{"probability": tensor([]int64{1, 4}, 0.9, 0.3, 0.55, 0.99)}))
	q.Package.Card.Outputs = []models.Output{{Name: "probability", Kind: models.OutputProbabilities, Classes: []models.Class{
		{Key: "a", Proposes: true, Threshold: 0.5}, {Key: "b", Proposes: true, Threshold: 0.5},
		{Key: "c", Proposes: true, Threshold: 0.6, Unsure: &[2]float64{0.5, 0.7}}, {Key: "background", Threshold: 0.5},
	}}}
	got, err := Analyze(context.Background(), q, blankFilm(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Class.Key != "a" || got[0].Outcome != Proposed || got[1].Class.Key != "c" || got[1].Outcome != Unsure {
		t.Errorf("got %+v", got)
	}
	if len(got[0].All) != 4 {
		t.Errorf("shares of %d classes", len(got[0].All))
	}
}

func TestAlwaysAmberGivesTheCardsReasonWithEveryResult(t *testing.T) {
	q := request(t, answering(filmOutputs(0.1)))
	q.Package.Card.Input.AlwaysAmber = true
	q.Package.Card.Input.AmberReason = &models.Text{Zh: "未验证", En: "not validated"}
	got, err := Analyze(context.Background(), q, blankFilm(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := []Reason{{Code: ReasonAlwaysAmber, Args: []string{"not validated", "未验证"}}}; !reflect.DeepEqual(got[0].Amber, want) {
		t.Errorf("got %v", got[0].Amber)
	}
}

func TestAModelThatTheSiteHasNotAcceptedOrMustReviewIsAmber(t *testing.T) {
	for _, c := range []struct {
		site Site
		want []Reason
	}{
		{Site{}, []Reason{{Code: ReasonNotAccepted}}},
		{Site{Accepted: true, ReviewOn: "2026-11-01"}, []Reason{{Code: ReasonReviewDue, Args: []string{"2026-11-01"}}}},
		{Site{Accepted: true}, nil},
	} {
		q := request(t, answering(filmOutputs(0.9)))
		q.Site = c.site
		got, err := Analyze(context.Background(), q, blankFilm(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got[0].Amber, c.want) {
			t.Errorf("%+v: amber %v", c.site, got[0].Amber)
		}
	}
}

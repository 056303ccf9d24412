package acceptance

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"longying/imaging"
	"longying/inference"
	"longying/models"
	"longying/records"
)

// Report is what a model did on a local list.
type Report struct {
	Cases   int           `json:"cases"`
	Judged  int           `json:"judged"` // for which the model gave a probability
	Refused []Refusal     `json:"refused,omitempty"`
	Classes []ClassReport `json:"classes"`
}

// Refusal is a case that the model, or the reader of files, did not take.
type Refusal struct {
	Line   int    `json:"line"`
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// ClassReport is one proposed class against all else.
type ClassReport struct {
	Key     string                   `json:"key"`
	Label   models.Text              `json:"label"`
	All     Figures                  `json:"all"`
	Site    float64                  `json:"site_threshold"` // that this list calls for; the card's where it cannot say
	AtSite  inference.OperatingPoint `json:"at_site_threshold"`
	Rule    string                   `json:"rule"`              // how the site's threshold was found: sensitivity, youden or card
	Asked   float64                  `json:"asked,omitempty"`   // sensitivity that the rule keeps
	Devices []DeviceFigures          `json:"devices,omitempty"` // where the list comes from more than one
	Unsure  inference.Rate           `json:"unsure"`            // of the judged cases, with the card's band
}

// Figures are those of one group of cases at the card's threshold.
type Figures struct {
	AUC    inference.AUC            `json:"auc"`
	AtCard inference.OperatingPoint `json:"at_card_threshold"`
}

// DeviceFigures are those of one device.
type DeviceFigures struct {
	Device string `json:"device"`
	Figures
}

// judged is one case that the model gave probabilities for.
type judged struct {
	label  string
	device string
	score  map[string]float64 // by class key
	unsure map[string]bool
}

func (a *Acceptance) measure(ctx context.Context, actor records.User, card *models.Card, list *List, progress func(done, total int)) (*Report, error) {
	report := &Report{Cases: len(list.Cases)}
	var all []judged
	for i, c := range list.Cases {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		j, reason := a.judge(ctx, actor, card, c)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if reason != "" {
			report.Refused = append(report.Refused, Refusal{c.Line, c.Path, reason})
		} else {
			all = append(all, j)
		}
		if progress != nil {
			progress(i+1, len(list.Cases))
		}
	}
	report.Judged = len(all)
	if len(all) == 0 {
		return nil, fmt.Errorf("model %s judged none of the %d cases; the first was not taken because: %s", card.ID, report.Cases, report.Refused[0].Reason)
	}
	for _, k := range proposedOf(card) {
		cr, err := classReport(card, k, all)
		if err != nil {
			return nil, err
		}
		report.Classes = append(report.Classes, cr)
	}
	return report, nil
}

// judge asks the model about one case; the reason says why there is no answer.
func (a *Acceptance) judge(ctx context.Context, actor records.User, card *models.Card, c Case) (j judged, reason string) {
	study, err := a.scan(ctx, c.Path)
	if err != nil {
		return j, err.Error()
	}
	predictions, err := a.predict(ctx, actor, study, c, card.ID)
	if err != nil {
		return j, err.Error()
	}
	j = judged{label: c.Label, score: map[string]float64{}, unsure: map[string]bool{}}
	for i := range predictions {
		p := &predictions[i]
		if p.Outcome == inference.Refused {
			reason = p.Reason.String()
			continue
		}
		for _, s := range p.All {
			if old, twice := j.score[s.Key]; twice && old != s.Probability {
				return j, fmt.Sprintf("the model answers for more than one image (%q twice); name the image in the column sop_uid", s.Key)
			}
			j.score[s.Key] = s.Probability
		}
		if p.Outcome == inference.Unsure && p.Class != nil {
			j.unsure[p.Class.Key] = true
		}
	}
	if len(j.score) == 0 {
		if reason == "" {
			reason = "the model gave no probability"
		}
		return j, reason
	}
	j.device = deviceOf(study, c.SOPUID)
	return j, ""
}

// deviceOf names the device by maker, model and station, without the patient.
func deviceOf(study *imaging.Study, sopUID string) string {
	for i := range study.Series {
		for k := range study.Series[i].Instances {
			in := &study.Series[i].Instances[k]
			if sopUID != "" && in.SOPInstanceUID != sopUID {
				continue
			}
			return in.DeviceName()
		}
	}
	return ""
}

func classReport(card *models.Card, k models.Class, all []judged) (ClassReport, error) {
	out := ClassReport{Key: k.Key, Label: k.Label, Site: k.Threshold, Rule: "card"}
	byDevice, cases, unsure := map[string][]inference.Judged{}, []inference.Judged{}, 0
	for _, j := range all {
		score, ok := j.score[k.Key]
		if !ok {
			continue // a class of another organ, or of a head that did not speak
		}
		c := inference.Judged{Score: score, Positive: j.label == k.Key}
		cases, byDevice[j.device] = append(cases, c), append(byDevice[j.device], c)
		if j.unsure[k.Key] {
			unsure++
		}
	}
	var err error
	if out.All, err = figures(cases, k.Threshold); err != nil {
		return out, err
	}
	out.Unsure = inference.NewRate(unsure, len(cases))
	out.Asked = sensitivityOf(card, k.Key)
	if t, ok := inference.ThresholdFor(cases, out.Asked); ok {
		out.Site, out.Rule = t, "youden"
		if out.Asked > 0 {
			out.Rule = "sensitivity"
		}
	}
	out.AtSite = inference.At(cases, out.Site)
	if len(byDevice) > 1 {
		for _, name := range sorted(keys(byDevice)) {
			f, err := figures(byDevice[name], k.Threshold)
			if err != nil {
				return out, err
			}
			out.Devices = append(out.Devices, DeviceFigures{name, f})
		}
	}
	return out, nil
}

// sensitivityOf is what the card says it measured for a class, 0 when it says
// nothing.
func sensitivityOf(card *models.Card, key string) float64 {
	single := len(proposedOf(card)) == 1
	for _, m := range card.Evidence.Metrics {
		if m.Set == "test" && (m.Name == "sensitivity:"+key || m.Name == "recall:"+key || m.Name == "sensitivity" && single) {
			return m.Value
		}
	}
	return 0
}

func figures(cases []inference.Judged, threshold float64) (Figures, error) {
	auc, err := inference.NewAUC(cases)
	return Figures{AUC: auc, AtCard: inference.At(cases, threshold)}, err
}

// enough refuses an acceptance that would rest on too few cases.
func (r *Report) enough() error {
	for _, c := range r.Classes {
		if n := min(c.All.AUC.Positives, c.All.AUC.Negatives); n < leastCases {
			return &records.RefusedError{Code: "too_few_cases", Args: []string{c.Key, fmt.Sprint(c.All.AUC.Positives), fmt.Sprint(c.All.AUC.Negatives), fmt.Sprint(leastCases)},
				Reason: fmt.Sprintf("%s: %d cases with it and %d without; an acceptance needs at least %d of each", c.Label.En, c.All.AUC.Positives, c.All.AUC.Negatives, leastCases)}
		}
	}
	return nil
}

func keys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

func sorted[T cmp.Ordered](v []T) []T { return slices.Sorted(slices.Values(v)) }

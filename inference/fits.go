package inference

import (
	"fmt"
	"slices"
	"strings"

	"longying/imaging"
	"longying/models"
)

// Given is what a person says about the case: where to look and what the header
// leaves open. Nothing in it is ever assumed.
type Given struct {
	SOPUID string          // the instance meant; empty: the series must hold one image
	Region *imaging.Region // marked by the doctor, in pixels of the frame or of the slide's total matrix
	Organ  string          // of the specimen, one of Slide.Organs of the card
	Stated Stated
}

// none stands for an attribute that the header does not have.
const none = "-"

// Fits says whether a model may be given a series: nil, or the first reason why
// not, in the order of the checks below. A list on the card is a whitelist, and
// an attribute that is missing from the header is then a refusal. It reads
// headers only; pixels are judged by Analyze and TypeRegion.
func Fits(card *models.Card, study *imaging.Study, series *imaging.Series, given Given) *Reason {
	if what := unsupported(card); what != "" {
		return because(ReasonUnsupported, what)
	}
	inst, reason := chosen(card, series, given)
	if reason != nil {
		return reason
	}
	in := &card.Input
	modality := upper(inst.Modality, series.Modality)
	if len(in.Modalities) > 0 && !slices.Contains(in.Modalities, modality) {
		return because(ReasonModality, or(modality, none), list(in.Modalities))
	}
	if card.Slide != nil && !isVolume(inst) {
		return because(ReasonNotSlide)
	}
	if card.Slide == nil && inst.Slide != nil {
		return because(ReasonSlideOnly)
	}
	checks := []func() *Reason{
		func() *Reason {
			return listed(in.BodyParts, upper(inst.BodyPart, series.BodyPart, given.Stated.BodyPart), ReasonBodyPart, ReasonBodyPartMissing)
		},
		func() *Reason {
			return listed(in.Views, upper(inst.ViewPosition, given.Stated.View), ReasonView, ReasonViewMissing)
		},
		func() *Reason { return photometricFits(in, inst) },
		func() *Reason {
			if study.HeadersDisagree {
				return because(ReasonPatientHeaders, study.HeaderDifference)
			}
			return nil
		},
		func() *Reason { return ageFits(in.AgeYears, study, inst, given.Stated.Age) },
		func() *Reason {
			return listed(in.Sex, upper(inst.Patient.Sex, study.Patient.Sex, given.Stated.Sex), ReasonSex, ReasonSexMissing)
		},
		func() *Reason { return contrastFits(in.Contrast, inst, given.Stated.Contrast) },
		func() *Reason { return spacingFits(in, inst) },
		func() *Reason { return imageFits(card, series, inst, given) },
		func() *Reason {
			if card.Slide == nil {
				return nil
			}
			return slideFits(card, inst.Slide, given)
		},
	}
	for _, check := range checks {
		if r := check(); r != nil {
			return r
		}
	}
	return nil
}

// chosen is the instance that the model would be given: the one named, the
// largest level of a slide, or the first.
func chosen(card *models.Card, series *imaging.Series, given Given) (*imaging.Instance, *Reason) {
	var best *imaging.Instance
	for i := range series.Instances {
		inst := &series.Instances[i]
		switch {
		case given.SOPUID != "":
			if inst.SOPInstanceUID == given.SOPUID {
				return inst, nil
			}
		case best == nil:
			best = inst
		case card.Slide != nil && isVolume(inst) && (!isVolume(best) || inst.Slide.TotalColumns > best.Slide.TotalColumns):
			best = inst
		}
	}
	if best == nil {
		return nil, because(ReasonPixels, "the series does not hold the image")
	}
	return best, nil
}

// isVolume reports a picture of the specimen: a slide's label or overview is
// none.
func isVolume(inst *imaging.Instance) bool {
	return inst.Slide != nil && (inst.Slide.Flavor == imaging.SlideVolume || inst.Slide.Flavor == "")
}

func photometricFits(in *models.Input, inst *imaging.Instance) *Reason {
	if p := upper(inst.Pixels.Photometric); len(in.Photometric) > 0 && !slices.Contains(in.Photometric, p) {
		return because(ReasonPhotometric, or(p, none), list(in.Photometric))
	}
	return nil
}

// imageFits checks frames, the number of images, size, aspect and region.
func imageFits(card *models.Card, series *imaging.Series, inst *imaging.Instance, given Given) *Reason {
	columns, rows := inst.Pixels.Columns, inst.Pixels.Rows
	if inst.Slide != nil {
		columns, rows = inst.Slide.TotalColumns, inst.Slide.TotalRows
	} else if ofVolumes(card) {
		// A series may hold several stacks: how many slices the one has that is
		// meant is asked again, by SlicesFit.
		if n := pictures(series); n < slicesOf(card).Min {
			return SlicesFit(card, n)
		}
	} else {
		if reason := framesFit(card.Input.Frames, inst.Pixels.Frames); reason != nil {
			return reason
		}
		if len(series.Instances) > 1 && given.SOPUID == "" {
			return because(ReasonSeveralImages, fmt.Sprint(len(series.Instances)))
		}
	}
	if columns <= 0 || rows <= 0 {
		return because(ReasonPixels, "the object holds none")
	}
	if columns < card.Input.MinColumns || rows < card.Input.MinRows {
		return because(ReasonSize, size(columns, rows), size(card.Input.MinColumns, card.Input.MinRows))
	}
	aspect := float64(max(columns, rows)) / float64(min(columns, rows))
	if most := card.Input.MaxAspect; most > 0 && aspect > most {
		return because(ReasonAspect, fmt.Sprintf("%.2f", aspect), fmt.Sprintf("%g", most))
	}
	return regionFits(card, given.Region, columns, rows, inst.Slide)
}

// framesFit checks how many frames one image has; a card that says nothing takes
// exactly one.
func framesFit(allowed *models.IntRange, frames int) *Reason {
	frames = max(frames, 1)
	if allowed == nil {
		allowed = &models.IntRange{Min: 1, Max: 1}
	}
	if frames < allowed.Min || frames > allowed.Max {
		return because(ReasonFrames, fmt.Sprint(frames), wholes(allowed))
	}
	return nil
}

// pictures counts what may be slices of a series: the frames of its images.
func pictures(series *imaging.Series) int {
	n := 0
	for i := range series.Instances {
		p := &series.Instances[i].Pixels
		if p.Rows > 0 {
			n += max(p.Frames, 1)
		}
		if m := series.Instances[i].Mosaic; m != nil {
			n += m.Tiles - 1
		}
	}
	return n
}

func slicesOf(card *models.Card) models.IntRange {
	if r := card.Input.Slices; r != nil {
		return *r
	}
	return models.IntRange{Min: 2, Max: 100000}
}

// SlicesFit says whether a model of volumes may be given a stack of n slices.
func SlicesFit(card *models.Card, n int) *Reason {
	if r := slicesOf(card); n < r.Min || n > r.Max {
		return because(ReasonSlices, fmt.Sprint(n), fmt.Sprint(r.Min), fmt.Sprint(r.Max))
	}
	return nil
}

func wholes(r *models.IntRange) string {
	if r.Min == r.Max {
		return fmt.Sprint(r.Min)
	}
	return fmt.Sprintf("%d–%d", r.Min, r.Max)
}

// regionFits checks a marked region against an image, or the total matrix of a
// slide: there it must hold at least one patch.
func regionFits(card *models.Card, region *imaging.Region, columns, rows int, slide *imaging.Slide) *Reason {
	if region == nil {
		if card.Input.MarkedRegion || card.Slide != nil && card.Slide.MicrometresPerPixel == 0 {
			return because(ReasonRegionMissing)
		}
		return nil
	}
	if err := region.Valid(columns, rows); err != nil {
		return because(ReasonRegionInvalid, err.Error())
	}
	if crop := card.Input.RegionCrop; crop != nil {
		_, _, reason := cropAt(crop, region, columns, rows)
		return reason
	}
	if card.Slide == nil {
		return nil
	}
	_, reason := newGrid(region, columns, rows, card.Slide.PatchPixels, downsample(card, slide))
	return reason
}

// listed checks a value against a whitelist; an empty list allows anything.
func listed(allowed []string, found string, refused, missing ReasonCode) *Reason {
	switch {
	case len(allowed) == 0:
		return nil
	case found == "":
		return because(missing, list(allowed))
	case !slices.Contains(allowed, found):
		return because(refused, found, list(allowed))
	}
	return nil
}

func because(code ReasonCode, args ...string) *Reason { return &Reason{Code: code, Args: args} }

// upper is the first of the values that is not blank, as a DICOM code string is
// compared: without padding, in upper case.
func upper(values ...string) string {
	for _, v := range values {
		if v = strings.ToUpper(strings.Trim(v, " \x00")); v != "" {
			return v
		}
	}
	return ""
}

func or(v, otherwise string) string {
	if v == "" {
		return otherwise
	}
	return v
}

func list(values []string) string { return strings.Join(values, ", ") }

func size(columns, rows int) string { return fmt.Sprintf("%d x %d", columns, rows) }

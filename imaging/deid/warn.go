package deid

import (
	"slices"
	"strings"

	"longying/imaging"
	"longying/imaging/dicomfile"
)

// Codes of warnings.
const (
	warnBurnedIn   = "burned_in"           // text is, or may be, in the pixels
	warnFace       = "recognizable_visual" // a face can be made of the pixels
	warnUnreadable = "unreadable_removed"  // attributes whose bytes are not what the dictionary says were taken out
	warnNamed      = "named_elsewhere"     // somebody was named where the standard expects no name
)

// Warning is what a person should look at before an object is handed on.
type Warning struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Codes of refusals.
const (
	RefusedBurnedIn  = "burned_in"
	RefusedLabel     = "slide_label"
	RefusedText      = "text_object"
	RefusedRaw       = "raw_data"
	RefusedClass     = "unknown_class"
	RefusedOverlay   = "overlay_in_pixels"
	RefusedTruncated = "truncated"
	RefusedElsewhere = "pixels_elsewhere"
)

// RefusedError is an object that cannot be made safe, or not in this version.
type RefusedError struct{ Name, Code, Reason string }

// Error names the file and the reason.
func (e *RefusedError) Error() string { return e.Name + " was not de-identified: " + e.Reason }

const storage = "1.2.840.10008.5.1.4.1.1."

// SOP classes, PS3.4 B.5, without the part that storage is.
var (
	captures     = []string{"7", "7.1", "7.2", "7.3", "7.4"}
	ultrasound   = []string{"3", "3.1", "6", "6.1", "6.2"}
	angiography  = []string{"12.1", "12.1.1", "12.2", "12.2.1"}
	photographs  = []string{"77.1.1", "77.1.1.1", "77.1.2", "77.1.2.1", "77.1.4", "77.1.4.1", "77.1.5.1", "77.1.5.2", "77.1.7"}
	crossSection = []string{"2", "2.1", "2.2", "4", "4.1", "4.3", "4.4", "20", "128", "128.1", "130", "13.1.1", "13.1.2", "481.2"}
)

// refuse says why an object cannot be de-identified; nil where it can.
func (p *Profile) refuse(f *dicomfile.File, ds *dicomfile.Dataset) error {
	in := f.Instance()
	no := func(code, reason string) error { return &RefusedError{f.Name(), code, reason} }
	class, ok := strings.CutPrefix(in.SOPClassUID, storage)
	switch {
	case in.Truncated != "":
		return no(RefusedTruncated, in.Truncated)
	case !ok:
		return no(RefusedClass, "its SOP class "+in.SOPClassUID+" is none of the standard's for storage, so that nobody can say what is in it")
	case class == "66":
		return no(RefusedRaw, "it is raw data in a form of its maker, so that nobody can say what is in it")
	case strings.HasPrefix(class, "88."), strings.HasPrefix(class, "104."):
		return no(RefusedText, "it is a report, a key object selection or a document: text about a person cannot be cleaned by rule")
	case strings.HasPrefix(in.TransferSyntaxUID, "1.2.840.10008.1.2.4.94"), strings.HasPrefix(in.TransferSyntaxUID, "1.2.840.10008.1.2.4.95"), in.TransferSyntaxUID == "1.2.840.10008.1.2.4.205":
		return no(RefusedElsewhere, "its pixels are not in the file but on a server")
	case slideOf(in) && slices.ContainsFunc(in.ImageType, func(v string) bool {
		return v == "LABEL" || v == "OVERVIEW" && ds.Text(tagLabelInImage) != "NO" || v == "THUMBNAIL" && labelled(ds)
	}):
		return no(RefusedLabel, "it is the label or the overview of a slide, on which the label is seen; the other images of the slide are not affected")
	case strings.EqualFold(ds.Text(tagBurnedIn), "YES") && !p.burnedIn:
		return no(RefusedBurnedIn, "it says itself that text is burned into its pixels (0028,0301); look at it, and mask it, or accept it with --burned-in")
	}
	for _, o := range in.Overlays {
		if o.Embedded {
			return no(RefusedOverlay, "an overlay lies in bits of its pixel data, which is copied bit for bit")
		}
	}
	return nil
}

func slideOf(in *imaging.Instance) bool {
	return in.SOPClassUID == storage+"77.1.6" || in.Modality == "SM"
}

const tagLabelInImage dicomfile.Tag = 0x00480010 // Specimen Label in Image

// labelled reports a picture of a slide with its label.
func labelled(ds *dicomfile.Dataset) bool { return ds.Text(tagLabelInImage) == "YES" }

// look warns of what may be seen in the pixels.
func look(in *imaging.Instance, ds *dicomfile.Dataset) []Warning {
	var out []Warning
	if in.Pixels.Rows == 0 {
		return nil
	}
	class := strings.TrimPrefix(in.SOPClassUID, storage)
	said := strings.ToUpper(ds.Text(tagBurnedIn))
	kind := strings.ToUpper(strings.Join(in.ImageType, " "))
	screen := slices.ContainsFunc([]string{"SCREEN", "REPORT", "PROTOCOL", "DOSE", "CAPTURE", "SUMMARY"}, func(s string) bool { return strings.Contains(kind, s) })
	why := ""
	switch {
	case said == "YES":
		why = "it says itself that text is burned into its pixels"
	case slices.Contains(captures, class):
		why = "it is a secondary capture, which is often a screen"
	case screen:
		why = "its image type says that it is a screen or a sheet"
	case slideOf(in) && labelled(ds):
		why = "it says that the label of the slide is in the picture"
	case said == "NO":
	case slices.Contains(ultrasound, class) || in.Modality == "US" || in.Modality == "IVUS":
		why = "ultrasound machines write names into the picture"
	case slices.Contains(angiography, class):
		why = "angiography may hold screens with names"
	case slices.Contains(photographs, class):
		why = "a camera sees names that are on paper or screens"
	case slices.Contains([]string{"OT", "SC", "DOC", "ECG", "HC", "XC", "ES", "GM"}, in.Modality):
		why = "pictures of modality " + in.Modality + " may hold names"
	}
	if why != "" {
		out = append(out, Warning{warnBurnedIn, "text may be burned into the pixels, which are not changed: " + why})
	}
	switch {
	case strings.EqualFold(ds.Text(tagRecognizableFace), "YES"):
		out = append(out, Warning{warnFace, "it says itself that the person can be recognized in the pixels"})
	case strings.EqualFold(ds.Text(tagRecognizableFace), "NO"):
	case slices.Contains(crossSection, class) && head(ds):
		out = append(out, Warning{warnFace, "a face can be made of slices through the head"})
	case class == "77.1.4" || class == "77.1.4.1":
		out = append(out, Warning{warnFace, "a photograph may show a face, a tattoo or jewellery"})
	}
	return out
}

// head reports an examination of the head or face by what the header says,
// in codes or words.
func head(ds *dicomfile.Dataset) bool {
	texts := []string{ds.Text(dicomfile.TagBodyPartExamined), ds.Text(dicomfile.TagStudyDescription), ds.Text(dicomfile.TagSeriesDescription),
		ds.Text(0x00181030), ds.Text(0x00321060)} // Protocol Name, Requested Procedure Description
	for _, t := range []dicomfile.Tag{0x00082218, dicomfile.TagPrimaryAnatomy, 0x00081032} { // Anatomic Region, Procedure Code
		for _, item := range ds.Items(t) {
			texts = append(texts, item.Text(dicomfile.TagCodeMeaning))
		}
	}
	all := strings.ToUpper(strings.Join(texts, " "))
	for _, w := range []string{"HEAD", "BRAIN", "SKULL", "FACE", "FACIAL", "ORBIT", "SINUS", "CRANI", "NEURO", "IAC", "TMJ", "JAW", "MAXILL", "CEREB", "WHOLEBODY", "WHOLE BODY", "头", "颅", "脑", "面", "眼", "鼻", "颌", "鞍", "垂体", "内耳", "全身"} {
		if strings.Contains(all, w) {
			return true
		}
	}
	return false
}

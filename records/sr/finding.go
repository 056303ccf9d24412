package sr

import (
	"crypto/sha1"
	"fmt"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
	"longying/records/composite"
)

const wholeSlide = "1.2.840.10008.5.1.4.1.1.77.1.6"

// content is the tree under the root of TID 1500.
func (e *encoder) content() ([]*dicomfile.Dataset, error) {
	d := e.doc
	out := []*dicomfile.Dataset{
		codeItem(hasMod, dcm("121049", "Language of Content Item and Descendants"), code{Value: "zh-CN", Scheme: "RFC5646", Meaning: "Chinese (China)"}),
		codeItem(hasContext, dcm("121005", "Observer Type"), dcm("121006", "Person")),
		nameItem(hasContext, dcm("121008", "Person Observer Name"), d.Author.Name),
		textItem(hasContext, dcm("121009", "Person Observer's Organization Name"), d.Organization.Name),
	}
	out = append(out, e.devices()...)
	out = append(out, codeItem(hasMod, dcm("121058", "Procedure reported"), procedure(d.Examination.Modality)))
	var groups []*dicomfile.Dataset
	for i := range d.Findings {
		g, err := e.group(&d.Findings[i], i+1)
		if err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	for i := range d.Annotations {
		g, err := e.measured(&d.Annotations[i])
		if err != nil {
			return nil, err
		}
		if g != nil {
			groups = append(groups, g)
		}
	}
	if len(groups) > 0 {
		out = append(out, container(contains, "", dcm("126010", "Imaging Measurements"), groups...))
	}
	return append(out, e.wording()), nil
}

// devices names each model as a device observer, TID 1004.
func (e *encoder) devices() []*dicomfile.Dataset {
	var out []*dicomfile.Dataset
	seen := map[string]bool{}
	for _, f := range e.doc.Findings {
		m := f.Model
		if m == nil || seen[m.ID+"\n"+m.Version+"\n"+m.SHA256] {
			continue
		}
		seen[m.ID+"\n"+m.Version+"\n"+m.SHA256] = true
		out = append(out,
			codeItem(hasContext, dcm("121005", "Observer Type"), dcm("121007", "Device")),
			uidItem(hasContext, dcm("121012", "Device Observer UID"), composite.UID("model", m.ID+"\x00"+m.Version+"\x00"+m.SHA256, 0)),
			textItem(hasContext, dcm("121013", "Device Observer Name"), m.ID),
			textItem(hasContext, dcm("121015", "Device Observer Model Name"), m.ID+" "+m.Version),
		)
	}
	return out
}

// wording is the report as text: every report has it, with findings or not.
func (e *encoder) wording() *dicomfile.Dataset {
	d := e.doc
	var items []*dicomfile.Dataset
	for _, x := range []struct {
		name code
		text string
	}{
		{dcm("121071", "Finding"), records.Join(d.FindingText)},
		{dcm("121073", "Impression"), records.Join(d.Impression)},
		{dcm("121106", "Comment"), d.Remarks},
	} {
		if x.text != "" {
			items = append(items, textItem(contains, x.name, x.text))
		}
	}
	items = append(items, e.answers()...)
	return container(contains, "", code{Value: "C0034375", Scheme: "UMLS", Meaning: "Qualitative Evaluations"}, items...)
}

// answers are the coded answers of a report template, as qualitative evaluations
// of TID 1500; numbers with their UCUM unit.
func (e *encoder) answers() []*dicomfile.Dataset {
	if e.doc.Structured == nil {
		return nil
	}
	var out []*dicomfile.Dataset
	for _, a := range e.doc.Structured.Answers {
		switch {
		case a.Number != nil:
			out = append(out, textItem(contains, a.Concept, a.In("en")))
		case a.Choice != nil:
			out = append(out, codeItem(contains, a.Concept, a.Choice.Code))
		default:
			out = append(out, textItem(contains, a.Concept, a.Text))
		}
	}
	return out
}

// group is one finding: TID 1410 with its region, or TID 1501.
func (e *encoder) group(f *records.Finding, number int) (*dicomfile.Dataset, error) {
	if f.TrackingUID == "" {
		return nil, fmt.Errorf("finding %s has no tracking UID", f.UID)
	}
	tracking := f.TrackingID
	if tracking == "" {
		tracking = fmt.Sprintf("finding %d", number)
	}
	items := []*dicomfile.Dataset{
		textItem(hasContext, dcm("112039", "Tracking Identifier"), tracking),
		uidItem(hasContext, dcm("112040", "Tracking Unique Identifier"), f.TrackingUID),
	}
	if f.ByName != e.doc.Author.Name { // another doctor confirmed it
		items = append(items, codeItem(hasContext, dcm("121005", "Observer Type"), dcm("121006", "Person")),
			nameItem(hasContext, dcm("121008", "Person Observer Name"), f.ByName))
	}
	items = append(items, codeItem(contains, dcm("121071", "Finding"), composite.FindingCode(f)))
	items = append(items, sites(f)...)
	if m := f.Model; m != nil {
		items = append(items, textItem(hasMod, dcm("111001", "Algorithm Name"), m.ID),
			textItem(hasMod, dcm("111003", "Algorithm Version"), m.Version))
		if m.SHA256 != "" {
			items = append(items, textItem(hasMod, dcm("111002", "Algorithm Parameters"), "model sha256="+m.SHA256))
		}
	}
	if s := f.Origin; s != nil && s.Algorithm != "" {
		items = append(items, textItem(hasMod, dcm("111001", "Algorithm Name"), s.Algorithm))
	}
	template := "1501"
	if f.Ref.SOPUID != "" {
		if g := f.Ref.Region; g != nil {
			template = "1410"
			items = append(items, e.region(f.Ref, *g))
		} else {
			items = append(items, item(contains, "IMAGE", dcm("121112", "Source of Measurement")).Sequence(dicomfile.TagReferencedSOPSequence, e.image(f.Ref)))
		}
	}
	for _, m := range f.Measurements() {
		items = append(items, numItem(m.Concept, m.Value, m.Unit))
	}
	items = append(items, growth(f)...)
	if p := f.Probability; p != nil {
		if !(*p >= 0 && *p <= 1) {
			return nil, fmt.Errorf("finding %s has probability %g, which is not between 0 and 1", f.UID, *p)
		}
		items = append(items, numItem(dcm("111012", "Certainty of Finding"), *p*100, "%"))
	}
	if m := f.Morphology; m != nil {
		items = append(items, codeItem(contains, sct("371441004", "Histologic Type"), *m))
	}
	if g := f.Grade; g != nil {
		items = append(items, codeItem(contains, sct("371469007", "Histologic Grade"), *g))
	}
	if s := note(f); s != "" {
		items = append(items, textItem(contains, dcm("121106", "Comment"), s))
	}
	return container(contains, template, dcm("125007", "Measurement Group"), items...).
		String(tagObservationUID, "UI", f.UID).
		String(dicomfile.TagObservationDateTime, "DT", e.cfg.Stamp(f.At)), nil
}

// growth compares a finding with the prior that it follows, whose Tracking
// Unique Identifier it shares. PS3.16 has no codes for it, so they are our own.
func growth(f *records.Finding) []*dicomfile.Dataset {
	g := f.Growth()
	if g == nil {
		return nil
	}
	// SH holds 16 characters, too few for the code of what was measured.
	own := func(of, meaning string) code {
		return code{Value: fmt.Sprintf("G%x", sha1.Sum([]byte(of)))[:13], Scheme: "99LONGYING", Meaning: shortened(meaning)}
	}
	var out []*dicomfile.Dataset
	for _, c := range g.Changes {
		of := c.Concept.Scheme + "\x00" + c.Concept.Value
		out = append(out, numItem(own("difference\x00"+of, "Difference from prior, "+c.Concept.Meaning), c.Difference, c.Unit),
			numItem(own("percent\x00"+of, "Percent change from prior, "+c.Concept.Meaning), c.Percent, "%"))
	}
	if g.Doubling > 0 {
		out = append(out, numItem(own("doubling\x00"+g.Basis, "Volume doubling time by "+g.Basis), g.Doubling, "d"))
	}
	return out
}

// shortened keeps a meaning within the 64 characters of LO.
func shortened(s string) string {
	if r := []rune(s); len(r) > 64 {
		return string(r[:64])
	}
	return s
}

// sites is the Finding Site with its laterality; a side without a site is said
// by itself.
func sites(f *records.Finding) []*dicomfile.Dataset {
	laterality := sct("272741003", "Laterality")
	side, sided := composite.Side(f.Laterality)
	var out []*dicomfile.Dataset
	for _, s := range []*code{f.Site, f.Topography} {
		if s == nil {
			continue
		}
		var mod []*dicomfile.Dataset
		if sided {
			mod = append(mod, codeItem(hasMod, laterality, side))
		}
		out = append(out, codeItem(hasMod, sct("363698007", "Finding Site"), *s, mod...))
	}
	if len(out) == 0 && sided {
		out = append(out, codeItem(contains, laterality, side))
	}
	return out
}

// region is a closed polyline on its image, PS3.3 C.18.6: (0,0) is the top left
// corner of the top left pixel. On a slide the coordinates are those of the
// total pixel matrix, Pixel Origin Interpretation VOLUME.
func (e *encoder) region(r imaging.Ref, g imaging.Region) *dicomfile.Dataset {
	d := item(contains, "SCOORD", dcm("111030", "Image Region"),
		item(selected, "IMAGE", sct("260753009", "Source")).Sequence(dicomfile.TagReferencedSOPSequence, e.image(r))).
		String(dicomfile.TagGraphicType, "CS", "POLYLINE").
		Float(dicomfile.TagGraphicData, "FL", g.X0, g.Y0, g.X1, g.Y0, g.X1, g.Y1, g.X0, g.Y1, g.X0, g.Y0)
	if e.class[r.SOPUID] == wholeSlide {
		d.String(tagPixelOriginInterprete, "CS", "VOLUME")
	}
	return d
}

// image references one frame of an image that has several, or the image whole:
// PS3.3 C.18.4, where the frame number is for multi-frame images only.
func (e *encoder) image(r imaging.Ref) *dicomfile.Dataset {
	class := e.class[r.SOPUID]
	d := composite.SOP(class, r.SOPUID)
	onMatrix := class == wholeSlide && r.Region != nil
	if r.Frame > 0 && !onMatrix && !singleFrame(class) {
		d.Int(dicomfile.TagReferencedFrameNumber, "IS", r.Frame)
	}
	return d
}

// singleFrame reports a SOP class whose images have one frame: PS3.3 A.
func singleFrame(class string) bool {
	switch class {
	case "1.2.840.10008.5.1.4.1.1.1", // CR
		"1.2.840.10008.5.1.4.1.1.1.1", "1.2.840.10008.5.1.4.1.1.1.1.1", // DX
		"1.2.840.10008.5.1.4.1.1.1.2", "1.2.840.10008.5.1.4.1.1.1.2.1", // MG
		"1.2.840.10008.5.1.4.1.1.2",   // CT
		"1.2.840.10008.5.1.4.1.1.4",   // MR
		"1.2.840.10008.5.1.4.1.1.6.1", // US
		"1.2.840.10008.5.1.4.1.1.7",   // SC
		"1.2.840.10008.5.1.4.1.1.128": // PET
		return true
	}
	return false
}

// note is what the doctor added, why care is needed, and what the region is: an
// activation map is where a model looked and not the outline of a lesion.
func note(f *records.Finding) string {
	out := f.Note
	add := func(s string) {
		if out != "" {
			out += "\n"
		}
		out += s
	}
	for _, a := range f.Amber {
		add("注意: " + a)
	}
	if s := f.Origin; s != nil {
		add(s.Said("zh") + "，经" + f.ByName + "确认 (" + s.Said("en") + ", confirmed by " + f.ByName + "): " + s.At())
	}
	if g := f.Ref.Region; g != nil {
		switch g.Kind {
		case imaging.RegionActivation:
			add("Region: activation map, where the model looked, not the outline of a lesion (模型关注区域,非病灶轮廓)")
		case imaging.RegionOcclusion:
			add("Region: occlusion map, where covering the image changes the answer most, not the outline of a lesion (遮挡图,非病灶轮廓)")
		case imaging.RegionMask:
			add("Region: box around the model's segmentation in this slice (模型分割的外接框)")
		case imaging.RegionDetected:
			add("Region: detected box (模型检出框)")
		case imaging.RegionTaken:
			add("Region: box around what another maker's object outlines in this image (他方标注的外接框)")
		case imaging.RegionDrawn:
			add("Region: drawn by hand (手工标注)")
		}
	}
	return out
}

// procedure is what was reported, CID 100 and CID 29.
func procedure(modality string) code {
	switch modality {
	case "CT":
		return sct("77477000", "Computed tomography")
	case "CR", "DX":
		return sct("168537006", "Plain radiography")
	case "MR":
		return sct("113091000", "Magnetic resonance imaging")
	case "US":
		return sct("16310003", "Ultrasonography")
	case "MG":
		return sct("71651007", "Mammography")
	}
	return sct("363679005", "Imaging procedure")
}

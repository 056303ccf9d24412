package cli

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"longying/app/archive"
	"longying/app/reading"
	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/inference"
	"longying/records"
)

func cmdOpen(ctx context.Context, c *call) error {
	if err := c.parse(c.raw, nil); err != nil {
		return err
	}
	if len(c.args) == 0 {
		return usagef("open needs a file, folder or ZIP")
	}
	for _, p := range c.args {
		if _, err := os.Stat(p); err != nil {
			return fmt.Errorf("%s cannot be opened: %w", p, err)
		}
	}
	if c.Desktop == nil {
		return &laterError{"the desktop"}
	}
	return c.Desktop(ctx, c.args, false)
}

func cmdImport(ctx context.Context, c *call) error {
	if err := c.parse(c.raw, nil); err != nil {
		return err
	}
	if len(c.args) == 0 {
		return usagef("import needs a file, folder or ZIP")
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	res, err := s.Registry.Import(ctx, actor, c.args, nil)
	if err != nil {
		return err
	}
	for _, ex := range res.Studies {
		if c.json {
			if err := c.emit(studyRow(ex)); err != nil {
				return err
			}
			continue
		}
		c.printf("%s  %s  %s  %d images  %s\n", ex.StudyUID, strings.Join(ex.Modalities, ","), or(ex.Header.Display, ex.Description), ex.Instances, linkWords(ex))
	}
	for _, sk := range res.Skipped {
		fmt.Fprintf(c.Stderr, "skipped %s: %s %s\n", sk.Path, sk.Code, sk.Detail)
	}
	c.printf("%d objects stored, %d were there already, %d files skipped\n", res.New, res.Known, len(res.Skipped))
	if len(res.Studies) == 0 {
		return fmt.Errorf("no DICOM study and no slide was found under %s", strings.Join(c.args, ", "))
	}
	if n := realSkips(res.Skipped); n > 0 {
		return &partError{fmt.Sprintf("%d files were skipped; the rest is stored", n)}
	}
	return nil
}

// realSkips counts the skipped files that are a loss: a DICOMDIR is an index,
// and a duplicate is there already.
func realSkips(skipped []imaging.Skipped) int {
	n := 0
	for _, s := range skipped {
		if s.Code != imaging.SkipDirectory && s.Code != imaging.SkipDuplicate {
			n++
		}
	}
	return n
}

func linkWords(ex records.Examination) string {
	if ex.Link.Linked() {
		return "linked (" + string(ex.LinkRule) + ")"
	}
	return "on the review list (" + ex.LinkReason + ")"
}

func studyRow(ex records.Examination) map[string]any {
	return map[string]any{"study_uid": ex.StudyUID, "patient_id": ex.PatientID, "name": ex.Header.Display, "modalities": ex.Modalities,
		"date": ex.Date, "description": ex.Description, "accession_number": ex.AccessionNumber, "instances": ex.Instances,
		"link": ex.Link, "link_rule": ex.LinkRule, "link_reason": ex.LinkReason, "conflicts": ex.LinkConflicts, "sample": ex.Sample, "text_doubtful": ex.Text.Doubtful}
}

func cmdStudies(ctx context.Context, c *call) error {
	if err := c.parse(c.raw, nil); err != nil {
		return err
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := s.Registry.Studies(ctx, actor, records.ExaminationFilter{Text: strings.Join(c.args, " ")})
	if err != nil {
		return err
	}
	for _, ex := range list {
		if c.json {
			if err := c.emit(studyRow(ex)); err != nil {
				return err
			}
			continue
		}
		c.printf("%s  %s  %s  %s  %s\n", ex.StudyUID, ex.Date.In(imaging.Zone()).Format("2006-01-02"), strings.Join(ex.Modalities, ","), ex.Header.Display, linkWords(ex))
	}
	return nil
}

// stringList is an option that may be given several times.
type stringList []string

func (l *stringList) String() string     { return strings.Join(*l, ",") }
func (l *stringList) Set(v string) error { *l = append(*l, v); return nil }

func parseRegion(text string) (*imaging.Region, error) {
	if text == "" {
		return nil, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) != 4 {
		return nil, usagef("a region is X0,Y0,X1,Y1 in pixels, not %q", text)
	}
	var v [4]float64
	for i, p := range parts {
		f, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil {
			return nil, usagef("a region is X0,Y0,X1,Y1 in pixels, not %q", text)
		}
		v[i] = f
	}
	return &imaging.Region{X0: v[0], Y0: v[1], X1: v[2], Y1: v[3], Kind: imaging.RegionDrawn}, nil
}

// analysisRow is one result of analyze, as the contract names its fields.
type analysisRow struct {
	Model       string      `json:"model"`
	Version     string      `json:"version"`
	Outcome     string      `json:"outcome"`
	Reason      string      `json:"reason"`
	Label       string      `json:"label"`
	Code        string      `json:"code"`
	Scheme      string      `json:"scheme"`
	Probability *float64    `json:"probability"`
	Value       *float64    `json:"value"`
	Unit        string      `json:"unit"`
	StudyUID    string      `json:"study_uid"`
	SeriesUID   string      `json:"series_uid"`
	SOPUID      string      `json:"sop_uid"`
	Frame       int         `json:"frame"`
	Region      any         `json:"region"`
	Sizes       []sizeRow   `json:"measurements,omitempty"` // all numbers, the value first
	Amber       []string    `json:"amber,omitempty"`
	FindingUID  string      `json:"finding_uid,omitempty"`
	Ref         imaging.Ref `json:"-"`
}

// sizeRow is one number of a result.
type sizeRow struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"` // UCUM
}

// measure takes over what was measured.
func (a *analysisRow) measure(measured []inference.Measured) {
	for _, m := range measured {
		a.Sizes = append(a.Sizes, sizeRow{Name: m.Label.Zh, Value: m.Value, Unit: m.Unit})
	}
	if len(measured) > 0 {
		a.Value, a.Unit = &measured[0].Value, measured[0].Unit
	}
}

func (a *analysisRow) place(ref imaging.Ref) {
	a.StudyUID, a.SeriesUID, a.SOPUID, a.Frame, a.Ref = ref.StudyUID, ref.SeriesUID, ref.SOPUID, ref.Frame, ref
	if ref.Region != nil {
		a.Region = ref.Region
	}
}

func predictionRow(p inference.Prediction) analysisRow {
	row := analysisRow{Model: p.Model.ID, Version: p.Model.Version, Outcome: string(p.Outcome)}
	if p.Reason != nil {
		row.Reason = p.Reason.String()
	}
	if p.Class != nil {
		row.Label = p.Class.Label.Zh
		if p.Class.Code != nil {
			row.Code, row.Scheme = p.Class.Code.Value, p.Class.Code.Scheme
		}
	}
	if !math.IsNaN(p.Probability) {
		v := p.Probability
		row.Probability = &v
	}
	for _, a := range p.Amber {
		row.Amber = append(row.Amber, a.String())
	}
	row.measure(p.Measurements)
	row.place(p.Ref)
	return row
}

func cmdAnalyze(ctx context.Context, c *call) error {
	var ids, stated stringList
	var region, organ, instance string
	var frame int
	err := c.parse(c.raw, func(f *flag.FlagSet) {
		f.Var(&ids, "model", "model ID; may be given several times")
		f.StringVar(&region, "region", "", "X0,Y0,X1,Y1 in pixels")
		f.StringVar(&instance, "instance", "", "SOP instance UID of the image that is meant, where a series has several")
		f.IntVar(&frame, "frame", 0, "frame that is meant, from 1, where the image has several; 0: all")
		f.StringVar(&organ, "organ", "", "the specimen's organ")
		f.Var(&stated, "state", "what the header leaves open, as view=PA; body_part, view, age, sex or contrast; may be given several times")
	})
	if err != nil {
		return err
	}
	if err := c.want(1, "one path or one study UID"); err != nil {
		return err
	}
	reg, err := parseRegion(region)
	if err != nil {
		return err
	}
	req := reading.Request{ModelIDs: ids, SOPUID: instance, Frame: frame, Region: reg, Organ: organ}
	for _, text := range stated {
		name, value, _ := strings.Cut(text, "=")
		if err := req.Stated.Set(name, value); err != nil {
			return usagef("--state %s: %v", text, err)
		}
	}
	var rows []analysisRow
	if _, statErr := os.Stat(c.args[0]); statErr == nil {
		rows, err = c.analyzePath(ctx, c.args[0], req)
	} else if dicomfile.CheckUID(c.args[0]) == nil {
		rows, err = c.analyzeStudy(ctx, c.args[0], req)
	} else {
		return fmt.Errorf("%s is neither a file or folder that is there nor a study UID", c.args[0])
	}
	if err != nil {
		return err
	}
	return c.printAnalysis(rows)
}

func (c *call) analyzePath(ctx context.Context, path string, req reading.Request) ([]analysisRow, error) {
	cat, err := archive.Scan(ctx, dicomfile.Reader{}, c.Slides, []string{path})
	if err != nil {
		return nil, err
	}
	for _, sk := range cat.Skipped {
		fmt.Fprintf(c.Stderr, "skipped %s: %s %s\n", sk.Path, sk.Code, sk.Detail)
	}
	if len(cat.Studies) == 0 {
		return nil, fmt.Errorf("no DICOM study and no slide was found under %s", path)
	}
	r, done, err := c.models()
	if err != nil {
		return nil, err
	}
	defer done()
	var rows []analysisRow
	for i := range cat.Studies {
		ps, err := r.Predict(ctx, records.User{ID: "command-line"}, &cat.Studies[i], req)
		if err != nil {
			return nil, err
		}
		for _, p := range ps {
			rows = append(rows, predictionRow(p))
		}
	}
	return rows, nil
}

func (c *call) analyzeStudy(ctx context.Context, uid string, req reading.Request) ([]analysisRow, error) {
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	res, err := s.Reading.Analyze(ctx, actor, uid, req)
	if err != nil {
		return nil, err
	}
	var rows []analysisRow
	for _, id := range res.Hidden {
		rows = append(rows, analysisRow{Model: id, StudyUID: uid, Outcome: "hidden", Reason: "hidden until first read"})
	}
	for _, run := range res.Runs {
		row := analysisRow{Model: run.Model.ID, Version: run.Model.Version, Outcome: run.Outcome, Reason: run.Reason,
			Label: run.Label.Zh, Probability: run.Probability, Amber: run.Amber, FindingUID: run.FindingUID}
		for _, f := range res.Findings {
			if f.UID == run.FindingUID && f.Code != nil {
				row.Code, row.Scheme = f.Code.Value, f.Code.Scheme
			}
		}
		measured, err := reading.MeasurementsOf(run)
		if err != nil {
			return nil, err
		}
		row.measure(measured)
		row.place(run.Ref)
		rows = append(rows, row)
	}
	return rows, nil
}

func (c *call) printAnalysis(rows []analysisRow) error {
	refused := 0
	for _, row := range rows {
		if row.Outcome == string(inference.Refused) {
			refused++
			fmt.Fprintf(c.Stderr, "%s refuses %s: %s\n", row.Model, row.StudyUID, row.Reason)
		}
		if c.json {
			if err := c.emit(row); err != nil {
				return err
			}
			continue
		}
		c.printf("%s %s: %s", row.Model, row.Version, row.Outcome)
		if row.Label != "" {
			c.printf("  %s", row.Label)
		}
		if row.Probability != nil {
			c.printf("  p=%.3f", *row.Probability)
		}
		for _, s := range row.Sizes {
			c.printf("  %s %.4g %s", s.Name, s.Value, s.Unit)
		}
		if row.Reason != "" {
			c.printf("  %s", row.Reason)
		}
		for _, a := range row.Amber {
			c.printf("  [amber: %s]", a)
		}
		c.printf("\n")
	}
	switch {
	case refused == len(rows):
		return &refusedError{"every model refused; nothing was proposed, which says nothing about the picture"}
	case refused > 0:
		return &partError{fmt.Sprintf("%d of %d answers are refusals", refused, len(rows))}
	}
	return nil
}

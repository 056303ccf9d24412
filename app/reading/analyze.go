package reading

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"longying/app/trail"
	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/imaging/slide"
	"longying/inference"
	"longying/models"
	"longying/records"
	"longying/records/sqlite"
)

// Request says what to analyse and how.
type Request struct {
	ModelIDs []string         // empty: every installed model
	SOPUID   string           // the instance meant, where a series holds several
	Frame    int              // of it, counted from 1, where it has several; 0: all
	Region   *imaging.Region  // marked by the doctor
	Organ    string           // of the specimen, as the doctor says
	Stated   inference.Stated // of attributes that the header does not have, by the person who asks
	AsIs     bool             // with the card's own thresholds, whatever this site has decided: to measure a model
	Progress func(model string, done, total int)
}

// Result is what the models said, as stored.
type Result struct {
	Runs     []records.Run
	Findings []records.Finding // of the proposals, those that were there already included
	Hidden   []string          // models of which a doctor is shown nothing before their first read; it is stored
}

// opener gives the file of an instance.
type opener func(in *imaging.Instance) (*dicomfile.File, error)

// Predict asks models about a study that is not in the record and keeps
// nothing. Every model gives at least one prediction, a refusal included.
func (r *Reading) Predict(ctx context.Context, actor records.User, study *imaging.Study, req Request) ([]inference.Prediction, error) {
	return r.predict(ctx, actor, study, req, func(in *imaging.Instance) (*dicomfile.File, error) { return dicomfile.Open(in.Source) })
}

func (r *Reading) predict(ctx context.Context, actor records.User, study *imaging.Study, req Request, open opener) ([]inference.Prediction, error) {
	packages := r.Models()
	if len(req.ModelIDs) > 0 {
		packages = nil
		for _, id := range req.ModelIDs {
			p, err := r.model(id)
			if err != nil {
				return nil, err
			}
			packages = append(packages, p)
		}
	}
	var out []inference.Prediction
	for _, p := range packages {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		ps, err := r.ask(ctx, actor, p, study, req, open)
		if err != nil {
			return nil, fmt.Errorf("model %s on study %s: %w", p.Card.ID, study.UID, err)
		}
		out = append(out, ps...)
	}
	return out, nil
}

// ask gives one model every series it is fit for. Where it is fit for none, the
// refusal of the series that came nearest is the answer: of the model's own
// modality where there is one.
func (r *Reading) ask(ctx context.Context, actor records.User, p *models.Package, study *imaging.Study, req Request, open opener) ([]inference.Prediction, error) {
	var out []inference.Prediction
	var refusal *inference.Prediction
	for i := range study.Series {
		s := &study.Series[i]
		if req.SOPUID != "" && !slices.ContainsFunc(s.Instances, func(in imaging.Instance) bool { return in.SOPInstanceUID == req.SOPUID }) {
			continue
		}
		given := inference.Given{SOPUID: req.SOPUID, Region: req.Region, Organ: req.Organ, Stated: req.Stated}
		if reason := inference.Fits(p.Card, study, s, given); reason != nil {
			pr := inference.Refusal(p.Card, imaging.Ref{StudyUID: study.UID, SeriesUID: s.UID}, *reason)
			if refusal == nil || refusal.Reason.Code == inference.ReasonModality && reason.Code != inference.ReasonModality {
				refusal = &pr
			}
			continue
		}
		in := inference.Chosen(p.Card, s, given)
		ps, err := r.run(ctx, actor, p, study, s, in, given, req, open)
		if err != nil {
			return nil, err
		}
		out = append(out, ps...)
	}
	if len(out) > 0 {
		return out, nil
	}
	if refusal == nil {
		pr := inference.Refusal(p.Card, imaging.Ref{StudyUID: study.UID}, inference.Reason{Code: inference.ReasonPixels, Args: []string{"the study holds no such image"}})
		refusal = &pr
	}
	return []inference.Prediction{*refusal}, nil
}

func (r *Reading) run(ctx context.Context, actor records.User, p *models.Package, study *imaging.Study, series *imaging.Series, in *imaging.Instance, given inference.Given, req Request, open opener) ([]inference.Prediction, error) {
	site, p, err := r.atSite(ctx, p, req.AsIs)
	if err != nil {
		return nil, err
	}
	runner, err := r.load(p)
	if err != nil {
		return nil, err
	}
	defer runner.Close()
	q := inference.Request{Package: p, Runner: runner, Site: site, Given: given, Operator: actor.ID, Now: r.now, Slide: in.Slide,
		Ref: imaging.Ref{StudyUID: study.UID, SeriesUID: in.SeriesUID, SOPUID: in.SOPInstanceUID, SOPClass: in.SOPClassUID}}
	progress := func(done, total int) {
		if req.Progress != nil {
			req.Progress(p.Card.ID, done, total)
		}
	}
	if p.Card.Slide != nil {
		sl, err := r.openSlide(ctx, study, in, open)
		if err != nil {
			return nil, err
		}
		defer sl.Close()
		if misplaced(sl) {
			return []inference.Prediction{inference.Refusal(p.Card, q.Ref, inference.Reason{Code: inference.ReasonTiles})}, nil
		}
		return inference.TypeRegion(ctx, q, sl, progress)
	}
	if len(p.Card.Input.Tensor.Shape) == 5 {
		return r.lookAtVolume(ctx, q, series, req.SOPUID, progress, open)
	}
	return r.lookAtImage(ctx, q, in, req.Frame, progress, open)
}

// atSite is what this site has decided about a model, and the package with its
// thresholds. Thresholds that no longer fit the card are an error: they were
// accepted for this very file.
func (r *Reading) atSite(ctx context.Context, p *models.Package, asIs bool) (inference.Site, *models.Package, error) {
	if r.trust == nil || asIs {
		return inference.Site{}, p, nil
	}
	site, err := r.trust(ctx, p.Card)
	if err != nil {
		return site, nil, err
	}
	p, err = p.WithThresholds(site.Thresholds)
	return site, p, err
}

// misplaced reports a slide that does not say how its tiles lie: they are shown
// as they most often lie, but a model would type a picture that may not exist.
func misplaced(s *slide.Slide) bool {
	return slices.ContainsFunc(s.Notes(), func(n slide.Note) bool { return n.Code == slide.NoteAssumedFull })
}

// openSlide opens the slide whose finest level an instance holds, with its other
// levels, so that patches of a coarser scale need not be made of the finest one;
// of another instance that level alone, with all parts of its concatenation.
func (r *Reading) openSlide(ctx context.Context, study *imaging.Study, in *imaging.Instance, open opener) (*slide.Slide, error) {
	if in.Slide.Format != "" {
		if in.Source == in.SOPInstanceUID { // of the data folder
			return r.archive.Slide(ctx, study, in.SOPInstanceUID, r.decoder, slide.Options{})
		}
		source, err := r.slides.OpenSlide(ctx, in.Source)
		if err != nil {
			return nil, err
		}
		return slide.New(source, slide.Options{}), nil
	}
	var files []*dicomfile.File
	closeAll := func() {
		for _, f := range files {
			f.Close()
		}
	}
	parts := slide.Parts(study, in)
	for _, g := range slide.Groups(study) {
		if g.Base().SOPInstanceUID == in.SOPInstanceUID {
			parts = g.Volume
		}
	}
	for _, part := range parts {
		f, err := open(part)
		if err != nil {
			closeAll()
			return nil, err
		}
		files = append(files, f)
	}
	sl, err := slide.Open(files, r.decoder, slide.Options{})
	if err != nil {
		closeAll()
	}
	return sl, err
}

// Analyze asks models about a study of the record and stores what they say:
// each outcome as a run, each proposal as a finding in state proposed, all in
// one transaction with its audit event. A proposal about the same place and
// class as a finding that is there already never makes a second one.
func (r *Reading) Analyze(ctx context.Context, actor records.User, studyUID string, req Request) (_ Result, err error) {
	defer trail.Outcome(ctx, r.store, actor, "analyze", studyUID, &err)
	var res Result
	if err := trail.Require(ctx, r.store, actor, records.RightAnalyze, "analyze", studyUID); err != nil {
		return res, err
	}
	study, err := r.archive.Study(ctx, studyUID)
	if err != nil {
		return res, err
	}
	predictions, err := r.predict(ctx, actor, study, req, func(in *imaging.Instance) (*dicomfile.File, error) {
		return r.archive.Open(ctx, in.SOPInstanceUID)
	})
	if err != nil {
		return res, err
	}
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		res = Result{}
		ex, err := tx.Examination(studyUID)
		if err != nil {
			return err
		}
		existing, err := tx.FindingsOf(studyUID)
		if err != nil {
			return err
		}
		taken := map[string]bool{} // findings that a proposal of this analysis is
		for i := range predictions {
			run, err := runOf(&predictions[i], actor)
			if err != nil {
				return err
			}
			run.At = r.now()
			run.Device = device(study, run.Ref)
			if predictions[i].Outcome == inference.Proposed {
				f := sameObservation(existing, proposalKey(&predictions[i]), taken)
				if f == nil {
					made := r.propose(&predictions[i], run, actor)
					if err := tx.InsertFinding(&made); err != nil {
						return err
					}
					existing = append(existing, made)
					f = &made
				}
				taken[f.UID] = true
				run.FindingUID = f.UID
				res.Findings = append(res.Findings, *f)
			}
			if err := tx.PutRun(&run); err != nil {
				return err
			}
			res.Runs = append(res.Runs, run)
		}
		detail := fmt.Sprintf("%d results, %d proposals", len(res.Runs), len(res.Findings))
		if res.Hidden, err = missingFirstReads(tx, actor, studyUID); err != nil {
			return err
		}
		res.Findings = records.Shown(res.Findings, res.Hidden)
		res.Runs = slices.DeleteFunc(res.Runs, func(r records.Run) bool {
			return r.Outcome != string(inference.Refused) && slices.Contains(res.Hidden, r.Model.ID)
		})
		return r.audit(tx, actor, "analyze", studyUID, ex.PatientID, "ok", detail)
	})
	return res, err
}

// device names the device that made the image a run was about; empty where the
// header names none.
func device(study *imaging.Study, ref imaging.Ref) string {
	for i := range study.Series {
		s := &study.Series[i]
		if ref.SeriesUID != "" && s.UID != ref.SeriesUID {
			continue
		}
		for k := range s.Instances {
			if in := &s.Instances[k]; ref.SOPUID == "" || in.SOPInstanceUID == ref.SOPUID {
				return in.DeviceName()
			}
		}
	}
	return ""
}

// runResult is what a run keeps besides its columns.
type runResult struct {
	Trace inference.Trace              `json:"trace"`
	All   []inference.ClassProbability `json:"all,omitempty"`
	Map   *inference.TypeMap           `json:"map,omitempty"`

	Measurements []inference.Measured  `json:"measurements,omitempty"`
	Mask         *inference.PackedMask `json:"mask,omitempty"`
}

// TypeMapOf is the type map that a run kept, or nil.
func TypeMapOf(run records.Run) (*inference.TypeMap, error) {
	res, err := resultOf(run)
	return res.Map, err
}

// MaskOf is the mask that a run kept, or nil: in the pixels of the image that the
// run is about, or of the slices that its inputs are, in their order.
func MaskOf(run records.Run) (mask *inference.PackedMask, inputs []imaging.Ref, err error) {
	res, err := resultOf(run)
	return res.Mask, res.Trace.Inputs, err
}

// MeasurementsOf are the numbers that a run kept.
func MeasurementsOf(run records.Run) ([]inference.Measured, error) {
	res, err := resultOf(run)
	return res.Measurements, err
}

func resultOf(run records.Run) (runResult, error) {
	var res runResult
	if len(run.Result) == 0 {
		return res, nil
	}
	if err := json.Unmarshal(run.Result, &res); err != nil {
		return runResult{}, fmt.Errorf("run %s: its stored result is damaged: %w", run.ID, err)
	}
	return res, nil
}

func runOf(p *inference.Prediction, actor records.User) (records.Run, error) {
	var id [12]byte
	// crypto/rand.Read never fails since Go 1.24.
	_, _ = rand.Read(id[:])
	run := records.Run{ID: "RUN-" + hex.EncodeToString(id[:]), StudyUID: p.Ref.StudyUID, Outcome: string(p.Outcome), Ref: p.Ref, By: actor.ID,
		Model: records.ModelRef{ID: p.Model.ID, Version: p.Model.Version, SHA256: p.Model.SHA256, Name: records.Text(p.Model.Name)}}
	if p.Reason != nil {
		run.Reason, run.ReasonCode, run.ReasonArgs = p.Reason.String(), string(p.Reason.Code), p.Reason.Args
	}
	if p.Class != nil {
		run.Label = records.Text(p.Class.Label)
	}
	if !math.IsNaN(p.Probability) {
		v := p.Probability
		run.Probability = &v
	}
	for _, a := range p.Amber {
		run.Amber = append(run.Amber, a.String())
	}
	raw, err := json.Marshal(runResult{Trace: p.Trace, All: p.All, Map: p.Map, Measurements: p.Measurements, Mask: p.Mask})
	run.Result = raw
	return run, err
}

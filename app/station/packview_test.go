package station

import (
	"bytes"
	"encoding/json"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"longying/app/consult"
	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/imaging/render"
	"longying/records"
)

// states are the presentation states of an open pack, each as DICOM.
func (b *bench) states(p *consult.Pack) (out []*imaging.PresentationState) {
	b.t.Helper()
	for _, o := range p.Objects {
		if o.Kind != consult.ObjectState {
			continue
		}
		r, err := p.Object(o)
		b.must(err)
		raw, err := io.ReadAll(r)
		b.must(err)
		path := filepath.Join(b.t.TempDir(), "state.dcm")
		b.must(os.WriteFile(path, raw, 0o600))
		if tool, err := exec.LookPath("dciodvfy"); err == nil {
			said, err := exec.Command(tool, "-new", path).CombinedOutput()
			if err != nil || strings.Contains(string(said), "Error") {
				b.t.Errorf("dciodvfy: %v\n%s", err, said)
			}
		}
		f, err := dicomfile.Open(path)
		b.must(err)
		s, err := f.PresentationState()
		f.Close()
		b.must(err)
		out = append(out, s)
	}
	return out
}

// confirmed packs without identities, with the texts as the mask leaves them.
func (b *bench) confirmed(id string, o consult.PackOptions) (*consult.Pack, consult.PackPlan) {
	b.t.Helper()
	o.DeIdentified, o.Passphrase = true, "a long passphrase"
	plan, err := b.Consult.PlanPack(b.ctx, b.radiologist, id, o, nil)
	b.must(err)
	o.Texts = map[string]string{}
	for _, x := range plan.Texts {
		o.Texts[x.Key] = x.Masked
	}
	raw, plan := b.pack(id, o)
	return b.open(raw), plan
}

// The picture of each view is made here in another way than in the pack: by the
// archive, which knows of no presentation state.
func TestAPackShowsAPictureAsItWasLaidAndSoDoesItsPresentationState(t *testing.T) {
	b := newBench(t)
	st, err := b.Archive.Study(b.ctx, b.film.StudyUID)
	b.must(err)
	in := st.Series[0].Instances[0]
	ref := imaging.Ref{StudyUID: b.film.StudyUID, SeriesUID: in.SeriesUID, SOPUID: in.SOPInstanceUID, SOPClass: in.SOPClassUID, Frame: 1}
	w, h := in.Pixels.Columns, in.Pixels.Rows
	window := imaging.VOILUT{Center: 120, Width: 90, Function: imaging.VOILinear, Explanation: "刘小满"}
	views := []*records.KeyView{nil,
		{Window: &window, Invert: true, Rotate: 90, Flip: true, Area: &imaging.Region{X0: 10, Y0: 20, X1: float64(w/2 + 10), Y1: float64(h/2 + 20), Kind: imaging.RegionDrawn}},
		{Rotate: 180}}
	m, err := b.Consult.Create(b.ctx, b.radiologist, b.film.PatientID, "题", "问", nil)
	b.must(err)
	for i, v := range views {
		laid := ref
		if i == 2 {
			laid.SOPClass = "" // as consults of before have it, laid out of the viewer
		}
		m, err = b.Consult.Add(b.ctx, b.radiologist, m.ID, records.ConsultItem{Kind: "study", Title: "胸片", Ref: &laid, View: v})
		b.must(err)
	}
	raw, _ := b.pack(m.ID, consult.PackOptions{})
	identified := b.open(raw)
	nameless, _ := b.confirmed(m.ID, consult.PackOptions{})
	for name, p := range map[string]*consult.Pack{"identified": identified, "de-identified": nameless} {
		list := b.states(p)
		if len(list) != len(views) || len(p.Images) != len(views) || len(p.Consult.Items) != len(views) {
			t.Fatalf("%s: %d states, %d pictures, %d items; %d views were laid", name, len(list), len(p.Images), len(p.Consult.Items), len(views))
		}
		uids := map[string]bool{}
		for i, v := range views {
			s, uid := list[i], p.Images[i].Ref.SOPUID
			uids[s.SOPInstanceUID] = true
			if !s.Has(uid, 1) {
				t.Errorf("%s: state %d is not of the packed image", name, i)
			}
			// What the state says of the frame here, under the UID that it has in the pack.
			f, err := b.Archive.Open(b.ctx, ref.SOPUID)
			b.must(err)
			frame, err := f.Frame(b.ctx, b.Decoder, 1)
			b.must(err)
			inst := *f.Instance()
			f.Close()
			inst.SOPInstanceUID = uid
			s.Annotations = nil
			got, err := render.Present(frame, &inst, 1, render.Presentation{State: s}, nil)
			b.must(err)
			want, err := b.Archive.PictureAs(b.ctx, ref, v)
			b.must(err)
			if !samePicture(got, want) {
				t.Errorf("%s: view %d is another picture: %v, want %v", name, i, got.Bounds(), want.Bounds())
			}
			if got := p.Images[i].View; (got == nil) != (v == nil) || v != nil && (got.Rotate != v.Rotate || got.Flip != v.Flip) {
				t.Errorf("%s: picture %d does not say how it is turned: %+v", name, i, got)
			}
			kept := p.Consult.Items[i].View
			switch {
			case (v == nil) != (kept == nil):
				t.Errorf("%s: view %d is %+v", name, i, kept)
			case v != nil && v.Window != nil:
				plain := *v
				if p.DeIdentified {
					bare := window
					bare.Explanation = ""
					plain.Window = &bare
				}
				if !reflect.DeepEqual(*kept, plain) {
					t.Errorf("%s: view %d is %+v, want %+v", name, i, *kept, plain)
				}
			}
		}
		if len(uids) != len(views) {
			t.Errorf("%s: the states of %d views have %d UIDs", name, len(views), len(uids))
		}
		if v := list[1].VOI(p.Images[1].Ref.SOPUID, 1); v == nil || v.Center != 120 || v.Width != 90 || list[1].Rotation != 270 || !list[1].Flip {
			t.Errorf("%s: window %+v, rotation %d, flip %v", name, v, list[1].Rotation, list[1].Flip)
		}
	}
}

func samePicture(a, b image.Image) bool {
	if a.Bounds().Size() != b.Bounds().Size() {
		return false
	}
	p, q := a.Bounds().Min, b.Bounds().Min
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r1, g1, b1, _ := a.At(p.X+x, p.Y+y).RGBA()
			r2, g2, b2, _ := b.At(q.X+x, q.Y+y).RGBA()
			if r1>>8 != r2>>8 || g1>>8 != g2>>8 || b1>>8 != b2>>8 {
				return false
			}
		}
	}
	return true
}

// How a consult came about and what came of it leave with it, and nobody's name
// does: each text was put before a person.
func TestADeIdentifiedPackHoldsTheWholeFlowAndNoName(t *testing.T) {
	b := newBench(t)
	clinician := b.sample.Users["clinician"]
	m, err := b.Consult.Create(b.ctx, clinician, b.film.PatientID, "题", "问", nil)
	b.must(err)
	_, err = b.Consult.Accept(b.ctx, b.radiologist, m.ID)
	b.must(err)
	_, err = b.Consult.Excuse(b.ctx, b.radiologist, m.ID, records.CheckSlides, b.pathologist.Name+"说未取材", false)
	b.must(err)
	plan := consult.Plan{At: time.Now().Add(time.Hour), Place: "兰州大学第一医院三楼", Chair: b.pathologist.ID, Members: b.members()}
	_, err = b.Consult.Schedule(b.ctx, b.radiologist, m.ID, plan)
	b.must(err)
	plan.Reason = clinician.Name + "出差"
	_, err = b.Consult.Schedule(b.ctx, b.radiologist, m.ID, plan)
	b.must(err)
	_, err = b.Consult.Begin(b.ctx, b.radiologist, m.ID, records.CheckItems(), []string{b.pathologist.Name})
	b.must(err)
	_, err = b.Consult.Opine(b.ctx, b.radiologist, m.ID, records.Opinion{Member: records.Member{Name: "阿卜杜热合曼·麦麦提"}, Text: "同意" + b.pathologist.Name}, "")
	b.must(err)
	_, err = b.Consult.Decide(b.ctx, b.pathologist, m.ID, consult.Ruling{Text: "手术", Tasks: []consult.Task{{Date: "20270110", Text: "评估", Owner: records.Member{UserID: b.radiologist.ID}}}})
	b.must(err)
	m, err = b.Consult.Get(b.ctx, b.radiologist, m.ID)
	b.must(err)
	_, err = b.Consult.Complete(b.ctx, b.radiologist, m.ID, m.FollowUps[0].ID, "完成")
	b.must(err)
	_, err = b.Consult.Compare(b.ctx, b.radiologist, m.ID, consult.Comparison{Done: "保守", Happened: "增大", Comment: b.pathologist.Name + "在兰州大学第一医院谈话后家属拒绝"})
	b.must(err)
	m, err = b.Consult.Close(b.ctx, b.pathologist, m.ID)
	b.must(err)
	p, packed := b.confirmed(m.ID, consult.PackOptions{})
	c := p.Consult
	if len(c.History) != len(m.History) || len(c.Schedules) != 2 || c.Meeting == nil || len(c.Meeting.Present) != 1 || len(c.Meeting.Missing) != len(m.Meeting.Missing) ||
		len(c.Excuses) != 1 || len(c.Outcomes) != 1 || c.FollowUps[0].Owner == nil || c.FollowUps[0].DoneByName == "" || c.State != records.ConsultClosed {
		t.Errorf("something of the flow was left behind: %+v", c)
	}
	if !c.Schedules[1].At.Equal(m.Schedules[1].At.AddDate(0, 0, days(c, m))) || !c.Outcomes[0].At.Equal(m.Outcomes[0].At.AddDate(0, 0, days(c, m))) || days(c, m) == 0 {
		t.Errorf("the schedule moved from %s to %s", m.Schedules[1].At, c.Schedules[1].At)
	}
	if !c.Opinions[0].Outside() || c.Opinions[0].Own() || c.Scheduled().Chair.Name != c.Decision.ByName {
		t.Errorf("an outside opinion is one no more, or the chair has two stand-ins: %+v", c)
	}
	for _, where := range []string{consult.TextSchedule, consult.TextExcuse, consult.TextOutcome, consult.TextOpinion, consult.TextFollow} {
		if !slices.ContainsFunc(packed.Texts, func(x consult.PackText) bool { return x.Where == where }) {
			t.Errorf("no text of %s was put before anybody", where)
		}
	}
	whole, err := json.Marshal(p)
	b.must(err)
	for _, secret := range []string{b.radiologist.Name, b.pathologist.Name, clinician.Name, b.radiologist.ID, b.pathologist.ID, clinician.ID, "阿卜杜热合曼", "麦麦提", "兰州大学"} {
		if bytes.Contains(whole, []byte(secret)) {
			t.Errorf("%q is in the de-identified pack", secret)
		}
	}
}

// days is by how many days the times of a de-identified consult moved.
func days(c, m records.Consult) int {
	return int(c.CreatedAt.Sub(m.CreatedAt).Round(24*time.Hour).Hours() / 24)
}

// An ultrasound picture often has a name in it. One that cannot be shown was seen
// by nobody, whoever says that they have looked.
func TestPixelsThatCannotBeShownAreNeverTakenForLookedAt(t *testing.T) {
	b := newBench(t)
	st, err := b.Archive.Study(b.ctx, b.film.StudyUID)
	b.must(err)
	f, err := b.Archive.Open(b.ctx, st.Series[0].Instances[0].SOPInstanceUID)
	b.must(err)
	ds, err := f.Dataset()
	b.must(err)
	f.Close()
	broken := dicomfile.NewUID()
	folder := t.TempDir()
	for uid, pixels := range map[string][]byte{broken: []byte("no JPEG at all"), dicomfile.NewUID(): nil} {
		ds.String(dicomfile.TagSOPInstanceUID, "UI", uid).String(dicomfile.TagSOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.7").String(dicomfile.TagModality, "CS", "OT")
		d := imaging.PixelDescription{Rows: 16, Columns: 16, Samples: 1, Photometric: "MONOCHROME2", BitsAllocated: 8, BitsStored: 8, HighBit: 7}
		if pixels != nil {
			ds.SetEncapsulatedPixels("1.2.840.10008.1.2.4.50", d, pixels)
		} else {
			ds.SetPixels(d, make([]byte, 256))
		}
		var w bytes.Buffer
		b.must(dicomfile.Write(&w, ds))
		b.must(os.WriteFile(filepath.Join(folder, uid+".dcm"), w.Bytes(), 0o600))
	}
	_, err = b.Registry.Import(b.ctx, b.radiologist, []string{folder}, nil)
	b.must(err)
	m, err := b.Consult.Create(b.ctx, b.radiologist, b.film.PatientID, "题", "问", nil)
	b.must(err)
	_, err = b.Consult.Add(b.ctx, b.radiologist, m.ID, records.ConsultItem{Kind: "study", Title: "胸片", Ref: &imaging.Ref{StudyUID: b.film.StudyUID}})
	b.must(err)
	for looked, want := range map[bool]int{false: 1, true: 2} { // the film, and the capture that can be shown
		p, plan := b.confirmed(m.ID, consult.PackOptions{Objects: consult.ObjectsAll, Looked: looked})
		images := 0
		for _, o := range p.Objects {
			if o.Kind == consult.ObjectImage {
				images++
			}
		}
		if images != want {
			t.Errorf("looked %v: %d images are in the pack, want %d; left %+v", looked, images, want, p.Left)
		}
		named := slices.ContainsFunc(plan.Left, func(l consult.LeftOut) bool { return l.Code == "unseen" && l.What != "" })
		if named != looked {
			t.Errorf("looked %v: what could not be shown is named: %v, %+v", looked, named, plan.Left)
		}
		if n := len(plan.Warnings[0].Objects); n != 2 || !slices.Contains(plan.Warnings[0].Objects, broken) {
			t.Errorf("%d objects are to be looked at", n)
		}
	}
}

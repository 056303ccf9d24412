package station

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"longying/app/consult"
	"longying/imaging"
	"longying/records"
)

func packing(passphrase string) consult.PackOptions {
	return consult.PackOptions{Passphrase: passphrase}
}

// board is a consult with a confirmed finding on the film, a region of the slide,
// an opinion and a decision that name the patient.
func (b *bench) board() records.Consult {
	b.t.Helper()
	f, err := b.Reading.Confirm(b.ctx, b.radiologist, b.proposal().UID)
	b.must(err)
	p, err := b.Registry.Record(b.ctx, b.radiologist, b.film.PatientID)
	b.must(err)
	name := p.Patient.Name
	m, err := b.Consult.Create(b.ctx, b.radiologist, b.film.PatientID, name+"的肺部阴影", name+"于2026年11月3日拍片，电话13912345678，身份证"+p.Patient.IDNumber+"，感染还是占位？",
		[]records.Member{{UserID: b.radiologist.ID, Name: b.radiologist.Name, Discipline: "放射科"}})
	b.must(err)
	st, err := b.Archive.Study(b.ctx, b.slide.StudyUID)
	b.must(err)
	in := st.Series[0].Instances[0]
	for _, it := range []records.ConsultItem{
		{Kind: "finding", Title: "胸片所见", FindingUID: f.UID},
		{Kind: "slide", Title: "切片 " + b.slide.AccessionNumber, Ref: &imaging.Ref{StudyUID: b.slide.StudyUID, SeriesUID: in.SeriesUID, SOPUID: in.SOPInstanceUID,
			SOPClass: in.SOPClassUID, Region: &imaging.Region{Kind: imaging.RegionDrawn, X0: 100, Y0: 100, X1: 400, Y1: 300}}},
	} {
		m, err = b.Consult.Add(b.ctx, b.radiologist, m.ID, it)
		b.must(err)
	}
	m, err = b.Consult.Opine(b.ctx, b.radiologist, m.ID, records.Opinion{Member: m.Members[0], Text: "同意" + b.radiologist.Name + "的意见", FindingUID: f.UID}, b.password("radiologist"))
	b.must(err)
	m, err = b.Consult.Decide(b.ctx, b.radiologist, m.ID, consult.Ruling{Text: name + "先抗感染治疗", Findings: []string{f.UID}, Without: records.CheckItems()})
	b.must(err)
	return m
}

func (b *bench) pack(id string, o consult.PackOptions) ([]byte, consult.PackPlan) {
	b.t.Helper()
	o.Passphrase = "a long passphrase"
	var w bytes.Buffer
	plan, err := b.Consult.WritePack(b.ctx, b.radiologist, id, o, &w, nil)
	b.must(err)
	return w.Bytes(), plan
}

func (b *bench) open(raw []byte) *consult.Pack {
	b.t.Helper()
	p, err := consult.OpenPack(b.ctx, bytes.NewReader(raw), "a long passphrase", nil)
	b.must(err)
	return p
}

// whole is an open pack with the whole film in it.
func (b *bench) whole() *consult.Pack {
	b.t.Helper()
	m, err := b.Consult.Create(b.ctx, b.radiologist, b.film.PatientID, "题", "问", nil)
	b.must(err)
	_, err = b.Consult.Add(b.ctx, b.radiologist, m.ID, records.ConsultItem{Kind: "study", Title: "胸片", Ref: &imaging.Ref{StudyUID: b.film.StudyUID}})
	b.must(err)
	raw, _ := b.pack(m.ID, consult.PackOptions{Objects: consult.ObjectsAll})
	return b.open(raw)
}

func TestAPackOfTheFormatBeforeStillOpens(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "consult-pack-1.lymdt"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := consult.OpenPack(t.Context(), bytes.NewReader(raw), "a long passphrase", nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.Version != "longying-consult-pack/1" || len(p.Images) != 1 || len(p.Images[0].PNG) == 0 || len(p.Consult.Opinions) != 1 || p.Consult.Title != "肺部阴影" {
		t.Errorf("%+v", p.Consult)
	}
}

func TestAPackShowsInAnotherFolderWhatItsImagesWereWithTheirPresentationStates(t *testing.T) {
	here, there := newBench(t), newEmpty(t)
	m := here.board()
	raw, plan := here.pack(m.ID, consult.PackOptions{Objects: consult.ObjectsAll})
	if int64(len(raw)) > plan.Bytes+plan.Bytes/1000+4096 {
		t.Errorf("the pack has %d bytes, more than the %d that were said", len(raw), plan.Bytes)
	}
	p := here.open(raw)
	film, slide := p.Images[0], p.Images[1]
	if film.Edges != [4]string{"R", "L", "H", "F"} && film.Edges != [4]string{} || len(film.Said) != 1 || film.Slide {
		t.Errorf("film: %v %v", film.Edges, film.Said)
	}
	if !slide.Slide {
		t.Error("the slide's region is not said to be one")
	}
	uids, err := there.Consult.TakeImages(there.ctx, there.radiologist, p, nil)
	there.must(err)
	if len(uids) != len(p.Studies) {
		t.Fatalf("%d of %d studies taken; %+v", len(uids), len(p.Studies), p.Left)
	}
	st, err := there.Archive.Study(there.ctx, here.film.StudyUID)
	there.must(err)
	states := 0
	for _, s := range st.Series {
		for _, in := range s.Instances {
			if s.Modality != "PR" {
				continue
			}
			states++
			f, err := there.Archive.Open(there.ctx, in.SOPInstanceUID)
			there.must(err)
			ps, err := f.PresentationState()
			f.Close()
			there.must(err)
			if len(ps.Images) != 1 || ps.Images[0].SOPInstanceUID != film.Ref.SOPUID {
				t.Errorf("the state is of %+v", ps.Images)
			}
		}
	}
	if states != 1 {
		t.Errorf("%d presentation states, want 1", states)
	}
	mine, err := here.Archive.Picture(here.ctx, film.Ref)
	here.must(err)
	theirs, err := there.Archive.Picture(there.ctx, film.Ref)
	there.must(err)
	if !reflect.DeepEqual(mine, theirs) {
		t.Error("the film looks different in the other folder")
	}
}

// newEmpty is a second data folder, which knows nobody and holds nothing.
func newEmpty(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, ctx: t.Context()}
	s, sample, err := OpenSample(b.ctx, Options{Home: filepath.Join(t.TempDir(), "home")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	b.Station, b.sample = s, sample
	b.radiologist, b.pathologist = sample.Users["radiologist"], sample.Users["pathologist"]
	return b
}

func TestAPartOfAStudyIsNeverTakenForAWholeOne(t *testing.T) {
	here, there := newBench(t), newEmpty(t)
	m := here.board()
	raw, _ := here.pack(m.ID, consult.PackOptions{Objects: consult.ObjectsNone})
	p := here.open(raw)
	if len(p.Objects) != 0 || len(p.Images) != 2 {
		t.Errorf("%d objects, %d pictures", len(p.Objects), len(p.Images))
	}
	_, err := there.Consult.TakeImages(there.ctx, there.radiologist, p, nil)
	there.refused("pack_partial", err)
}

func TestADeIdentifiedPackNamesThePatientNowhere(t *testing.T) {
	here, there := newBench(t), newEmpty(t)
	m := here.board()
	rec, err := here.Registry.Record(here.ctx, here.radiologist, here.film.PatientID)
	here.must(err)
	o := consult.PackOptions{Objects: consult.ObjectsAll, DeIdentified: true, Looked: true, Passphrase: "a long passphrase"}
	// Nothing is sealed before somebody confirmed the texts.
	_, err = here.Consult.WritePack(here.ctx, here.radiologist, m.ID, o, io.Discard, nil)
	here.refused("pack_text_unconfirmed", err)
	plan, err := here.Consult.PlanPack(here.ctx, here.radiologist, m.ID, o, nil)
	here.must(err)
	o.Texts = map[string]string{}
	for _, x := range plan.Texts {
		o.Texts[x.Key] = x.Masked
	}
	// Nor with a name that somebody put back.
	for _, x := range plan.Texts {
		if x.Where == consult.TextDecision {
			was := o.Texts[x.Key]
			o.Texts[x.Key] = x.Original
			_, err = here.Consult.WritePack(here.ctx, here.radiologist, m.ID, o, io.Discard, nil)
			here.refused("pack_text_identifies", err)
			o.Texts[x.Key] = was
		}
	}
	raw, _ := here.pack(m.ID, o)
	p := here.open(raw)
	if !p.DeIdentified || len(p.Documents) != 0 || len(p.Findings) != 1 || p.Consult.Decision == nil || p.Age == "" || len(p.Objects) < 3 || len(p.Images) != 2 {
		t.Errorf("%+v", p)
	}
	whole, err := json.Marshal(p)
	here.must(err)
	whole = append(whole, consult.Minutes(&p.Consult, &p.Patient)...)
	for _, object := range p.Objects {
		r, err := p.Object(object)
		here.must(err)
		data, err := io.ReadAll(r)
		here.must(err)
		whole = append(whole, data...)
	}
	for _, secret := range []string{rec.Patient.Name, rec.Patient.IDNumber, rec.Patient.HealthRecordNumber, "13912345678", here.radiologist.Name, here.film.StudyUID,
		here.film.Header.PatientID, here.film.AccessionNumber, here.slide.AccessionNumber, p.Consult.ID + here.film.PatientID, here.film.PatientID, "2026年11月3日", here.film.Date.Format("20060102")} {
		if secret != "" && bytes.Contains(whole, []byte(secret)) {
			t.Errorf("%q is in the de-identified pack", secret)
		}
	}
	// All dates moved by the same days, in texts and in objects.
	_, err = there.Consult.TakeImages(there.ctx, there.radiologist, p, nil)
	there.must(err)
	list, err := there.Registry.Studies(there.ctx, there.radiologist, records.ExaminationFilter{})
	there.must(err)
	days := map[int]bool{}
	for _, st := range p.Studies {
		for _, ex := range list {
			was := here.film
			if ex.StudyUID == st.UID && ex.Modality == "SM" {
				was = here.slide
			}
			if ex.StudyUID == st.UID && !was.Date.IsZero() {
				days[int(math.Round(ex.Date.Sub(was.Date).Hours()/24))] = true
			}
		}
	}
	days[int(math.Round(p.Consult.Decision.At.Sub(m.Decision.At).Hours()/24))] = true
	if len(days) != 1 || days[0] {
		t.Errorf("dates moved by %v days", days)
	}
	// A reply to it comes home to the finding that is meant.
	var reply bytes.Buffer
	_, err = there.Consult.Reply(there.ctx, there.pathologist, p, records.Opinion{Member: records.Member{Name: "乙"}, Text: "同意", FindingUID: p.Findings[0].UID}, "a long passphrase", &reply)
	there.must(err)
	got, added, err := here.Consult.Merge(here.ctx, here.radiologist, bytes.NewReader(reply.Bytes()), "a long passphrase")
	here.must(err)
	if last := got.Opinions[len(got.Opinions)-1]; added != 1 || last.FindingUID != m.Decision.Findings[0] {
		t.Errorf("the reply is about %s", last.FindingUID)
	}
}

// A whole pack is taken apart, changed and sealed again with the same passphrase:
// whoever knows it must not be able to do harm.
func TestAPackThatWasTamperedWithIsRefusedWithItsReason(t *testing.T) {
	here := newBench(t)
	m := here.board()
	raw, _ := here.pack(m.ID, consult.PackOptions{})
	type file struct {
		name string
		data []byte
	}
	var packed []file
	{
		identity, err := age.NewScryptIdentity("a long passphrase")
		here.must(err)
		r, err := age.Decrypt(bytes.NewReader(raw), identity)
		here.must(err)
		plain, err := io.ReadAll(r)
		here.must(err)
		zr, err := zip.NewReader(bytes.NewReader(plain), int64(len(plain)))
		here.must(err)
		for _, f := range zr.File {
			rc, err := f.Open()
			here.must(err)
			data, err := io.ReadAll(rc)
			here.must(err)
			packed = append(packed, file{f.Name, data})
		}
	}
	unpack := func() []file {
		files := slices.Clone(packed)
		for i := range files {
			files[i].data = slices.Clone(files[i].data)
		}
		return files
	}
	seal := func(plain []byte) []byte {
		recipient, err := age.NewScryptRecipient("a long passphrase")
		here.must(err)
		recipient.SetWorkFactor(10)
		var out bytes.Buffer
		w, err := age.Encrypt(&out, recipient)
		here.must(err)
		_, err = w.Write(plain)
		here.must(err)
		here.must(w.Close())
		return out.Bytes()
	}
	zipped := func(files []file) []byte {
		var plain bytes.Buffer
		zw := zip.NewWriter(&plain)
		for _, f := range files {
			w, err := zw.Create(f.name)
			here.must(err)
			_, err = w.Write(f.data)
			here.must(err)
		}
		here.must(zw.Close())
		return plain.Bytes()
	}
	at := func(files []file, prefix string) int {
		return slices.IndexFunc(files, func(f file) bool { return strings.HasPrefix(f.name, prefix) })
	}
	for _, x := range []struct {
		name, code string
		change     func(files []file) []byte
	}{
		{"unchanged", "", zipped},
		{"an object of other bytes", "pack_hash", func(f []file) []byte { f[at(f, "objects/")].data[1000] ^= 1; return zipped(f) }},
		{"a longer object", "pack_damaged", func(f []file) []byte {
			i := at(f, "objects/")
			f[i].data = append(f[i].data, 0)
			return zipped(f)
		}},
		{"another picture", "pack_hash", func(f []file) []byte { f[at(f, "images/")].data[100] ^= 1; return zipped(f) }},
		{"a missing object", "pack_damaged", func(f []file) []byte { i := at(f, "objects/"); return zipped(slices.Delete(f, i, i+1)) }},
		{"no manifest", "pack_damaged", func(f []file) []byte { i := at(f, "consult.json"); return zipped(slices.Delete(f, i, i+1)) }},
		{"a manifest that is none", "pack_damaged", func(f []file) []byte { f[at(f, "consult.json")].data = []byte("{"); return zipped(f) }},
		{"a later format", "pack_version", func(f []file) []byte {
			i := at(f, "consult.json")
			f[i].data = bytes.Replace(f[i].data, []byte(consult.PackVersion), []byte("longying-consult-pack/9"), 1)
			return zipped(f)
		}},
		{"a path that leaves its folder", "pack_path", func(f []file) []byte { return zipped(append(f, file{"../../evil", nil})) }},
		{"an absolute path", "pack_path", func(f []file) []byte { return zipped(append(f, file{"/etc/evil", nil})) }},
		{"a path of Windows", "pack_path", func(f []file) []byte { return zipped(append(f, file{`..\evil`, nil})) }},
		{"a name twice", "pack_damaged", func(f []file) []byte { return zipped(append(f, f[0])) }},
		{"too many files", "pack_files", func(f []file) []byte {
			for i := range 20001 {
				f = append(f, file{fmt.Sprintf("x/%d", i), nil})
			}
			return zipped(f)
		}},
		{"a bomb of zeros in the manifest", "pack_damaged", func(f []file) []byte {
			f[at(f, "consult.json")].data = make([]byte, 33<<20)
			return zipped(f)
		}},
		{"a bomb by its own words", "pack_bomb", func(f []file) []byte {
			var plain bytes.Buffer
			zw := zip.NewWriter(&plain)
			w, err := zw.CreateRaw(&zip.FileHeader{Name: "objects/9.dcm", Method: zip.Deflate, UncompressedSize64: 3 << 30, CompressedSize64: 4})
			here.must(err)
			_, err = w.Write([]byte{3, 0, 0, 0})
			here.must(err)
			here.must(zw.Close())
			return plain.Bytes()
		}},
		{"no ZIP file", "pack_damaged", func([]file) []byte { return []byte("nothing of a pack") }},
	} {
		_, err := consult.OpenPack(here.ctx, bytes.NewReader(seal(x.change(unpack()))), "a long passphrase", nil)
		if x.code == "" {
			here.must(err)
			continue
		}
		var refused *records.RefusedError
		if !errors.As(err, &refused) || refused.Code != x.code {
			t.Errorf("%s: %v, want the refusal %q", x.name, err, x.code)
		}
	}
	// Not sealed, cut, changed outside, or of another passphrase.
	for name, bad := range map[string][]byte{"not sealed": []byte("PK"), "empty": nil, "cut": raw[:len(raw)-100], "cut early": raw[:90]} {
		if _, err := consult.OpenPack(here.ctx, bytes.NewReader(bad), "a long passphrase", nil); err == nil {
			t.Errorf("a pack that is %s was opened", name)
		}
	}
	_, err := consult.OpenPack(here.ctx, bytes.NewReader(raw), "another passphrase", nil)
	here.refused("pack_passphrase", err)
}

func TestAPackThatIsCancelledIsNotNotedAsSent(t *testing.T) {
	here := newBench(t)
	m := here.board()
	ctx, cancel := context.WithCancel(here.ctx)
	_, err := here.Consult.WritePack(ctx, here.radiologist, m.ID, packing("a long passphrase"), io.Discard, func(int, int) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that it was cancelled", err)
	}
	if m, err = here.Consult.Get(here.ctx, here.radiologist, m.ID); err != nil || len(m.Packs) != 0 {
		t.Errorf("%d packs are noted, %v", len(m.Packs), err)
	}
}

package catalogue

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"longying/app/worker"
	"longying/models"
	"longying/records"
	"longying/records/seal"
	"longying/records/sqlite"
)

// TestMain lets this test binary stand in for the program as a worker.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		os.Exit(worker.Main(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// site is an empty data folder.
type site struct {
	*Catalogue
	t        *testing.T
	store    *sqlite.Store
	admin    records.User
	refusals int // in the trail, as of the last audited
}

func newSite(t *testing.T, timeout time.Duration) *site {
	t.Helper()
	library := os.Getenv("LONGYING_ORT_LIBRARY")
	if m := worker.NewModels(worker.Options{}, library, ""); true {
		_, err := m.Runtime()
		m.Close()
		if err != nil && os.Getenv("CI") == "" {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	home := t.TempDir()
	key, err := seal.Create(home, "a long passphrase for the test")
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), home, key, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	trial := func() Trial { return worker.NewModels(worker.Options{Timeout: timeout}, library, "") }
	return &site{New(home, store, trial, time.Now, nil), t, store, records.User{ID: "U1", Name: "管理员", Role: records.RoleAdministrator}, 0}
}

// files are a package: name to bytes.
type files map[string][]byte

// tiny is a package of tiny.onnx: probability = mean/4 + 1/2 of a picture of 2 x 2.
func tiny(t *testing.T, id, version string, change ...func(card map[string]any, f files)) files {
	t.Helper()
	f := files{"LICENSE": []byte("CC0"), "README.md": []byte("tiny")}
	data, err := os.ReadFile("../../models/testdata/film.json")
	if err != nil {
		t.Fatal(err)
	}
	var card map[string]any
	if err := json.Unmarshal(data, &card); err != nil {
		t.Fatal(err)
	}
	if f[models.ModelFile], err = os.ReadFile("../../inference/ort/testdata/tiny.onnx"); err != nil {
		t.Fatal(err)
	}
	card["id"], card["version"] = id, version
	in := card["input"].(map[string]any)
	in["preprocess"] = []any{map[string]any{"step": "modality-values"}, map[string]any{"step": "layout", "order": "NCHW"}}
	in["tensor"] = map[string]any{"name": "image", "shape": []any{-1, 1, -1, -1}, "order": "NCHW"}
	f["test/in.f32"] = floats(1, 2, 3, 4)
	f["test/out.f32"] = floats(2.5/4 + 0.5)
	f["test/cases.json"] = []byte(`{"input":"in.f32","shape":[1,1,2,2],"expected":{"probability":{"file":"out.f32","shape":[1,1]}},"tolerance":1e-6}`)
	f["test/in.u8"] = []byte{1, 2, 3, 4}
	f["test/preprocess.json"] = []byte(`{"pixels":"in.u8","rows":2,"columns":2,"samples":1,"photometric":"MONOCHROME2","tensor":"in.f32","shape":[1,1,2,2],"tolerance":0}`)
	for _, do := range change {
		do(card, f)
	}
	if file := card["file"].(map[string]any); file["sha256"] != "" {
		sum := sha256.Sum256(f[models.ModelFile])
		file["sha256"] = hex.EncodeToString(sum[:])
	}
	if f[models.CardFile] == nil {
		if f[models.CardFile], err = json.Marshal(card); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func floats(values ...float32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func (f files) folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range f {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// zip writes the files into a ZIP, all in one folder where inside is given.
func (f files) zip(t *testing.T, inside string, change ...func(*zip.FileHeader)) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(f)) {
		h := &zip.FileHeader{Name: inside + name, Method: zip.Deflate}
		for _, do := range change {
			do(h)
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "package.zip")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func (s *site) entry(id string) Entry {
	s.t.Helper()
	for _, e := range s.List() {
		if e.ID == id {
			return e
		}
	}
	return Entry{}
}

func (s *site) audited() []string {
	s.t.Helper()
	var out []string
	s.refusals = 0
	err := s.store.View(s.t.Context(), func(tx *sqlite.Tx) error {
		events, err := tx.AuditEvents(1000, 0)
		slices.Reverse(events) // newest first
		for _, e := range events {
			if e.Outcome == "ok" {
				out = append(out, e.Action+" "+e.Object+" by "+e.UserID)
			} else {
				s.refusals++
			}
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// folders lists what lies in models/ besides the list and the cards.
func (s *site) folders() []string {
	s.t.Helper()
	entries, err := os.ReadDir(Folder(s.home))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		s.t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if e.Name() != indexFile && e.Name() != cardsFolder {
			out = append(out, e.Name())
		}
	}
	return out
}

func TestAPackageIsInstalledFromAFolderAndAZIPAndIsThereAfterAStart(t *testing.T) {
	s := newSite(t, time.Minute)
	one := tiny(t, "tiny", "1.0.0")
	one["train/train.py"] = []byte("print()")
	res, err := s.Install(t.Context(), s.admin, one.folder(t), false, nil)
	if err != nil || res.Card.ID != "tiny" || res.Replaced != "" || !slices.Equal(res.Left, []string{"train/train.py"}) {
		t.Fatalf("got %+v, %v", res, err)
	}
	res, err = s.Install(t.Context(), s.admin, tiny(t, "tiny", "1.1.0").zip(t, "tiny/"), false, nil)
	if err != nil || res.Replaced != "1.0.0" {
		t.Fatalf("got %+v, %v", res, err)
	}
	if _, err = s.Install(t.Context(), s.admin, tiny(t, "other", "0.9.0").zip(t, ""), false, nil); err != nil {
		t.Fatal(err)
	}
	e := s.entry("tiny")
	if e.Origin != Installed || e.Version != "1.1.0" || e.By != "U1" || e.Package == nil || e.Broken != nil {
		t.Errorf("got %+v", e)
	}
	packages, broken := Usable(List(s.home))
	shipped, _ := models.LoadShipped()
	if len(packages) != len(shipped)+2 || len(broken) != 0 {
		t.Errorf("%d packages, %v", len(packages), broken)
	}
	if got := s.folders(); len(got) != 2 {
		t.Errorf("left behind: %v", got)
	}
	if _, err := os.Stat(filepath.Join(Folder(s.home), s.folders()[0], "train")); err == nil {
		t.Error("the training folder was copied")
	}
	if got := strings.Join(s.audited(), ", "); got != "install_model tiny@1.0.0 by U1, install_model tiny@1.1.0 by U1, install_model other@0.9.0 by U1" {
		t.Errorf("audit: %s", got)
	}
}

func TestAVersionThatIsNotNewerNeedsReplace(t *testing.T) {
	s := newSite(t, time.Minute)
	shipped, _ := models.LoadShipped()
	ship := shipped[0].Card
	if _, err := s.Install(t.Context(), s.admin, tiny(t, "tiny", "1.10.0").folder(t), false, nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ id, version string }{{"tiny", "1.10.0"}, {"tiny", "1.9.0"}, {ship.ID, ship.Version}} {
		from := tiny(t, c.id, c.version).folder(t)
		var refused *records.RefusedError
		if _, err := s.Install(t.Context(), s.admin, from, false, nil); !errors.As(err, &refused) || refused.Code != "package_older" {
			t.Errorf("%v: got %v", c, err)
		}
		if _, err := s.Install(t.Context(), s.admin, from, true, nil); err != nil {
			t.Errorf("%v with replace: %v", c, err)
		}
		if e := s.entry(c.id); e.Version != c.version || e.Origin != Installed {
			t.Errorf("%v: %+v", c, e)
		}
	}
	if len(s.folders()) != 2 {
		t.Errorf("left behind: %v", s.folders())
	}
}

func TestWhatIsRemovedLeavesItsCardAndAShippedModelCountsAgain(t *testing.T) {
	s := newSite(t, time.Minute)
	shipped, _ := models.LoadShipped()
	id := shipped[0].Card.ID
	for _, name := range []string{id, "tiny"} {
		if _, err := s.Install(t.Context(), s.admin, tiny(t, name, "99.0.0").folder(t), false, nil); err != nil {
			t.Fatal(err)
		}
		if v, err := s.Remove(t.Context(), s.admin, name); err != nil || v != "99.0.0" {
			t.Fatal(v, err)
		}
		if kept := KeptCards(s.home, name); len(kept) != 1 || kept[0].Version != "99.0.0" {
			t.Errorf("%s: kept %v", name, kept)
		}
	}
	if e := s.entry(id); e.Origin != Shipped || e.Package == nil {
		t.Errorf("got %+v", e)
	}
	if len(s.folders()) != 0 {
		t.Errorf("left behind: %v", s.folders())
	}
	var refused *records.RefusedError
	if _, err := s.Remove(t.Context(), s.admin, id); !errors.As(err, &refused) {
		t.Errorf("a shipped model: %v", err)
	}
	if _, err := s.Remove(t.Context(), s.admin, "nothing"); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("nothing: %v", err)
	}
}

func TestOnlyAnAdministratorInstallsAndRemoves(t *testing.T) {
	s := newSite(t, time.Minute)
	doctor := records.User{ID: "U2", Name: "李影", Role: records.RoleRadiologist}
	var refused *records.RefusedError
	if _, err := s.Install(t.Context(), doctor, tiny(t, "tiny", "1.0.0").folder(t), false, nil); !errors.As(err, &refused) || refused.Code != "right" {
		t.Errorf("got %v", err)
	}
	if _, err := s.Remove(t.Context(), doctor, "tiny"); !errors.As(err, &refused) || refused.Code != "right" {
		t.Errorf("got %v", err)
	}
	if len(s.audited()) != 0 || len(s.folders()) != 0 {
		t.Error("something was done")
	}
	if s.refusals != 2 {
		t.Errorf("%d refusals are in the trail, want 2", s.refusals)
	}
}

// Each package is refused with a reason that names what is wrong, and nothing of
// it stays.
func TestAPackageThatIsNotSoundIsRefusedAndLeavesNothing(t *testing.T) {
	s := newSite(t, 3*time.Second)
	card := func(change func(map[string]any)) func(map[string]any, files) {
		return func(c map[string]any, _ files) { change(c) }
	}
	swap := func(file string, data []byte) func(map[string]any, files) {
		return func(_ map[string]any, f files) { f[file] = data }
	}
	endless, err := os.ReadFile("../../inference/ort/testdata/endless.onnx")
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile("../../inference/ort/testdata/tiny.onnx")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(map[string]any, files)
		want   string
	}{
		"an unknown key":      {card(func(c map[string]any) { c["surprise"] = 1 }), "surprise"},
		"no model":            {func(_ map[string]any, f files) { delete(f, models.ModelFile) }, "model.onnx"},
		"another hash":        {func(c map[string]any, f files) { c["file"].(map[string]any)["sha256"] = "" }, "sha256"},
		"another opset":       {card(func(c map[string]any) { c["file"].(map[string]any)["opset"] = 16 }), "opset 17"},
		"another input":       {card(func(c map[string]any) { c["input"].(map[string]any)["tensor"].(map[string]any)["name"] = "x" }), `"x"`},
		"an output too many":  {card(func(c map[string]any) { c["outputs"].([]any)[1].(map[string]any)["name"] = "mask" }), `"mask"`},
		"a text for a model":  {swap(models.ModelFile, []byte("hello, I am a model")), "ONNX"},
		"a model cut short":   {swap(models.ModelFile, whole[:len(whole)-20]), "ONNX"},
		"random bytes behind": {swap(models.ModelFile, append(slices.Clone(whole), 0xff, 0xff, 1)), "ONNX"},
		// A function whose node has a constant with data_location EXTERNAL.
		"weights elsewhere":         {swap(models.ModelFile, append(slices.Clone(whole), 0xca, 1, 8, 0x3a, 6, 0x2a, 4, 0x2a, 2, 0x70, 1)), "other files"},
		"a runtime of the future":   {card(func(c map[string]any) { c["file"].(map[string]any)["minimum_runtime"] = "99.0.0" }), "99.0.0"},
		"another answer":            {swap("test/out.f32", floats(0.25)), "wanted 0.25"},
		"another tensor":            {swap("test/in.u8", []byte{1, 2, 3, 5}), "in.u8"},
		"no cases":                  {func(_ map[string]any, f files) { delete(f, "test/cases.json") }, "cases.json"},
		"a case that leaves":        {swap("test/cases.json", []byte(`{"input":"../../../../../etc/passwd","shape":[1,1,2,2],"expected":{"probability":{"file":"out.f32","shape":[1,1]}},"tolerance":1}`)), "passwd"},
		"a model that never ends":   {swap(models.ModelFile, endless), "did not end in time"},
		"a card that is two cards":  {swap(models.CardFile, []byte("{}{}")), "card.json"},
		"a tensor of another shape": {swap("test/cases.json", []byte(`{"input":"in.f32","shape":[2,2],"expected":{"probability":{"file":"out.f32","shape":[1,1]}},"tolerance":1}`)), "in.f32"},
	} {
		t.Run(name, func(t *testing.T) {
			var change []func(map[string]any, files)
			change = append(change, c.change)
			_, err := s.Install(t.Context(), s.admin, tiny(t, "tiny", "1.0.0", change...).folder(t), false, nil)
			var refused *records.RefusedError
			if !errors.As(err, &refused) || refused.Code != "package" || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if got := s.folders(); len(got) != 0 || s.entry("tiny").ID != "" {
				t.Errorf("left behind: %v", got)
			}
		})
	}
	if got := s.audited(); len(got) != 0 || s.refusals == 0 {
		t.Errorf("audit: %v and %d refusals", got, s.refusals)
	}
}

func TestAZIPThatWouldLeaveItsFolderOrFillTheDiskIsRefused(t *testing.T) {
	s := newSite(t, time.Minute)
	with := func(name string, data []byte) files {
		f := tiny(t, "tiny", "1.0.0")
		f[name] = data
		return f
	}
	many := tiny(t, "tiny", "1.0.0")
	for i := range mostFiles {
		many["test/"+hex.EncodeToString([]byte{byte(i >> 8), byte(i)})] = nil
	}
	twice := tiny(t, "tiny", "1.0.0")
	twice["test/IN.f32"] = floats(0, 0, 0, 0)
	for name, c := range map[string]struct{ file, want string }{
		"a name that climbs":       {with("../evil", nil).zip(t, ""), "leads out"},
		"a climb in the middle":    {with("test/../../evil", nil).zip(t, ""), "leads out"},
		"an absolute name":         {with("/etc/evil", nil).zip(t, ""), "leads out"},
		"a Windows drive":          {with("C:evil", nil).zip(t, ""), "leads out"},
		"a Windows way":            {with(`test\..\..\evil`, nil).zip(t, ""), "leads out"},
		"a very long name":         {with("test/"+strings.Repeat("x", 300), nil).zip(t, ""), "longer than"},
		"a bomb":                   {with("test/zeros", make([]byte, ratioFrom+1)).zip(t, ""), "unpack"},
		"thousands of files":       {many.zip(t, ""), "more than"},
		"one name twice on a disk": {twice.zip(t, ""), "twice"},
		"links": {tiny(t, "tiny", "1.0.0").zip(t, "", func(h *zip.FileHeader) {
			if h.Name == "LICENSE" {
				h.SetMode(os.ModeSymlink | 0o777)
			}
		}), "link"},
	} {
		_, err := s.Install(t.Context(), s.admin, c.file, false, nil)
		var refused *records.RefusedError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	two := files{"a/card.json": nil, "b/card.json": nil}
	for name, from := range map[string]string{
		"two packages": two.zip(t, ""), "none": files{"x": nil}.zip(t, ""), "no ZIP": filepath.Join(files{"x": []byte("hello")}.folder(t), "x"), "no file": "/nothing/here",
	} {
		if _, err := s.Install(t.Context(), s.admin, from, false, nil); err == nil || !strings.Contains(err.Error(), from) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if got := s.folders(); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}

func TestALinkInAFolderIsRefused(t *testing.T) {
	s := newSite(t, time.Minute)
	dir := tiny(t, "tiny", "1.0.0").folder(t)
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "test", "more.f32")); err != nil {
		t.Skip(err)
	}
	if _, err := s.Install(t.Context(), s.admin, dir, false, nil); err == nil || !strings.Contains(err.Error(), "link") {
		t.Errorf("got %v", err)
	}
}

func TestAnInstalledModelThatWasChangedIsListedWithItsReasonAndNotReplacedUnasked(t *testing.T) {
	s := newSite(t, time.Minute)
	shipped, _ := models.LoadShipped()
	id := shipped[0].Card.ID
	if _, err := s.Install(t.Context(), s.admin, tiny(t, id, "99.0.0").folder(t), false, nil); err != nil {
		t.Fatal(err)
	}
	model := filepath.Join(Folder(s.home), s.folders()[0], models.ModelFile)
	good, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(model, []byte("changed"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := s.entry(id)
	if e.Package != nil || e.Broken == nil || !strings.Contains(e.Broken.Error(), "99.0.0") || !strings.Contains(e.Broken.Error(), "SHA-256") {
		t.Errorf("got %+v", e)
	}
	if err := os.WriteFile(model, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if e := s.entry(id); e.Broken != nil {
		t.Fatal(e.Broken)
	}
	card := filepath.Join(filepath.Dir(model), models.CardFile)
	data, err := os.ReadFile(card)
	if err != nil {
		t.Fatal(err)
	}
	easier := bytes.Replace(data, []byte(`"threshold":0.5,"unsure":[0.4`), []byte(`"threshold":0.4,"unsure":[0.4`), 1)
	if bytes.Equal(easier, data) {
		t.Fatal("the test changes nothing")
	}
	if err := os.WriteFile(card, easier, 0o600); err != nil {
		t.Fatal(err)
	}
	if e := s.entry(id); e.Package != nil || e.Broken == nil || !strings.Contains(e.Broken.Error(), "changed after it was installed") {
		t.Errorf("another threshold: %+v", e)
	}
	packages, broken := Usable(s.List())
	if len(broken) != 1 || slices.ContainsFunc(packages, func(p *models.Package) bool { return p.Card.ID == id }) {
		t.Errorf("the shipped one took its place unasked: %v", broken)
	}
	if err := os.WriteFile(filepath.Join(Folder(s.home), indexFile), []byte(`{"schema":"longying-installed/1","installed":[{"id":"x","folder":"../.."}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, broken := Usable(s.List()); len(broken) != 1 || !strings.Contains(broken[0].Error(), indexFile) {
		t.Errorf("a list that leads out: %v", broken)
	}
}

func TestALaterInstallationSweepsWhatAPulledPlugLeft(t *testing.T) {
	s := newSite(t, time.Minute)
	old, young := filepath.Join(Folder(s.home), stagedPrefix+"old"), filepath.Join(Folder(s.home), stagedPrefix+"young")
	for _, dir := range []string{old, young} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Install(t.Context(), s.admin, tiny(t, "tiny", "1.0.0").folder(t), false, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); err == nil {
		t.Error("what was left is still there")
	}
	if _, err := os.Stat(young); err != nil {
		t.Error("what another program may be installing is gone")
	}
}

func TestACancelledInstallationLeavesNothing(t *testing.T) {
	s := newSite(t, time.Minute)
	endless, err := os.ReadFile("../../inference/ort/testdata/endless.onnx")
	if err != nil {
		t.Fatal(err)
	}
	from := tiny(t, "tiny", "1.0.0", func(_ map[string]any, f files) { f[models.ModelFile] = endless }).folder(t)
	ctx, cancel := contextThatEndsWhen(t, func() bool { return len(s.folders()) > 0 })
	defer cancel()
	if _, err := s.Install(ctx, s.admin, from, false, nil); !errors.Is(err, ctx.Err()) || err == nil {
		t.Errorf("got %v", err)
	}
	if got := s.folders(); len(got) != 0 || len(s.audited()) != 0 {
		t.Errorf("left behind: %v", got)
	}
}

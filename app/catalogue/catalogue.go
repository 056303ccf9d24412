package catalogue

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"longying/models"
)

// Origin says where a package lies.
type Origin string

// The origins.
const (
	Shipped   Origin = "shipped"   // in the program
	Installed Origin = "installed" // in the data folder
	Removed   Origin = "removed"   // its card alone is kept, for what findings name
)

// Entry is one model package of this site.
type Entry struct {
	ID      string
	Version string
	Origin  Origin
	Package *models.Package // nil where it cannot be used
	Broken  error           // why
	By      string          // who installed it, by user ID
	At      time.Time       // when
}

// row is one package of installed.json.
type row struct {
	ID      string    `json:"id"`
	Version string    `json:"version"`
	SHA256  string    `json:"sha256"`      // of model.onnx, as the card said when it was installed
	Card    string    `json:"card_sha256"` // of card.json: a threshold changed afterwards is a damage
	Folder  string    `json:"folder"`      // in models/
	By      string    `json:"by"`
	At      time.Time `json:"at"`
}

// index is installed.json.
type index struct {
	Schema    string `json:"schema"`
	Installed []row  `json:"installed"`
}

const (
	indexFile   = "installed.json"
	indexSchema = "longying-installed/1"
	indexLimit  = 1 << 20 // bytes
	cardsFolder = "cards"
)

// Folder is where the packages of a data folder lie.
func Folder(home string) string { return filepath.Join(home, "models") }

// List gives the packages of a data folder: those that ship, and those installed,
// ordered by ID. An installed one stands for a shipped one of the same ID, also
// where it is broken: a model is never exchanged for another unasked. home may be
// empty or hold nothing.
func List(home string) []Entry {
	byID := map[string]Entry{}
	packages, broken := models.LoadShipped()
	for _, p := range packages {
		byID[p.Card.ID] = Entry{ID: p.Card.ID, Version: p.Card.Version, Origin: Shipped, Package: p}
	}
	for i, err := range broken {
		id := fmt.Sprintf("shipped-%d", i+1) // a shipped card that cannot be read has no ID
		byID[id] = Entry{ID: id, Origin: Shipped, Broken: err}
	}
	if home != "" {
		x, err := readIndex(home)
		if err != nil {
			byID[indexFile] = Entry{ID: indexFile, Origin: Installed, Broken: err}
		}
		for _, r := range x.Installed {
			e := Entry{ID: r.ID, Version: r.Version, Origin: Installed, By: r.By, At: r.At}
			e.Package, e.Broken = r.load(home)
			byID[r.ID] = e
		}
	}
	out := make([]Entry, 0, len(byID))
	for _, e := range byID {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// Usable gives the packages of a list that can be used, and why the others
// cannot.
func Usable(entries []Entry) (packages []*models.Package, broken []error) {
	for _, e := range entries {
		if e.Broken != nil {
			broken = append(broken, e.Broken)
			continue
		}
		packages = append(packages, e.Package)
	}
	return packages, broken
}

// load opens an installed package and holds it against what was installed.
func (r row) load(home string) (*models.Package, error) {
	fail := func(err error) (*models.Package, error) {
		return nil, fmt.Errorf("installed model %s %s: %w; install it again, or remove it", r.ID, r.Version, err)
	}
	p, err := models.Load(os.DirFS(filepath.Join(Folder(home), r.Folder)), ".")
	if err != nil {
		return fail(err)
	}
	if c := p.Card; c.ID != r.ID || c.Version != r.Version || c.File.SHA256 != r.SHA256 {
		return fail(fmt.Errorf("its folder now holds %s %s with SHA-256 %s", c.ID, c.Version, c.File.SHA256))
	}
	switch sum, err := cardHash(p); {
	case err != nil:
		return fail(err)
	case sum != r.Card:
		return fail(fmt.Errorf("%s was changed after it was installed: its SHA-256 is %s, not %s", models.CardFile, sum, r.Card))
	}
	return p, nil
}

func cardHash(p *models.Package) (string, error) {
	data, err := p.ReadFile(models.CardFile, cardLimit)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// readIndex reads installed.json; a data folder without one has nothing
// installed.
func readIndex(home string) (index, error) {
	var x index
	path := filepath.Join(Folder(home), indexFile)
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return x, nil
	}
	if err == nil && st.Size() > indexLimit {
		err = fmt.Errorf("it has %d bytes", st.Size())
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(path)
	}
	if err == nil {
		err = json.Unmarshal(data, &x)
	}
	if err == nil && x.Schema != indexSchema {
		err = fmt.Errorf("schema %q", x.Schema)
	}
	for _, r := range x.Installed {
		if err == nil && (!fs.ValidPath(r.Folder) || strings.ContainsAny(r.Folder, `/\`) || r.Folder == ".") {
			err = fmt.Errorf("folder %q", r.Folder)
		}
	}
	if err != nil {
		return index{}, fmt.Errorf("the list of installed models, %s, cannot be read: %w; install the models again", path, err)
	}
	return x, nil
}

// writeIndex replaces installed.json in one step.
func writeIndex(home string, x index) error {
	x.Schema = indexSchema
	data, err := json.MarshalIndent(x, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(Folder(home), indexFile), append(data, '\n'))
}

// replaceFile writes a file beside its place, makes it last, and moves it there.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".write-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the names in a folder last. Windows has no such thing, and
// there renaming does it.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrInvalid) {
		return err
	}
	return nil
}

// KeptCards lists the cards of packages that were installed once and are not any
// more, with that ID; newest first.
func KeptCards(home, id string) []*models.Card {
	files, err := filepath.Glob(filepath.Join(Folder(home), cardsFolder, "*.json"))
	if err != nil {
		return nil
	}
	var out []*models.Card
	for _, file := range files {
		if !strings.HasPrefix(filepath.Base(file), id+"@") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if c, err := models.Parse(data); err == nil && c.ID == id {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *models.Card) int { return models.CompareVersions(b.Version, a.Version) })
	return out
}

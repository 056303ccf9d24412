package catalogue

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"longying/inference"
	"longying/models"
)

// Packed is what Pack made.
type Packed struct {
	Card *models.Card
	File string   // the ZIP
	Left []string // files of the folder that are no part of a package
}

// Pack makes a package, a ZIP, of a folder with model.onnx, a draft of card.json
// and reference cases: hash, opset, shapes, seconds on this CPU and memory are
// filled in (models.CompleteCard), and the package's own test must pass. out is
// the ZIP, ID-VERSION.zip beside the folder where it is empty; a file that is
// there is not overwritten. The folder stays as it is.
func Pack(ctx context.Context, folder, out string, trial Trial) (Packed, error) {
	var done Packed
	src, err := openSource(folder)
	if err != nil {
		return done, err
	}
	defer src.close()
	draft, err := src.read(models.CardFile, cardLimit)
	if err != nil {
		return done, err
	}
	facts, err := src.facts()
	if err != nil {
		return done, err
	}
	facts.MinimumRuntime, facts.CPU = "1.0.0", cpuName()
	_, card, err := models.CompleteCard(draft, facts)
	if err != nil {
		return done, err
	}
	staged, err := os.MkdirTemp("", "longying-pack-")
	if err != nil {
		return done, err
	}
	defer os.RemoveAll(staged)
	if done.Left, err = src.take(staged, card); err != nil {
		return done, err
	}
	pkg, err := write(staged, draft, facts)
	if err != nil {
		return done, err
	}
	if err := checkGraphs(pkg); err != nil {
		return done, err
	}
	if err := measure(ctx, pkg, trial, &facts); err != nil {
		return done, err
	}
	if pkg, err = write(staged, draft, facts); err != nil {
		return done, err
	}
	done.Card = pkg.Card
	if out == "" {
		out = filepath.Join(filepath.Dir(filepath.Clean(folder)), card.ID+"-"+card.Version+".zip")
	}
	done.File = out
	if err := writeZIP(out, pkg); err != nil {
		return done, err
	}
	// What was packed must be within what is taken.
	made, err := openSource(out)
	if err != nil {
		os.Remove(out)
		return done, err
	}
	return done, made.close()
}

// read reads one small file of the package.
func (s *source) read(name string, limit int64) ([]byte, error) {
	f, err := s.fsys.Open(path.Join(s.base, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, err
}

func (s *source) facts() (models.Facts, error) {
	var f models.Facts
	for name, to := range map[string]func(sum string, g models.Graph){
		models.ModelFile: func(sum string, g models.Graph) { f.SHA256, f.Graph = sum, g },
		models.HeadFile:  func(sum string, g models.Graph) { f.HeadSHA256, f.Head = sum, g },
	} {
		data, err := s.read(name, largestFile)
		if errors.Is(err, fs.ErrNotExist) && name == models.HeadFile {
			continue
		}
		if err != nil {
			return f, err
		}
		g, err := models.ReadGraph(data)
		if err != nil {
			return f, fmt.Errorf("%s: %w", name, err)
		}
		sum := sha256.Sum256(data)
		to(hex.EncodeToString(sum[:]), g)
	}
	return f, nil
}

// write puts the completed card into the staged package and loads it.
func write(staged string, draft []byte, facts models.Facts) (*models.Package, error) {
	data, _, err := models.CompleteCard(draft, facts)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(staged, models.CardFile), data, 0o600); err != nil {
		return nil, err
	}
	return models.Load(os.DirFS(staged), ".")
}

// peak is a Trial that knows how much memory a model has taken.
type peak interface {
	PeakMemory(pkg *models.Package) int64
}

// timesMeasured is how often the cases run for the time, the first for the test
// alone, because a first run also reserves memory. Of a model that takes longer
// than measureFor the first must do.
const (
	timesMeasured = 4
	measureFor    = 15 * time.Second
)

// measure runs the package's own test and times it.
func measure(ctx context.Context, pkg *models.Package, trial Trial, facts *models.Facts) error {
	runner, err := trial.Load(pkg)
	if err != nil {
		return err
	}
	t := &timed{Runner: runner}
	started := time.Now()
	for i := range timesMeasured {
		if i > 0 && time.Since(started) > measureFor {
			break
		}
		if i == 1 {
			t.took = nil
		}
		if err := inference.Verify(ctx, pkg, t); err != nil {
			return err
		}
	}
	if len(t.took) == 0 {
		return errors.New("the reference cases run nothing")
	}
	slices.Sort(t.took)
	facts.Seconds = t.took[len(t.took)/2]
	words := strings.Fields(runner.RuntimeVersion())
	if len(words) > 0 {
		facts.MinimumRuntime = words[len(words)-1]
	}
	if p, ok := trial.(peak); ok {
		facts.MemoryMiB = int(p.PeakMemory(pkg) >> 20)
	}
	return nil
}

// timed notes how many seconds each sample took.
type timed struct {
	inference.Runner
	took []float64
}

// Run is inference.Runner's.
func (t *timed) Run(ctx context.Context, inputs map[string]inference.Tensor, outputs []string) (map[string]inference.Tensor, error) {
	started := time.Now()
	out, err := t.Runner.Run(ctx, inputs, outputs)
	took := time.Since(started).Seconds()
	for _, in := range inputs {
		if len(in.Shape) > 0 && in.Shape[0] > 0 {
			took /= float64(in.Shape[0])
		}
	}
	t.took = append(t.took, float64(int(took*1e5+0.5))/1e5)
	return out, err
}

// writeZIP writes a package, always the same bytes for the same files.
func writeZIP(out string, pkg *models.Package) (err error) {
	f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; remove it or name another with --out", out)
	}
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			os.Remove(out)
		}
	}()
	z := zip.NewWriter(f)
	err = fs.WalkDir(pkg.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		in, err := pkg.Files.Open(name)
		if err != nil {
			return err
		}
		defer in.Close()
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err != nil {
			return err
		}
		_, err = io.Copy(w, in)
		return err
	})
	return errors.Join(err, z.Close(), f.Sync())
}

// cpuName is the processor as its maker calls it.
func cpuName() string {
	name := os.Getenv("PROCESSOR_IDENTIFIER") // Windows
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			if k, v, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(k) == "model name" {
				name = strings.TrimSpace(v)
				break
			}
		}
	}
	if name == "" {
		name = runtime.GOARCH
	}
	return fmt.Sprintf("%s, %d cores", name, runtime.NumCPU())
}

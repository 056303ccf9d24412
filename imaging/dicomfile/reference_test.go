package dicomfile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/codec/native"
)

// known is one line of testdata/reference.tsv: what independent decoders
// read out of a frame of a real file. testdata/reference.py makes it and gives
// the meaning of the rules.
type known struct {
	file                                        string
	frame                                       int
	rows, columns, samples, bits, stored, signd int
	hash, decoders, rule, note                  string
}

func references(t testing.TB) []known {
	t.Helper()
	b, err := os.ReadFile("testdata/reference.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var out []known
	for line := range strings.Lines(string(b)) {
		v := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(v) != 12 {
			t.Fatalf("%d columns in %q", len(v), line)
		}
		if v[0] == "file" {
			continue
		}
		r := known{file: v[0], hash: v[8], decoders: v[9], rule: v[10], note: v[11]}
		for i, to := range []*int{&r.frame, &r.rows, &r.columns, &r.samples, &r.bits, &r.stored, &r.signd} {
			if *to, err = strconv.Atoi(v[1+i]); err != nil {
				t.Fatal(line, err)
			}
		}
		out = append(out, r)
	}
	return out
}

// referenceFile is the path of a file of the table; empty where its collection
// is not here. LONGYING_PYDICOM names the data folder of the Python package
// pydicom, which make conformance brings.
func referenceFile(name string) string {
	collection, rest, _ := strings.Cut(name, "/")
	if collection == "pydicom" {
		if dir := os.Getenv("LONGYING_PYDICOM"); dir != "" {
			return filepath.Join(dir, filepath.FromSlash(rest))
		}
		return ""
	}
	for up := "."; len(up) < 40; up = filepath.Join("..", up) {
		if _, err := os.Stat(filepath.Join(up, "shared", "data")); err == nil {
			return filepath.Join(up, "shared", "data", filepath.FromSlash(rest))
		}
	}
	return ""
}

func (r known) decode(t testing.TB, path string) (*imaging.Frame, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	frame, err := f.Frame(context.Background(), native.Decoder{}, r.frame)
	if err != nil {
		return nil, err
	}
	if err := frame.Check(); err != nil {
		t.Errorf("%s, frame %d: %v", r.file, r.frame, err)
	}
	// What has a decoder in Go besides that of a library gives the same by it.
	own, err := f.Frame(context.Background(), codec.Local{}, r.frame)
	var lacking *codec.UnsupportedError
	if err == nil && !bytes.Equal(own.Bytes(), frame.Bytes()) || err != nil && !errors.As(err, &lacking) {
		t.Errorf("%s, frame %d: the decoder in Go gives other values: %v", r.file, r.frame, err)
	}
	return frame, nil
}

// Every frame is that of the decoders which the table names: to the last bit,
// or within the bound that it states. Without the collections, which are not
// part of this repository, there is nothing to compare.
func TestEveryReferenceFrameIsThatOfItsDecoders(t *testing.T) {
	all := references(t)
	if len(all) < 430 {
		t.Fatal(len(all), "lines")
	}
	compared := map[string]int{}
	for _, r := range all {
		path := referenceFile(r.file)
		if path == "" {
			continue
		}
		collection, _, _ := strings.Cut(r.file, "/")
		compared[collection]++
		r.compare(t, path)
	}
	t.Log(compared, "frames compared")
	if len(compared) == 0 {
		t.Skip("neither shared/data nor LONGYING_PYDICOM is here")
	}
}

func (r known) compare(t *testing.T, path string) {
	f, err := r.decode(t, path)
	if r.rule == "refused" {
		var d *codec.DataError
		if !errors.As(err, &d) || !strings.Contains(err.Error(), filepath.Base(path)) {
			t.Errorf("%s, frame %d, was not refused with a reason: %v", r.file, r.frame, err)
		}
		return
	}
	if err != nil {
		t.Error(err)
		return
	}
	signed := f.Signed() || f.IsFloat()
	if f.Rows != r.rows || f.Columns != r.columns || f.Samples != r.samples || f.BitsAllocated() != r.bits || f.BitsStored != r.stored || signed != (r.signd != 0) {
		t.Errorf("%s, frame %d: %d x %d x %d of %d bits, %d stored, signed %v; the table has %+v", r.file, r.frame, f.Rows, f.Columns, f.Samples, f.BitsAllocated(), f.BitsStored, signed, r)
	}
	if whole := r.rule != "cut short"; whole != (f.Missing == 0) || (r.rule == "damaged" || !whole) != f.Damaged || f.Damaged && f.Note == "" {
		t.Errorf("%s, frame %d: %d pixels missing, damaged %v, %q; the table says %s", r.file, r.frame, f.Missing, f.Damaged, f.Note, r.rule)
	}
	bound, of, within := strings.Cut(strings.TrimPrefix(r.rule, "within "), " of ")
	if !within {
		if sum := sha256.Sum256(f.Bytes()); hex.EncodeToString(sum[:]) != r.hash {
			t.Errorf("%s, frame %d: the values are not those of %s", r.file, r.frame, r.decoders)
		}
		return
	}
	truth, err := known{file: of, frame: 1}.decode(t, referenceFile(of))
	if err != nil {
		t.Error(err)
		return
	}
	if off, most := distance(t, f, truth, bound); !(off <= most) {
		t.Errorf("%s: off by %g, at most %g is allowed", r.file, off, most)
	}
}

// distance is how far a frame is from the truth, and how far it may be: the
// largest difference, or for a bound in per cent the root mean square, of the
// range of the truth.
func distance(t *testing.T, f, truth *imaging.Frame, bound string) (off, most float64) {
	percent := strings.HasSuffix(bound, "%")
	if _, err := fmt.Sscan(strings.TrimSuffix(bound, "%"), &most); err != nil || f.Len() != truth.Len() {
		t.Errorf("a bound of %q, %d values for %d: %v", bound, f.Len(), truth.Len(), err)
		return math.Inf(1), 0
	}
	worst, squares, low, high := 0.0, 0.0, math.Inf(1), math.Inf(-1)
	for i := range truth.Len() {
		v := truth.At(i)
		d := math.Abs(v - f.At(i))
		worst, squares = max(worst, d), squares+d*d
		low, high = min(low, v), max(high, v)
	}
	if percent {
		return math.Sqrt(squares / float64(truth.Len())), most / 100 * (high - low)
	}
	return worst, most
}

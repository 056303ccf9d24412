package worker

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"longying/app/samples"
	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/codec/native"
	"longying/imaging/dicomfile"
)

// same decodes in a worker and here: the frame, its notes and errors must be
// equal.
func same(t *testing.T, d *Decoder, name string, in codec.Encoded) {
	t.Helper()
	want, wantErr := native.Decoder{}.Decode(context.Background(), in)
	got, gotErr := d.Decode(context.Background(), in)
	if fmt.Sprintf("%T %v", wantErr, wantErr) != fmt.Sprintf("%T %v", gotErr, gotErr) {
		t.Errorf("%s: error %v, here %v", name, gotErr, wantErr)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: the worker's frame differs", name)
	}
}

// streams are those that the decoders' own tests hold, with every form of the
// native codecs, and each of them cut short.
func streams(t *testing.T) map[string]codec.Encoded {
	t.Helper()
	folder := filepath.Join("..", "..", "imaging", "codec", "native", "testdata")
	table, err := os.ReadFile(filepath.Join(folder, "expected.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]codec.Encoded{}
	for line := range strings.Lines(string(table)) {
		var name string
		in := codec.Encoded{}
		p, signed := &in.Pixels, 0
		if _, err := fmt.Sscan(line, &name, &in.TransferSyntaxUID, &p.Rows, &p.Columns, &p.Samples, &p.BitsAllocated, &p.BitsStored, &signed, &p.Photometric); err != nil {
			t.Fatal(line, err)
		}
		p.Frames, p.HighBit, p.Signed, p.Compressed = 1, p.BitsStored-1, signed != 0, true
		if in.Data, err = os.ReadFile(filepath.Join(folder, "streams", name)); err != nil {
			t.Fatal(err)
		}
		out[name] = in
		in.Data = in.Data[:len(in.Data)*2/3]
		out[name+", cut short"] = in
	}
	return out
}

func TestAWorkerDecodesEveryFormOfStreamAsThisProcessDoes(t *testing.T) {
	for _, piped := range []bool{false, true} {
		o := options(false)
		o.piped = piped
		d := newDecoder(t, o)
		all := streams(t)
		if len(all) < 200 {
			t.Fatal(len(all), "streams")
		}
		for name, in := range all {
			same(t, d, name, in)
		}
	}
}

// Headers that hold what JSON cannot say must not matter.
func TestAnyHeaderReachesTheWorker(t *testing.T) {
	d := newDecoder(t, options(false))
	in := streams(t)["j2k-12u.j2k"]
	inf := 1e308
	in.Pixels.AspectRatio = inf * 10
	padding := -2000
	in.Pixels.PaddingValue = &padding
	in.Pixels.Photometric = "MONO\xff\xfe"
	same(t, d, "an infinite aspect ratio", in)
	in.Pixels.HighBit = 99
	same(t, d, "an impossible high bit", in)
	in.Pixels.Rows = 0
	same(t, d, "no rows", in)
	in.Pixels.Rows, in.Data = 3, nil
	same(t, d, "no data", in)
}

// files decodes some frames of every DICOM object under a folder, and gives
// how many.
func files(t *testing.T, d *Decoder, folder string) (decoded int) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		f, err := dicomfile.Open(path)
		if err != nil {
			return nil // not an object with pixels
		}
		defer f.Close()
		p := f.Instance().Pixels
		if p.Rows == 0 {
			return nil
		}
		for n := 1; n <= min(p.Frames, 3); n++ {
			want, wantErr := f.Frame(t.Context(), native.Decoder{}, n)
			got, gotErr := f.Frame(t.Context(), d, n)
			if fmt.Sprint(wantErr) != fmt.Sprint(gotErr) {
				t.Errorf("%s: error %v, here %v", path, gotErr, wantErr)
			}
			if !equalFrames(got, want) {
				t.Errorf("%s, frame %d: the worker's frame differs", path, n)
			}
			if got != nil {
				decoded++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

// equalFrames compares by bytes: floating values may be no numbers.
func equalFrames(a, b *imaging.Frame) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, y := *a, *b
	x.Float32, x.Float64, y.Float32, y.Float64 = nil, nil, nil, nil
	return reflect.DeepEqual(x, y) && string(a.Bytes()) == string(b.Bytes())
}

func TestTheShippedSamplesAreDecodedAsInThisProcess(t *testing.T) {
	folder := t.TempDir()
	if err := samples.Extract(folder); err != nil {
		t.Fatal(err)
	}
	if n := files(t, newDecoder(t, options(false)), folder); n == 0 {
		t.Error("no sample was decoded")
	}
}

// shared is a file of the inputs beside the project, or a skip.
func shared(t testing.TB, path ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		p := filepath.Join(append([]string{dir, "shared"}, path...)...)
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	t.Skipf("shared/%s is not beside the project", filepath.Join(path...))
	return ""
}

func TestRealFilesAreDecodedAsInThisProcess(t *testing.T) {
	d := newDecoder(t, options(false))
	if n := files(t, d, shared(t, "data", "dicom")); n < 100 {
		t.Errorf("only %d frames were decoded", n)
	}
	files(t, d, shared(t, "data", "malformed"))
}

package dicomfile

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Against pydicom, see testdata/segments.py; it rounds a half to even.
func TestASegmentedPaletteIsExpandedAsPydicomDoes(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "segments.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Bits        int
		Words, Want []uint16
	}
	if err := json.Unmarshal(raw, &cases); err != nil || len(cases) < 10 {
		t.Fatal(err, len(cases))
	}
	for i, c := range cases {
		var data []byte
		for _, w := range c.Words {
			if c.Bits == 8 {
				data = append(data, byte(w))
			} else {
				data = binary.LittleEndian.AppendUint16(data, w)
			}
		}
		if len(data)%2 == 1 {
			data = append(data, 0)
		}
		ds := sample(1, func(ds *Dataset) {
			ds.String(TagPhotometric, "CS", "PALETTE COLOR")
			for _, tag := range []Tag{TagRedDescriptor, TagGreenDescriptor, TagBlueDescriptor} {
				ds.Int(tag, "US", len(c.Want), 3, c.Bits)
			}
			for _, tag := range []Tag{TagSegmentedRedData, TagSegmentedGreenData, TagSegmentedBlueData} {
				ds.Bytes(tag, "OW", data)
			}
		})
		p := opened(t, written(t, ds)).Instance().Palette
		if p == nil || p.Green.First != 3 || p.Green.Bits != c.Bits || len(p.Green.Entries) != len(c.Want) {
			t.Fatalf("case %d: %+v", i, p)
		}
		for k, want := range c.Want {
			if got := int(p.Green.Entries[k]); got < int(want)-1 || got > int(want)+1 {
				t.Fatalf("case %d: entry %d is %d, want %d", i, k, got, want)
			}
		}
	}
}

func TestSegmentsThatContradictThemselvesGiveNoPalette(t *testing.T) {
	for _, words := range [][]uint16{{}, {0, 9, 1}, {1, 3, 5}, {0, 1, 5, 7, 1, 1}, {0, 1, 5, 2, 1, 6, 0}, {0, 1, 5, 2, 65535, 0, 0xffff}, {0, 0, 0, 0}} {
		if out, ok := expandSegments(words, 16, 100); ok {
			t.Errorf("%v gave %v", words, out)
		}
	}
}

// PS3.3 C.7.9.2.3: the offset counts bytes from the first segment.
// The linear one then runs from the value before it: 200 to 60 in two steps.
func TestAnIndirectSegmentRepeatsOthersByTheirByteOffset(t *testing.T) {
	want := []uint16{10, 20, 40, 60, 200, 130, 60, 200}
	for bits, words := range map[int][]uint16{
		16: {0, 2, 10, 20, 1, 2, 60, 0, 1, 200, 2, 2, 8, 0},
		8:  {0, 2, 10, 20, 1, 2, 60, 0, 1, 200, 2, 2, 4, 0, 0, 0},
	} {
		got, ok := expandSegments(words, bits, 8)
		if !ok || !slices.Equal(got, want) {
			t.Errorf("%d bits: %v, want %v", bits, got, want)
		}
	}
}

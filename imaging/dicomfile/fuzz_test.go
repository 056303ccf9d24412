package dicomfile

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"longying/imaging"
	"longying/imaging/bounded"
)

// mostMemory is what an input of at most a megabyte may take: three frames of
// which each may be a film that is cut short (64 MiB), and their copies.
const mostMemory = 512 << 20

const longestInput = 1 << 20

func FuzzOpen(f *testing.F) {
	f.Add(written(f, sample(1, nil)))
	f.Add(written(f, sample(1, nil))[132:])
	f.Add([]byte{})
	nested := NewDataset()
	for range 20 {
		nested = NewDataset().Sequence(TagContentSequence, nested)
	}
	f.Add(written(f, sample(1, func(d *Dataset) { d.Sequence(TagContentSequence, nested) })))
	for _, syntax := range []string{ImplicitLittle, ExplicitBig, DeflatedExplicitLittle} {
		var b bytes.Buffer
		if err := writeAs(&b, sample(1, nil), syntax); err == nil {
			f.Add(b.Bytes())
		}
	}
	f.Add(declaring(f, `\ISO 2022 IR 58`, "Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=", nil))
	f.Add(fragmented(f, 2, []uint32{0, 20}, "aa", "bb", "cc"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > longestInput {
			return
		}
		bounded.Run(t, mostMemory, func() { exerciseBytes(t, b) })
	})
}

// FuzzFragments gives the pixel data as it lies behind the element's header.
func FuzzFragments(f *testing.F) {
	tail := func(b []byte) []byte {
		return b[bytes.Index(b, []byte("\xe0\x7f\x10\x00OB"))+12:]
	}
	f.Add(uint8(2), uint8(0), tail(fragmented(f, 2, []uint32{0, 20}, "aa", "bb", "cc")))
	f.Add(uint8(2), uint8(0), tail(fragmented(f, 2, []uint32{0, 7}, "\xff\xd8\xff1", "22", "\xff\xd8\xff3")))
	f.Add(uint8(3), uint8(1), tail(fragmented(f, 3, nil, whole("1")+whole("2"), whole("3"))))
	f.Add(uint8(2), uint8(2), tail(fragmented(f, 2, nil, "\xff\x4f\xff\x51\x00\x02\xff\x90\x00\x02\xff\x93\xff\x8f\xff\x91\x00\x04\x00\x00\xff\xd9\xff\x4f\xff\x51\x00\x02\xff\xd9")))
	head := fragmented(f, 1, nil, "aa")
	head = head[:bytes.Index(head, []byte("\xe0\x7f\x10\x00OB"))]
	f.Fuzz(func(t *testing.T, frames, syntax uint8, pixels []byte) {
		b := append(bytes.Clone(head), "\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff"...)
		file := opened(t, append(b, pixels...))
		file.instance.Pixels.Frames = int(frames)
		file.transferSyntax = fragmentSyntaxes()[int(syntax)%5]
		bounded.Run(t, mostMemory, func() { everyFrame(t, file, int(frames), len(pixels)) })
	})
}

func fragmentSyntaxes() []string {
	return []string{"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.1.98"}
}

// everyFrame reads every frame: each is bytes of the file, and one that is not
// there an error with its reason.
func everyFrame(t *testing.T, file *File, frames, size int) {
	for n := range frames {
		raw, err := file.RawFrame(n + 1)
		if len(raw) > size {
			t.Errorf("frame %d has %d bytes out of %d", n+1, len(raw), size)
		}
		if err != nil && err.Error() == "" {
			t.Error("an error without a reason")
		}
	}
}

// FuzzOffsets gives the offset tables, basic and extended, of fragments of
// given lengths.
func FuzzOffsets(f *testing.F) {
	table := func(v ...uint32) (b []byte) {
		for _, o := range v {
			b = binary.LittleEndian.AppendUint32(b, o)
		}
		return b
	}
	long := func(v ...uint64) (b []byte) {
		for _, o := range v {
			b = binary.LittleEndian.AppendUint64(b, o)
		}
		return b
	}
	f.Add(uint8(2), uint8(0), table(0, 12), []byte(nil), []byte{4, 4})
	f.Add(uint8(2), uint8(0), table(0, 20), []byte(nil), []byte{2, 2, 2})
	f.Add(uint8(2), uint8(0), []byte(nil), long(0, 12), []byte{4, 4})
	f.Add(uint8(3), uint8(3), table(0, 0, 1<<31), long(0, 1<<63, 12), []byte{4, 4, 0, 255})
	f.Add(uint8(2), uint8(2), table(0xffffffff, 8), long(1<<63-1, 1<<62), []byte{8})
	f.Fuzz(func(t *testing.T, frames, syntax uint8, basic, extended, lengths []byte) {
		if len(basic) > 1<<16 || len(extended) > 1<<16 || len(lengths) > 256 {
			return
		}
		e := &element{tag: TagPixelData, vr: "OB", encaps: true, offsets: basic[:len(basic)&^3]}
		for i, n := range lengths {
			b := bytes.Repeat([]byte{byte(i)}, int(n))
			if n > 127 {
				copy(b, "\xff\xd8\xff")
			}
			e.fragments = append(e.fragments, b)
		}
		ds := sample(1, func(d *Dataset) {
			d.Delete(TagPixelData).Int(TagNumberOfFrames, "IS", max(1, int(frames))).put(e)
			d.transferSyntax = "1.2.840.10008.1.2.4.50"
		})
		b := written(t, ds)
		file := opened(t, b)
		file.transferSyntax = fragmentSyntaxes()[int(syntax)%5]
		file.head.put(&element{tag: TagExtendedOffsets, vr: "OV", value: extended})
		bounded.Run(t, mostMemory, func() { everyFrame(t, file, max(1, int(frames)), len(b)) })
	})
}

// FuzzDirectory gives a DICOMDIR, beside two files and below it one that it may
// not reach.
func FuzzDirectory(f *testing.F) {
	f.Add(mediaDirectory(f, `IMAGES\IM1`, `IMAGES\IM2`))
	f.Add(mediaDirectory(f, `..\SECRET`, `inactive:IMAGES\IM1`, `IMAGES`))
	root := f.TempDir()
	save(f, root, "SECRET", written(f, sample(3, nil)))
	save(f, root, "CD/IMAGES/IM1", written(f, sample(1, nil)))
	save(f, root, "CD/IMAGES/IM2", written(f, sample(2, nil)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > longestInput {
			return
		}
		// The workers share the folder: the index is read from memory, as a scan
		// does, and followed on the disk.
		bounded.Run(t, mostMemory, func() {
			file, _ := Reader{}.read(bytes.NewReader(b), int64(len(b)), "DICOMDIR", nil)
			if file == nil || file.directory == nil {
				return
			}
			w := walker{seen: map[string]bool{}}
			for _, s := range file.directory.listed(filepath.Join(root, "CD", "DICOMDIR"), &w) {
				if s.skipped != nil && (s.skipped.Code == "" || s.skipped.Detail == "") {
					t.Errorf("%s is skipped without a reason", s.path)
				}
				if real, err := realPath(s.path); s.skipped == nil && (err != nil || !strings.HasPrefix(real, filepath.Join(root, "CD")+string(filepath.Separator))) {
					t.Errorf("%s lies outside the file set", s.path)
				}
			}
		})
	})
}

func FuzzZIP(f *testing.F) {
	image := zipMember{name: "a/1.dcm", data: written(f, sample(1, nil))}
	f.Add(zipped(f, nil, image))
	f.Add(zipped(f, nil, image, zipMember{name: gb(f, "王小东") + "/2.dcm", data: written(f, sample(2, nil))}, zipMember{name: "../3.dcm", data: []byte("no image")}))
	f.Add(zipped(f, nil, zipMember{name: "DICOMDIR", data: mediaDirectory(f, `A\1`, `A\2`)}, zipMember{name: "A/1", data: image.data}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > longestInput {
			return
		}
		name := filepath.Join(t.TempDir(), "a.zip")
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		bounded.Run(t, mostMemory, func() {
			c, err := Scan(context.Background(), []string{name}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range c.Skipped {
				if s.Code == "" || s.Detail == "" {
					t.Errorf("%s is skipped without a reason", s.Path)
				}
			}
			for _, st := range c.Studies {
				for _, se := range st.Series {
					for _, in := range se.Instances {
						if f, err := Open(in.Source); err == nil {
							f.RawFrame(1)
							f.Close()
						} else if in.Source != name && !strings.Contains(in.Source, zipSeparator) {
							t.Errorf("%s: %v", in.Source, err)
						}
					}
				}
			}
		})
	})
}

// FuzzCharset gives text under any declaration: what is shown is valid Unicode,
// and the verdict is one of the readings, with probabilities that are such.
func FuzzCharset(f *testing.F) {
	for _, s := range []struct{ terms, name, other string }{
		{`\ISO 2022 IR 87`, "Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", ""},
		{`\ISO 2022 IR 149`, "Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", "\x1b$)C\xb1\xe8"},
		{`\ISO 2022 IR 58`, "Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=", ""},
		{`ISO 2022 IR 100\ISO 2022 IR 144`, "\xe9\x1b-L\xbb", "\x1b"},
		{`\ISO 2022 IR 159`, "\x1b$(D0!\x1b(B", "\x1b$(D0"},
		{"GB18030", "\xcd\xf5^\xd0\xa1\xb6\xab", "\x81\x30\x81\x30"},
		{"ISO_IR 100", "\xcd\xf5M\xfcller", "tilt 30\xb0"},
		{"ISO_IR 192", "王^小東", "\xff"}, {"ISO_IR 13", "\xd4\xcf\xc0\xde", ""}, {UTF8Twice, "ç\x8e\x8b", ""}, {"nonsense", "\x80", "\xfe"},
	} {
		f.Add(s.terms, []byte(s.name), []byte(s.other))
	}
	f.Fuzz(func(t *testing.T, terms string, name, other []byte) {
		if len(terms) > 512 || len(name) > 4096 || len(other) > 4096 {
			return
		}
		bounded.Run(t, mostMemory, func() {
			declared := strings.Split(terms, `\`)
			cs, _ := newCharset(declared)
			for _, b := range [][]byte{name, other} {
				for _, person := range []bool{true, false} {
					if s := cs.decode(b, person); !utf8.ValidString(s) || len(s) > 4*len(b)+4 {
						t.Errorf("%q gives %q", b, s)
					}
				}
			}
			text := headerText{declared: declared, others: [][]byte{other}, lengths: []int{64}}
			if !isASCII(name) {
				text.name = name
			}
			v := judge(text)
			if v.readings != nil && !slices.ContainsFunc(v.readings, func(r imaging.TextReading) bool { return r.CharacterSet == v.term }) {
				t.Errorf("read as %q, which is none of %+v", v.term, v.readings)
			}
			for _, r := range v.readings {
				if !(r.Confidence >= 0 && r.Confidence <= 1) || !utf8.ValidString(r.Name) || !utf8.ValidString(r.Sample) {
					t.Errorf("a reading %+v", r)
				}
			}
		})
	})
}

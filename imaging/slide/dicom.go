package slide

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"sync"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
)

// dicomSource reads VL Whole Slide Microscopy images, PS3.3 A.32.8.
type dicomSource struct {
	files       []*dicomfile.File
	decoder     codec.Decoder
	levels      []layout
	associated  map[string]*dicomfile.File
	description Description

	window sync.Mutex // guards grey
	grey   *greyRange
}

// Open reads the headers of the instances of one slide, as Groups gives them, or
// one instance alone. The files become the slide's, which closes them; where
// Open gives an error they stay the caller's.
func Open(files []*dicomfile.File, decoder codec.Decoder, o Options) (*Slide, error) {
	s := &dicomSource{files: files, decoder: decoder, associated: map[string]*dicomfile.File{},
		description: Description{Format: "DICOM", Background: [3]uint8{255, 255, 255}, FocalPlanes: 1, FocalPlane: 1}}
	volume := s.sort()
	if len(volume) == 0 {
		if len(files) == 0 {
			return nil, errors.New("no file of a slide was given")
		}
		return nil, fmt.Errorf("%s is not a whole-slide image", files[0].Name())
	}
	if err := s.chooseOpticalPath(volume, o.OpticalPath); err != nil {
		return nil, err
	}
	if err := s.layOut(volume, o.FocalPlane); err != nil {
		return nil, err
	}
	s.describe()
	return New(s, o), nil
}

// sort tells the volume from the pictures beside it. A label that was opened
// alone is what was asked for.
func (s *dicomSource) sort() (volume []*dicomfile.File) {
	for _, f := range s.files {
		g := f.Instance().Slide
		if g == nil {
			continue
		}
		name := map[imaging.SlideFlavor]string{imaging.SlideLabel: Label, imaging.SlideOverview: Overview, imaging.SlideThumbnail: Thumbnail}[g.Flavor]
		if name == "" || len(s.files) == 1 {
			volume = append(volume, f)
			continue
		}
		if s.associated[name] == nil {
			s.associated[name] = f
			s.description.Associated = append(s.description.Associated, name)
		}
	}
	slices.Sort(s.description.Associated)
	slices.SortStableFunc(volume, func(a, b *dicomfile.File) int {
		x, y := a.Instance().Slide, b.Instance().Slide
		return cmp.Or(cmp.Compare(y.TotalColumns, x.TotalColumns), cmp.Compare(y.TotalRows, x.TotalRows),
			cmp.Compare(x.FirstFrame, y.FirstFrame), cmp.Compare(x.Part, y.Part))
	})
	return volume
}

// chooseOpticalPath lists the optical paths of the finest level and takes the
// one that is named, else the first in colour, else the first.
func (s *dicomSource) chooseOpticalPath(volume []*dicomfile.File, wanted string) error {
	d := &s.description
	base := volume[0].Instance().Slide
	var items []*dicomfile.Dataset
	var owner []*dicomfile.File
	for _, f := range volume {
		if g := f.Instance().Slide; g.TotalColumns != base.TotalColumns || g.TotalRows != base.TotalRows {
			continue
		}
		paths := f.Header().Items(dicomfile.TagOpticalPaths)
		if len(paths) == 0 {
			paths = []*dicomfile.Dataset{dicomfile.NewDataset()}
		}
		for _, item := range paths {
			p := OpticalPath{Identifier: item.Text(dicomfile.TagOpticalPathIdentifier), Description: item.Text(dicomfile.TagOpticalPathDescription),
				Illumination: item.Item(dicomfile.TagIlluminationType).Text(dicomfile.TagCodeMeaning), Grey: f.Instance().Pixels.Samples == 1}
			if !slices.ContainsFunc(d.OpticalPaths, func(q OpticalPath) bool { return q.Identifier == p.Identifier }) {
				d.OpticalPaths, items, owner = append(d.OpticalPaths, p), append(items, item), append(owner, f)
			}
		}
	}
	d.OpticalPath = max(0, slices.IndexFunc(d.OpticalPaths, func(p OpticalPath) bool { return !p.Grey }))
	if wanted != "" {
		if d.OpticalPath = slices.IndexFunc(d.OpticalPaths, func(p OpticalPath) bool { return p.Identifier == wanted }); d.OpticalPath < 0 {
			return fmt.Errorf("%s: the slide has no optical path %q; it has %s", volume[0].Name(), wanted, pathNames(d.OpticalPaths))
		}
	}
	item := items[d.OpticalPath]
	d.ObjectivePower, _ = item.FloatValue(dicomfile.TagObjectiveLensPower)
	profile, err := owner[d.OpticalPath].Value(item, dicomfile.TagICCProfile, largestProfile)
	if err != nil {
		d.Notes = append(d.Notes, Note{NoteICC, []string{err.Error()}})
	}
	d.ICCProfile = profile
	return nil
}

// largestProfile bounds a colour profile, in bytes.
const largestProfile = 16 << 20

func pathNames(paths []OpticalPath) string {
	out := ""
	for i, p := range paths {
		if i > 0 {
			out += ", "
		}
		out += p.Name()
	}
	return out
}

// layOut finds the frames of the optical path and focal plane in each level.
func (s *dicomSource) layOut(volume []*dicomfile.File, plane int) error {
	path := s.description.OpticalPaths[s.description.OpticalPath].Identifier
	for len(volume) > 0 {
		first := volume[0].Instance().Slide
		n := 1
		for n < len(volume) && sameSize(first, volume[n].Instance().Slide) {
			n++
		}
		l, notes, err := newLayout(volume[:n], path)
		if err != nil && len(s.levels) == 0 {
			return err
		}
		if err != nil { // a coarser level that cannot be read is no loss of the slide
			s.leftOut(volume[0], err.Error())
		} else {
			s.description.Notes = append(s.description.Notes, notes...)
			if l.frames() > 0 || len(s.levels) == 0 {
				s.levels = append(s.levels, *l)
			}
		}
		volume = volume[n:]
	}
	if s.levels[0].frames() == 0 {
		return fmt.Errorf("%s: the slide has no frame of the optical path %q", s.levels[0].parts[0].Name(), path)
	}
	d := &s.description
	d.FocalPlanes = s.levels[0].planes
	if plane < 0 || plane > d.FocalPlanes {
		return fmt.Errorf("%s: the slide has no focal plane %d; it has %d", s.levels[0].parts[0].Name(), plane, d.FocalPlanes)
	}
	if d.FocalPlane = plane; plane == 0 {
		d.FocalPlane = (d.FocalPlanes + 1) / 2
	}
	for i := range s.levels {
		l := &s.levels[i]
		l.plane = d.FocalPlane - 1
		if l.planes != d.FocalPlanes { // e.g. coarser levels of the middle plane alone
			l.plane = min(l.plane*l.planes/d.FocalPlanes, l.planes-1)
		}
		if l.uneven {
			d.Notes = append(d.Notes, Note{NoteFewPlanes, []string{fmt.Sprint(i)}})
		}
	}
	return nil
}

func sameSize(a, b *imaging.Slide) bool {
	return a.TotalColumns == b.TotalColumns && a.TotalRows == b.TotalRows
}

func (s *dicomSource) leftOut(f *dicomfile.File, why string) {
	s.description.Notes = append(s.description.Notes, Note{NoteLeftOut, []string{f.Instance().SOPInstanceUID, why}})
}

// describe fills in sizes, scales and the place on the glass.
func (s *dicomSource) describe() {
	d := &s.description
	for i := range s.levels {
		l := &s.levels[i]
		out := Level{Columns: l.columns, Rows: l.rows, TileColumns: l.tileColumns, TileRows: l.tileRows, Downsample: 1,
			MicrometresX: l.micrometresX, MicrometresY: l.micrometresY}
		if i > 0 {
			base := d.Levels[0]
			across, down := float64(base.Columns)/float64(l.columns), float64(base.Rows)/float64(l.rows)
			out.Downsample = (across + down) / 2
			if out.MicrometresX <= 0 || out.MicrometresY <= 0 {
				out.MicrometresX, out.MicrometresY = base.MicrometresX*across, base.MicrometresY*down
			}
		}
		for _, f := range l.parts {
			out.Instances = append(out.Instances, f.Instance().SOPInstanceUID)
		}
		d.Levels = append(d.Levels, out)
	}
	d.Frame = frameOf(s.levels[0].parts[0].Header())
}

// frameOf is the slide's place on the glass, nil when the header does not give
// its directions.
func frameOf(ds *dicomfile.Dataset) *Frame {
	o := ds.Floats(dicomfile.TagImageOrientationSlide)
	if len(o) < 6 || slices.ContainsFunc(o, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
		return nil
	}
	f := &Frame{Row: [3]float64(o[:3]), Column: [3]float64(o[3:6])}
	origin := ds.Item(dicomfile.TagTotalPixelMatrixOrigin)
	x, ok1 := origin.FloatValue(dicomfile.TagXOffsetInSlide)
	y, ok2 := origin.FloatValue(dicomfile.TagYOffsetInSlide)
	if ok1 && ok2 {
		f.X, f.Y, f.HasPlace = x, y, true
	}
	return f
}

// Description is Source's.
func (s *dicomSource) Description() *Description { return &s.description }

// Tile is Source's.
func (s *dicomSource) Tile(ctx context.Context, level, column, row int) (*Tile, error) {
	l := &s.levels[level]
	refs, err := l.at(column, row)
	if err != nil {
		return nil, err
	}
	whole := l.tileColumns * l.tileRows
	if len(refs) == 0 {
		return &Tile{Columns: l.tileColumns, Rows: l.tileRows, Absent: whole}, nil
	}
	r := image.Rect(0, 0, l.tileColumns, l.tileRows).Add(image.Pt(column*l.tileColumns, row*l.tileRows))
	if len(refs) == 1 && refs[0].at == r.Min {
		rgb, err := s.frame(ctx, refs[0])
		return &Tile{Columns: l.tileColumns, Rows: l.tileRows, RGB: rgb}, err
	}
	// Frames that do not lie on the grid: the tile is put together.
	t := &Tile{Columns: l.tileColumns, Rows: l.tileRows, RGB: s.blank(whole), Absent: whole}
	seen := make([]bool, whole)
	for _, ref := range refs {
		rgb, err := s.frame(ctx, ref)
		if err != nil {
			return nil, err
		}
		b := image.Rect(0, 0, l.tileColumns, l.tileRows).Add(ref.at)
		part := b.Intersect(r)
		for y := part.Min.Y; y < part.Max.Y; y++ {
			from, to := (y-b.Min.Y)*l.tileColumns+part.Min.X-b.Min.X, (y-r.Min.Y)*l.tileColumns+part.Min.X-r.Min.X
			copy(t.RGB[3*to:], rgb[3*from:3*(from+part.Dx())])
			for i := to; i < to+part.Dx(); i++ {
				if !seen[i] {
					seen[i] = true
					t.Absent--
				}
			}
		}
	}
	return t, nil
}

func (s *dicomSource) blank(pixels int) []byte {
	out := make([]byte, 3*pixels)
	fill(out, s.description.Background)
	return out
}

// frame decodes one frame to RGB.
func (s *dicomSource) frame(ctx context.Context, ref frameRef) ([]byte, error) {
	f, err := ref.file.Frame(ctx, s.decoder, ref.number)
	var damaged *codec.DataError
	if errors.As(err, &damaged) {
		if cut := s.cutFrame(ctx, ref); cut != nil {
			return cut, nil
		}
	}
	if err != nil {
		return nil, err
	}
	if s.description.OpticalPaths[s.description.OpticalPath].Grey {
		g, err := s.greys(ctx)
		if err != nil {
			return nil, err
		}
		return g.rgb(f)
	}
	return rgb(f)
}

// cutFrame decodes a tile at the right or lower edge whose stream holds only what
// is left of the matrix, against PS3.3 C.8.12.4.1.8 but seen; nil when it is not
// of that size either.
func (s *dicomSource) cutFrame(ctx context.Context, ref frameRef) []byte {
	in := ref.file.Instance()
	p := in.Pixels
	p.Columns, p.Rows = min(p.Columns, in.Slide.TotalColumns-ref.at.X), min(p.Rows, in.Slide.TotalRows-ref.at.Y)
	if !p.Compressed || p.Columns == in.Pixels.Columns && p.Rows == in.Pixels.Rows || p.Columns < 1 || p.Rows < 1 || p.Samples != 3 {
		return nil
	}
	raw, err := ref.file.RawFrame(ref.number)
	if err != nil {
		return nil
	}
	f, err := s.decoder.Decode(ctx, codec.Encoded{TransferSyntaxUID: in.TransferSyntaxUID, Pixels: p, Data: raw})
	if err != nil {
		return nil
	}
	part, err := rgb(f)
	if err != nil {
		return nil
	}
	out := s.blank(in.Pixels.Columns * in.Pixels.Rows)
	for y := range p.Rows {
		copy(out[3*y*in.Pixels.Columns:], part[3*y*p.Columns:3*(y+1)*p.Columns])
	}
	return out
}

// Associated is Source's.
func (s *dicomSource) Associated(ctx context.Context, name string) (*image.NRGBA, error) {
	f := s.associated[name]
	if f == nil {
		return nil, fmt.Errorf("the slide has no picture %q", name)
	}
	one := &dicomSource{files: []*dicomfile.File{f}, decoder: s.decoder, description: Description{Background: s.description.Background}}
	files := []*dicomfile.File{f}
	if err := one.chooseOpticalPath(files, ""); err != nil {
		return nil, err
	}
	if err := one.layOut(files, 0); err != nil {
		return nil, err
	}
	one.describe()
	sl := New(one, Options{Cache: NewCache(0)})
	l := sl.Levels()[0]
	if l.Columns*l.Rows > largestAssociated {
		return nil, fmt.Errorf("the slide's picture %q of %d x %d pixels is too large to be shown", name, l.Columns, l.Rows)
	}
	return sl.Picture(ctx, 0, 0, l.Columns, l.Rows, max(l.Columns, l.Rows))
}

// largestAssociated bounds a label or an overview, in pixels.
const largestAssociated = 64 << 20

// Close is Source's.
func (s *dicomSource) Close() error {
	var all error
	for _, f := range s.files {
		all = errors.Join(all, f.Close())
	}
	return all
}

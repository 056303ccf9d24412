package slide

import (
	"context"
	"fmt"
	"image"
	"math"
)

// Level is one resolution of a slide. Level 0 is the finest.
type Level struct {
	Columns, Rows         int
	TileColumns, TileRows int     // of a tile; tiles lie on a grid from (0,0)
	Downsample            float64 // pixels of level 0 along the side of one pixel, 1 for level 0
	MicrometresX          float64 // of one pixel along a row; 0: unknown, never guessed
	MicrometresY          float64 // of one pixel down a column

	Instances []string // SOP Instance UIDs it is made of; none where the slide is no DICOM object
}

// TilesAcross is the number of tile columns.
func (l Level) TilesAcross() int { return (l.Columns + l.TileColumns - 1) / max(1, l.TileColumns) }

// TilesDown is the number of tile rows.
func (l Level) TilesDown() int { return (l.Rows + l.TileRows - 1) / max(1, l.TileRows) }

// Micrometres is the side of a pixel, 0 when it is unknown or not square.
func (l Level) Micrometres() float64 {
	if l.MicrometresX <= 0 || l.MicrometresY <= 0 || relative(l.MicrometresX, l.MicrometresY) > squareTolerance {
		return 0
	}
	return l.MicrometresY
}

// relative is the difference of two sizes as a share of the second.
func relative(a, b float64) float64 { return math.Abs(a-b) / b }

// squareTolerance is how far the two sides of a pixel may differ, as a share,
// for one number to stand for both.
const squareTolerance = 0.02

// Description is what a slide says of itself.
type Description struct {
	Format string  // DICOM, or the format's vendor as OpenSlide names it
	Levels []Level // finest first, at least one

	OpticalPaths []OpticalPath
	OpticalPath  int // the one that is read
	FocalPlanes  int // at least 1
	FocalPlane   int // the one that is read, counted from 1, the first being next to the glass

	ICCProfile []byte // of the optical path that is read, nil: absent
	Background [3]uint8

	ObjectivePower float64 // 0: unknown
	Frame          *Frame  // nil: the slide does not say how it lies on the glass
	Associated     []string
	Properties     map[string]string // OpenSlide's, nil for DICOM
	Notes          []Note
}

// Note is something that a reader of the slide should know: what was assumed,
// what is missing.
type Note struct {
	Code NoteCode // translatable
	Args []string
}

// NoteCode says what a Note is about.
type NoteCode string

// The notes of a slide, with their arguments.
const (
	NoteAssumedFull NoteCode = "assumed_full" // no Dimension Organization Type: the tiles are taken to fill the matrix in order
	NoteFewFrames   NoteCode = "few_frames"   // level (columns x rows), tiles missing: those cannot be read
	NoteUnplaced    NoteCode = "unplaced"     // level, frames that do not say where they lie and are left out
	NoteFewPlanes   NoteCode = "few_planes"   // level: some tiles have fewer focal planes, the nearest is read there
	NoteLeftOut     NoteCode = "left_out"     // SOP Instance UID, or the name of an associated picture, why
	NoteICC         NoteCode = "icc"          // why the colour profile cannot be applied
)

// String is the note in English.
func (n Note) String() string {
	a := append(append([]string(nil), n.Args...), "", "")
	switch n.Code {
	case NoteAssumedFull:
		return "the object does not say how its tiles lie; they are taken to fill the picture row by row"
	case NoteFewFrames:
		return fmt.Sprintf("level %s: %s tiles are not in the file", a[0], a[1])
	case NoteUnplaced:
		return fmt.Sprintf("level %s: %s frames do not say where they lie and are left out", a[0], a[1])
	case NoteFewPlanes:
		return fmt.Sprintf("level %s: some tiles have fewer focal planes; the nearest is shown there", a[0])
	case NoteLeftOut:
		return fmt.Sprintf("image %s is left out: %s", a[0], a[1])
	case NoteICC:
		return "the colour profile is not applied: " + a[0]
	}
	return string(n.Code)
}

// OpticalPath is one way in which the specimen was lit and looked at: PS3.3
// C.8.12.5.
type OpticalPath struct {
	Identifier   string
	Description  string
	Illumination string // code meaning, e.g. Brightfield illumination
	Grey         bool   // one sample a pixel: fluorescence, as a rule
}

// Frame places level 0 on the glass: PS3.3 C.8.12.2.1.1 and C.8.12.4.1.
type Frame struct {
	X, Y     float64    // mm, of the centre of the top left pixel in the slide coordinate system
	Row      [3]float64 // direction along a row, towards increasing column
	Column   [3]float64 // direction down a column
	HasPlace bool       // false: only the directions are known
}

// The names of associated images. A label, and an overview that shows it,
// carry the patient's name: they are never shown unasked.
const (
	Label     = "label"
	Overview  = "overview" // of the whole glass; OpenSlide's macro
	Thumbnail = "thumbnail"
)

// Tile is one decoded tile. It is shared: do not write to it.
type Tile struct {
	Columns, Rows int
	RGB           []byte // 3 bytes a pixel, row-major; nil where Absent is the whole tile
	Absent        int    // pixels that the slide does not record (sparse tiling); they have the background's colour
}

// Source gives the tiles of one slide. Implementations may be called from
// several goroutines; *Slide puts a cache before them. It is the seam for a
// reader in another process.
type Source interface {
	// Description does not change. It is shared: do not write to it.
	Description() *Description
	// Tile decodes one tile, always TileColumns x TileRows pixels as they are
	// stored: no colour profile applied, the background's colour beyond the
	// level's edge. column and row are on the level's grid.
	Tile(ctx context.Context, level, column, row int) (*Tile, error)
	// Associated decodes a picture of Description.Associated.
	Associated(ctx context.Context, name string) (*image.NRGBA, error)
	Close() error
}

// Opener opens slides of scanners' own formats: the seam for a reader in
// another process. Implementations may be called from several goroutines.
type Opener interface {
	// Format names the format of the file under path, as OpenSlide does; empty
	// where it is no slide. An error says that no slide can be read at all.
	Format(ctx context.Context, path string) (string, error)
	// OpenSlide opens a slide by the path of its file, or of the one that names
	// its others. path must stay valid until the source is closed.
	OpenSlide(ctx context.Context, path string) (Source, error)
}

// Identifying reports whether an associated picture can show who it is, and so
// is never shown unasked: all but a thumbnail of the specimen.
func Identifying(associated string) bool { return associated != Thumbnail }

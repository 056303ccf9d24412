package imaging

import (
	"strings"
	"time"
)

// Study is what one examination produced: DICOM PS3.3 A.1.2.
type Study struct {
	UID              string
	ID               string    // Study ID (0020,0010)
	AccessionNumber  string    // (0008,0050), the order this study answers
	Date             time.Time // (0008,0020) with (0008,0030), zero when absent; local time of the device
	Description      string    // (0008,1030)
	InstitutionName  string    // (0008,0080)
	ReferringName    PersonName
	Patient          PatientHeader // as the header of the first instance says
	Series           []Series      // ordered by series number, then UID
	HeadersDisagree  bool          // true when instances of this study carry different patient headers
	HeaderDifference string        // what differs, for people; empty when they agree
}

// Instances counts the SOP instances of all series.
func (s *Study) Instances() int {
	n := 0
	for i := range s.Series {
		n += len(s.Series[i].Instances)
	}
	return n
}

// Modalities lists the distinct modalities of the study in series order.
func (s *Study) Modalities() []string {
	var out []string
	seen := map[string]bool{}
	for i := range s.Series {
		if m := s.Series[i].Modality; !seen[m] {
			seen[m] = true
			out = append(out, m)
		}
	}
	return out
}

// Series groups the instances of one acquisition or reconstruction.
type Series struct {
	UID         string
	Number      int
	Modality    string // (0008,0060), e.g. CT, CR, DX, MR, SM
	Description string
	BodyPart    string     // (0018,0015), upper case
	Instances   []Instance // ordered: by position along the normal where known, else by instance number
}

// PatientHeader is the patient as one DICOM header states it. It is a claim of
// the sending device, not an identity: records decides whom a study belongs to.
type PatientHeader struct {
	Name      PersonName
	ID        string   // (0010,0020)
	Issuer    string   // (0010,0021) Issuer of Patient ID
	OtherIDs  []string // (0010,1000) and (0010,1002)
	BirthDate string   // (0010,0030) as DA, YYYYMMDD; empty when absent
	Sex       string   // (0010,0040): M, F, O or empty
	Age       string   // (0010,1010) as AS, e.g. 004Y; kept as written, see ParseAge
	Comments  string   // (0010,4000)
}

// Instance is one SOP instance: what its header says, without its pixels.
type Instance struct {
	Source            string // where it was read: a path, or archive.zip!inner/path
	TransferSyntaxUID string
	SOPClassUID       string
	SOPInstanceUID    string
	StudyUID          string
	SeriesUID         string
	CharacterSet      string        // (0008,0005) joined by a backslash, as written
	TextCharacterSet  string        // in which the text was read: CharacterSet, or what was found or chosen in its place
	CharacterSetNote  string        // for people, when the text was read otherwise than declared, or may have to be
	TextReadings      []TextReading // ways to read the text, the declared one first; nil when the declaration stands beyond doubt
	TextDoubtful      bool          // another reading is possible, or a character of the name cannot be shown: a person must look
	Device            Device        // that sent it
	Number            int           // (0020,0013)
	Modality          string
	BodyPart          string
	ViewPosition      string // (0018,5101): PA, AP, LL, ...
	Laterality        string // (0020,0062) or (0020,0060): L, R, B, U or empty
	PatientPosition   string // (0018,5100)
	PatientOrient     [2]string
	ImageType         []string
	Manufacturer      string
	ModelName         string
	StationName       string
	ContentDate       time.Time
	SeriesDescription string
	ImageComments     string
	Derivation        string // (0008,2111)

	Pixels PixelDescription
	Plane  *Plane  // nil when the header gives no position in the patient
	Space  Spacing // what one pixel measures, with its source

	Magnification float64            // Estimated Radiographic Magnification Factor (0018,1114), 0 when absent
	Regions       []UltrasoundRegion // PS3.3 C.8.5.5; each has a scale of its own
	PET           *PET               // nil unless this is a PET object

	Slide  *Slide  // nil unless this is a whole-slide image
	Mosaic *Mosaic // nil unless the picture is a mosaic of slices

	Acquisition Acquisition // of an enhanced object: of its first frame

	ModalityLUT ModalityLUT
	VOI         []VOILUT
	Windows     int // how many of VOI are windows rather than tables
	RealWorld   []RealWorldValue
	PerFrame    []FunctionalGroups // of an enhanced object whose frames differ, one for each frame; nil otherwise, and for slides

	Palette *Palette // nil unless the photometric interpretation is PALETTE COLOR

	SliceThickness    float64 // mm, 0 when absent
	FrameRate         float64 // pictures a second at which to play its frames, PS3.3 C.7.6.5; 0 when absent
	ContrastAgent     string  // (0018,0010); empty when absent, which does not say that none was given
	LossyCompression  bool    // (0028,2110) = 01
	LossyRatio        float64 // (0028,2112), 0 when absent
	PresentationShape string  // (2050,0020): IDENTITY, INVERSE or empty
	PresentationLUT   *LUT    // (2050,0010), used instead of the shape; nil when absent
	Shutter           *Shutter
	Overlays          []Overlay // without their bits; see Frame.Overlays
	Truncated         string    // for people: what the file does not hold of its pixel data; empty when it holds all

	Patient PatientHeader
	Study   StudyHeader
}

// DeviceName is maker, model and station, parted by " / "; empty where the
// header names none.
func (in *Instance) DeviceName() string {
	var parts []string
	for _, s := range []string{in.Manufacturer, in.ModelName, in.StationName} {
		if s = strings.TrimSpace(s); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " / ")
}

// StudyHeader is the study level of one instance.
type StudyHeader struct {
	ID              string
	AccessionNumber string
	Date            time.Time
	Description     string
	InstitutionName string
	ReferringName   PersonName
	SeriesNumber    int
}

// PixelDescription is the Image Pixel module, PS3.3 C.7.6.3. Rows 0 means the
// instance has no pixels (a report, a presentation state).
type PixelDescription struct {
	Rows, Columns   int
	Frames          int // 1 when absent
	Samples         int // samples per pixel: 1 or 3
	Planar          int // planar configuration, 0 interleaved, 1 planar
	BitsAllocated   int
	BitsStored      int
	HighBit         int
	Signed          bool    // pixel representation 1
	Float           bool    // float or double float pixel data
	AspectRatio     float64 // height of a pixel over its width, (0028,0034); 0 when absent
	Photometric     string  // (0028,0004)
	PaddingValue    *int    // (0028,0120)
	PaddingRange    *int    // (0028,0121)
	Compressed      bool    // encapsulated
	FrameSizeNative int     // bytes of one uncompressed frame
}

// Slide is the geometry of a whole-slide image: PS3.3 C.8.12.4.
type Slide struct {
	TotalColumns, TotalRows int     // total pixel matrix
	TileColumns, TileRows   int     // one frame
	MicrometresPerPixel     float64 // 0 when the object does not say, or when its pixels are not square: the scale is then unknown and never guessed
	MicrometresX            float64 // of one pixel along a row, 0 when the object does not say
	MicrometresY            float64 // of one pixel down a column
	Stain                   string
	Specimen                string // specimen identifier, else the container's
	Organ                   string // code meaning of the primary anatomic structure, empty when absent
	TiledFull               bool   // Dimension Organization Type (0020,9311)
	Format                  string // of a slide that is no DICOM object, as OpenSlide names it, e.g. aperio; empty for DICOM

	Flavor           SlideFlavor
	FrameOfReference string // (0020,0052)
	Container        string // Container Identifier (0040,0512): the glass slide
	PyramidUID       string // (0008,0019), empty when absent
	FocalPlanes      int    // (0048,0303), 1 when absent
	OpticalPaths     string // identifiers of the Optical Path Sequence (0048,0105), joined by a backslash

	ConcatenationUID string // (0020,9161): this instance is a part, PS3.3 C.7.6.16.2.2.4; empty when it is whole
	Part             int    // In-concatenation Number (0020,9162), counted from 1
	Parts            int    // In-concatenation Total Number (0020,9163), 0 when absent
	FirstFrame       int    // Concatenation Frame Offset Number (0020,9228): frames in the parts before this one
}

// SlideFlavor is what a whole-slide image shows, value 3 of its Image Type:
// PS3.3 C.8.12.4.1.1.
type SlideFlavor string

// The flavours of a whole-slide image. A label carries the patient's name, as
// does an overview that has the label in it.
const (
	SlideVolume    SlideFlavor = "VOLUME" // the specimen; also where the object names no flavour
	SlideLabel     SlideFlavor = "LABEL"
	SlideOverview  SlideFlavor = "OVERVIEW"
	SlideThumbnail SlideFlavor = "THUMBNAIL"
)

// TilesAcross is the number of tile columns of the matrix.
func (s Slide) TilesAcross() int { return (s.TotalColumns + s.TileColumns - 1) / max(1, s.TileColumns) }

// TilesDown is the number of tile rows of the matrix.
func (s Slide) TilesDown() int { return (s.TotalRows + s.TileRows - 1) / max(1, s.TileRows) }

// Skipped is a file that was not taken, and why.
type Skipped struct {
	Path   string
	Code   SkipCode
	Detail string // for people: the attribute, the value, the position

	// Header is what was read of a DICOM object all the same, for showing and
	// not for use; nil where nothing was.
	Header *Instance
}

// SkipCode says why a file was skipped, in a form that can be translated.
type SkipCode string

// The reasons for which a file is skipped.
const (
	SkipNotDICOM   SkipCode = "not_dicom"    // no DICM mark and no plausible data set
	SkipTruncated  SkipCode = "truncated"    // ends inside an element
	SkipMalformed  SkipCode = "malformed"    // contradicts the encoding rules
	SkipUnreadable SkipCode = "unreadable"   // the file system refused
	SkipNoIdentity SkipCode = "no_identity"  // no study, series or SOP instance UID
	SkipDuplicate  SkipCode = "duplicate"    // the same SOP instance UID was taken already
	SkipDirectory  SkipCode = "dicomdir"     // a DICOMDIR: an index, not an image
	SkipTooLarge   SkipCode = "too_large"    // larger than its header justifies, or than the limit
	SkipConflict   SkipCode = "uid_conflict" // the same SOP instance UID with other content
	SkipMissing    SkipCode = "missing"      // a DICOMDIR lists it, but it is not there
	SkipNotListed  SkipCode = "not_listed"   // a DICOM object beside those that a DICOMDIR lists, which does not list it
	SkipOutside    SkipCode = "outside"      // a DICOMDIR points out of its file set
	SkipEncrypted  SkipCode = "encrypted"    // encrypted in its archive
	SkipNotKept    SkipCode = "not_kept"     // can be shown where it lies, but not be kept in the data folder
)

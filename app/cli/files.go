package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"longying/app/archive"
	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
	"longying/imaging/render"
	"longying/imaging/slide"
	"longying/imaging/slide/openslide"
	"longying/records/report"
)

// infoRow is one instance of `info --json`, as the contract names its fields,
// and what else is to be known of it.
type infoRow struct {
	Path           string        `json:"path"`
	StudyUID       string        `json:"study_uid"`
	SeriesUID      string        `json:"series_uid"`
	SOPUID         string        `json:"sop_uid"`
	Modality       string        `json:"modality"`
	Rows           int           `json:"rows"`
	Columns        int           `json:"columns"`
	Frames         int           `json:"frames"`
	TransferSyntax string        `json:"transfer_syntax"`
	Photometric    string        `json:"photometric"`
	CharacterSet   string        `json:"character_set"`
	PatientName    string        `json:"patient_name"`
	PatientID      string        `json:"patient_id"`
	Decodable      bool          `json:"decodable"`
	TextDoubtful   bool          `json:"text_doubtful,omitempty"` // a person must look which reading of the name is right
	Readings       []infoReading `json:"readings,omitempty"`      // of the text, where the declaration does not stand beyond doubt
	Note           string        `json:"note,omitempty"`          // how the text was read, where not as declared
	Truncated      string        `json:"truncated,omitempty"`     // what of the pixel data is not there
	Skipped        string        `json:"skipped,omitempty"`       // the header was read, but the object was not taken
	SlideFormat    string        `json:"slide_format,omitempty"`  // of a slide that is no DICOM object, as OpenSlide names it
	Micrometres    float64       `json:"micrometres,omitempty"`   // of a pixel of a slide, where it says
}

type infoReading struct {
	CharacterSet string  `json:"character_set"`
	PatientName  string  `json:"patient_name"`
	Text         string  `json:"text,omitempty"` // another text of the header
	Confidence   float64 `json:"confidence"`     // 0..1
}

// characterSet is the declared character set, and behind an arrow the one in
// which the text was read, where that is another.
func characterSet(in *imaging.Instance) string {
	if in.TextCharacterSet == in.CharacterSet {
		return in.CharacterSet
	}
	if in.CharacterSet == "" {
		return "none→" + in.TextCharacterSet
	}
	return in.CharacterSet + "→" + in.TextCharacterSet
}

// newInfoRow describes an instance. A slide that is no DICOM object has its whole
// size, no transfer syntax and no patient; it was opened to be described.
func newInfoRow(in *imaging.Instance) infoRow {
	var readings []infoReading
	for _, r := range in.TextReadings {
		readings = append(readings, infoReading{r.CharacterSet, r.Name, r.Sample, r.Confidence})
	}
	row := infoRow{Path: in.Source, StudyUID: in.StudyUID, SeriesUID: in.SeriesUID, SOPUID: in.SOPInstanceUID, Modality: in.Modality,
		Rows: in.Pixels.Rows, Columns: in.Pixels.Columns, Frames: in.Pixels.Frames, TransferSyntax: in.TransferSyntaxUID,
		Photometric: in.Pixels.Photometric, CharacterSet: characterSet(in), PatientName: in.Patient.Name.String(), PatientID: in.Patient.ID,
		Decodable:    in.Pixels.Frames > 0 && codec.Check(in.TransferSyntaxUID, in.Pixels) == nil,
		TextDoubtful: in.TextDoubtful, Readings: readings, Note: in.CharacterSetNote, Truncated: in.Truncated}
	if g := in.Slide; g != nil {
		row.SlideFormat, row.Micrometres = g.Format, g.MicrometresPerPixel
		if g.Format != "" {
			row.Decodable = decodableSlide(g.TotalColumns, g.TotalRows)
		}
	}
	return row
}

func cmdInfo(ctx context.Context, c *call) error {
	if err := c.parse(c.raw, nil); err != nil {
		return err
	}
	if len(c.args) == 0 {
		return usagef("info needs a file, folder or ZIP")
	}
	cat, err := archive.Scan(ctx, dicomfile.Reader{}, c.Slides, c.args)
	if err != nil {
		return err
	}
	short := 0
	for _, st := range cat.Studies {
		for _, se := range st.Series {
			for i := range se.Instances {
				in := &se.Instances[i]
				row := newInfoRow(in)
				if row.Truncated != "" {
					short++
					fmt.Fprintf(c.Stderr, "%s: %s\n", row.Path, row.Truncated)
				}
				if c.json {
					if err := c.emit(row); err != nil {
						return err
					}
					continue
				}
				c.printf("%s  %s  %s  %dx%d  %d frames  %s  %s\n", row.Path, row.Modality, in.Patient.Name.Display(), row.Columns, row.Rows, row.Frames, row.TransferSyntax, in.CharacterSetNote)
			}
		}
	}
	for _, sk := range cat.Skipped {
		reason := strings.TrimSpace(string(sk.Code) + ": " + sk.Detail)
		if c.json {
			var row any = map[string]string{"path": sk.Path, "skipped": reason}
			if sk.Header != nil {
				r := newInfoRow(sk.Header)
				r.Path, r.Skipped = sk.Path, reason
				row = r
			}
			if err := c.emit(row); err != nil {
				return err
			}
		}
		fmt.Fprintf(c.Stderr, "skipped %s: %s\n", sk.Path, reason)
	}
	n := realSkips(cat.Skipped)
	switch {
	case len(cat.Studies) == 0 && !headers(cat.Skipped):
		return fmt.Errorf("no DICOM object and no slide was found under %s", strings.Join(c.args, ", "))
	case n > 0 && short > 0:
		return &partError{fmt.Sprintf("%d files were skipped, %d are cut short", n, short)}
	case n > 0:
		return &partError{fmt.Sprintf("%d files were skipped", n)}
	case short > 0:
		return &partError{fmt.Sprintf("%d files are cut short", short)}
	}
	return nil
}

// headers reports that the header of a skipped file was read all the same.
func headers(skipped []imaging.Skipped) bool {
	return slices.ContainsFunc(skipped, func(s imaging.Skipped) bool { return s.Header != nil })
}

// frame opens a file and decodes one of its frames, counted from 1.
func (c *call) frame(ctx context.Context, path string, n int) (*imaging.Instance, *imaging.Frame, error) {
	f, err := dicomfile.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("not opened: %w", err)
	}
	defer f.Close()
	in := f.Instance()
	switch {
	case in.Pixels.Frames == 0:
		return nil, nil, fmt.Errorf("%s holds no image: it has no pixel data", path)
	case n < 1 || n > in.Pixels.Frames:
		return nil, nil, usagef("%s has %d frames; there is no frame %d", path, in.Pixels.Frames, n)
	}
	frame, err := f.Frame(ctx, c.Decoder, n)
	if err != nil { // it names the file and the frame
		var unsupported *codec.UnsupportedError
		if errors.As(err, &unsupported) {
			return nil, nil, &laterError{err.Error()}
		}
		return nil, nil, err
	}
	return in, frame, nil
}

// slide opens a file that is a slide and no DICOM object; nil where it is none.
func (c *call) slide(ctx context.Context, path string, notDICOM error) (*slide.Slide, error) {
	var format *dicomfile.FormatError
	if !errors.As(notDICOM, &format) || format.Code != imaging.SkipNotDICOM {
		return nil, nil
	}
	found, rest, err := openslide.Take(ctx, c.Slides, []imaging.Skipped{{Path: path, Code: imaging.SkipNotDICOM, Detail: format.Detail}})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s cannot be opened: %s", path, rest[0].Detail)
	}
	source, err := c.Slides.OpenSlide(ctx, path)
	if err != nil {
		return nil, err
	}
	return slide.New(source, slide.Options{}), nil
}

const (
	largestDecoded = 64 << 20 // pixels of a slide that is no DICOM object, for it to be one frame
	slidePicture   = 2048     // the longer side of the picture of a larger one, in pixels
)

func decodableSlide(columns, rows int) bool { return columns <= largestDecoded/max(1, rows) }

// slideFrame is the finest level of a slide as one frame.
func slideFrame(ctx context.Context, s *slide.Slide, path string) (*imaging.Frame, error) {
	w, h := s.Columns(), s.Rows()
	if !decodableSlide(w, h) {
		return nil, fmt.Errorf("%s: a slide of %d x %d pixels is too large for one frame; render gives a reduced picture", path, w, h)
	}
	r, err := s.Region(ctx, 0, 0, 0, w, h)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &imaging.Frame{Rows: h, Columns: w, Samples: 3, BitsStored: 8, Photometric: "RGB", Uint8: r.RGB}, nil
}

// renderSlide writes the whole slide with its colour profile applied, reduced
// where it is too large for one frame.
func (c *call) renderSlide(ctx context.Context, s *slide.Slide, out string) error {
	longest := max(s.Columns(), s.Rows())
	if !decodableSlide(s.Columns(), s.Rows()) {
		longest = slidePicture
	}
	img, err := s.Picture(ctx, 0, 0, s.Columns(), s.Rows(), longest)
	if err != nil {
		return err
	}
	for _, n := range s.Notes() {
		fmt.Fprintln(c.Stderr, n)
	}
	return c.picture(out, img)
}

// short is the answer when a frame's data is cut short or breaks its syntax:
// what is there was given, and the exit code says that it may not be all.
func short(path string, frame *imaging.Frame) error {
	if !frame.Damaged && frame.Missing == 0 {
		return nil
	}
	return &partError{fmt.Sprintf("%s: %s", path, frame.Note)}
}

func cmdDecode(ctx context.Context, c *call) error {
	var n int
	var out string
	var rgb bool
	err := c.parse(c.raw, func(f *flag.FlagSet) {
		f.IntVar(&n, "frame", 1, "counted from 1")
		f.StringVar(&out, "out", "", "file to write")
		f.BoolVar(&rgb, "rgb", false, "convert YBR and palette to RGB")
	})
	if err != nil {
		return err
	}
	if err := c.want(1, "one file"); err != nil {
		return err
	}
	if out == "" {
		return usagef("decode needs --out RAW")
	}
	in, frame, err := c.frame(ctx, c.args[0], n)
	if s, serr := c.slide(ctx, c.args[0], err); serr != nil {
		return serr
	} else if s != nil {
		if n != 1 {
			return errors.Join(usagef("%s has one frame; there is no frame %d", c.args[0], n), s.Close())
		}
		rgb = false // it is
		frame, err = slideFrame(ctx, s, c.args[0])
		err = errors.Join(err, s.Close())
	}
	if err != nil {
		return err
	}
	if rgb {
		if frame, err = render.RGB(frame, in); err != nil {
			return fmt.Errorf("%s: %w", c.args[0], err)
		}
	}
	if err := os.WriteFile(out, frame.Bytes(), 0o600); err != nil {
		return fmt.Errorf("the values were not written: %w", err)
	}
	row := map[string]any{"rows": frame.Rows, "columns": frame.Columns, "samples": frame.Samples, "bits_allocated": frame.BitsAllocated(),
		"bits_stored": frame.BitsStored, "signed": frame.Signed(), "photometric": frame.Photometric}
	if c.json {
		if err := c.emit(row); err != nil {
			return err
		}
	}
	c.printf("%d x %d, %d samples, %d bits, signed %v, %s\n", frame.Columns, frame.Rows, frame.Samples, frame.BitsAllocated(), frame.Signed(), frame.Photometric)
	return short(c.args[0], frame)
}

func cmdRender(ctx context.Context, c *call) error {
	var n int
	var out, window, state string
	var overlays bool
	err := c.parse(c.raw, func(f *flag.FlagSet) {
		f.IntVar(&n, "frame", 1, "counted from 1")
		f.StringVar(&out, "out", "", "PNG file; without it standard output")
		f.StringVar(&window, "window", "", "centre,width")
		f.StringVar(&state, "state", "", "presentation state to apply, with its annotations")
		f.BoolVar(&overlays, "overlays", false, "with the file's overlays and display shutter")
	})
	if err != nil {
		return err
	}
	if err := c.want(1, "one file"); err != nil {
		return err
	}
	if c.json && out == "" {
		return usagef("render --json needs --out PNG: standard output cannot hold both the picture and the object")
	}
	if state != "" && overlays {
		return usagef("render: a presentation state says itself which overlays are shown; give --state or --overlays")
	}
	p := render.Presentation{Overlays: overlays}
	if p.Window, err = parseWindow(window); err != nil {
		return err
	}
	if p.State, err = presentationState(state); err != nil {
		return err
	}
	in, frame, err := c.frame(ctx, c.args[0], n)
	if s, serr := c.slide(ctx, c.args[0], err); serr != nil {
		return serr
	} else if s != nil {
		if n != 1 || window != "" || state != "" || overlays {
			return errors.Join(usagef("%s is a slide in colour that is no DICOM object: it has one picture, no window and no overlays", c.args[0]), s.Close())
		}
		return errors.Join(c.renderSlide(ctx, s, out), s.Close())
	}
	if err != nil {
		return err
	}
	var img image.Image
	if p.State == nil {
		img, err = render.Image(frame, in, n, p)
	} else {
		var face *render.Typeface
		if face, err = render.NewTypeface(report.Font()); err == nil {
			img, err = render.Present(frame, in, n, p, face)
		}
	}
	var refused *render.StateError
	switch {
	case errors.As(err, &refused):
		return &refusedError{fmt.Sprintf("%s: %v", c.args[0], err)}
	case err != nil:
		return fmt.Errorf("%s: %w", c.args[0], err)
	}
	if err := c.picture(out, img); err != nil {
		return err
	}
	return short(c.args[0], frame)
}

func parseWindow(window string) (*imaging.VOILUT, error) {
	if window == "" {
		return nil, nil
	}
	cw := strings.Split(window, ",")
	if len(cw) != 2 {
		return nil, usagef("a window is centre,width, not %q", window)
	}
	centre, err1 := strconv.ParseFloat(strings.TrimSpace(cw[0]), 64)
	width, err2 := strconv.ParseFloat(strings.TrimSpace(cw[1]), 64)
	if err1 != nil || err2 != nil || width <= 0 {
		return nil, usagef("a window is centre,width with a width above 0, not %q", window)
	}
	return &imaging.VOILUT{Center: centre, Width: width}, nil
}

// presentationState reads a state; an empty path gives none.
func presentationState(path string) (*imaging.PresentationState, error) {
	if path == "" {
		return nil, nil
	}
	f, err := dicomfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be opened: %w", path, err)
	}
	defer f.Close()
	s, err := f.PresentationState()
	var se *dicomfile.StateError
	switch {
	case errors.As(err, &se) && se.Detail == "":
		return nil, &laterError{fmt.Sprintf("%s: applying a %s", path, se.Class)}
	case errors.As(err, &se):
		return nil, &refusedError{err.Error()}
	}
	return s, err
}

// picture writes a PNG, to standard output where no file is named.
func (c *call) picture(path string, img image.Image) error {
	if err := writePNG(c.Stdout, path, img); err != nil || !c.json {
		return err
	}
	return c.emit(map[string]any{"path": path, "rows": img.Bounds().Dy(), "columns": img.Bounds().Dx()})
}

func writePNG(stdout io.Writer, path string, img image.Image) error {
	if path == "" {
		return png.Encode(stdout, img)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("the picture was not written: %w", err)
	}
	if err := png.Encode(f, img); err != nil {
		f.Close()
		return fmt.Errorf("the picture was not written: %w", err)
	}
	return f.Close()
}

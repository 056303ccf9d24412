package canvas

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/canvas/view"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/imaging/render"
	"longying/imaging/volume"
	"longying/records"
)

// notch is what one step of a wheel scrolls, in Fyne's units.
const notch = 25

// Image shows one picture of a stack: frames are decoded off the UI goroutine,
// the picture is drawn on it, and only the pixels of the viewport are computed.
// What the words say is always about the picture that is shown, also while the
// next is being decoded.
type Image struct {
	widget.BaseWidget
	ws *workspace.Workspace

	state    view.State
	slices   []volume.Slice
	read     volume.Read
	cache    *volume.Cache
	loader   *volume.Loader // of slices; nil: none
	study    *imaging.Study
	series   *imaging.Series
	stack    *volume.Stack // of series; nil while the order is not known
	identity view.Identity

	shown      int // slice that the renderer holds, -1: none
	renderer   *render.Renderer
	frame      *imaging.Frame
	auto       *imaging.VOILUT            // computed once for the series, so that scrolling does not flicker
	chosen     *imaging.PresentationState // by the reader; nil: the plain picture
	inForce    *imaging.PresentationState // chosen, where the picture shown is one that it is about
	refused    string                     // why chosen is not in force on a picture that it is about
	uncovered  bool                       // the file's overlays and shutter are hidden
	face       *render.Typeface
	problem    string
	loading    bool
	fetch      *workspace.Task
	marks      []Mark
	selected   string
	rejected   bool // show rejected marks
	filled     int  // how strongly what outlines enclose is coloured, in percent
	bare       bool // H: words hidden
	front      bool // keys go here
	target     *imaging.Region
	buffer     *image.RGBA
	corners    []*outlined // words over the picture
	wheel      float32
	dragged    float32 // of a drag that scrolls, what is less than a slice
	pressed    desktop.MouseButton
	last       fyne.Position
	moved      bool
	drawing    bool // next drag marks a region
	lines      []Line
	crossing   bool         // the left button puts the crosshair
	notice     string       // what cannot be done with this picture
	cross      *imaging.Vec // where it is, in the frame of reference crossFrame
	crossFrame string
	cine       *Cine
	drawnFrom  *fyne.Position
	drawnTo    fyne.Position
	colours    string // name of the colour map; empty: grey
	palette    *render.Palette
	windowing  bool // the next drag makes a window
	windowFrom *fyne.Position
	windowTo   fyne.Position
	magnified  int // times; 0: no magnifier
	pointer    *fyne.Position
	lens       *image.RGBA
	turning    *float64                    // the angle at which a line is held
	OnTurn     func(by float64, done bool) // a line was turned about the crosshair, in radians
	offered    bool                        // what is dragged would come here
	prior      string                      // over an earlier study; empty: of the study that is open
	measure    *Measuring
	match      string
	OnAlone    func(slices int)                   // scrolled with Shift: the others stay
	OnMatch    func()                             // clicked with Control: shows the same place as the one in front
	OnRegion   func(imaging.Ref)                  // the doctor marked a region
	OnMark     func(id string)                    // a mark was clicked: of a finding, or an item of another maker's object
	OnChange   func(s view.State)                 // slice, window or zoom changed
	OnActivate func()                             // pressed: keys go here now
	OnDouble   func()                             // double click
	OnEscape   func()                             // Esc ended what was in hand here
	OnPlace    func(at imaging.Vec, frame string) // the crosshair was put there, in the patient's coordinates of a frame of reference
	OnMenu     func(at fyne.Position)             // the menu of tools, on the window
	CutOf      func(s volume.Slice) *records.Cut  // the plane of a picture that was computed; nil: none that can be kept
}

// NewImage makes an empty viewport over a cache that several may share.
func NewImage(ws *workspace.Workspace, cache *volume.Cache, read volume.Read) *Image {
	i := &Image{ws: ws, cache: cache, read: read, shown: -1, fetch: ws.NewTask()}
	i.cine = NewCine(i)
	i.measure = NewMeasuring(ws, sheet{i})
	i.ExtendBaseWidget(i)
	return i
}

// SetStack shows a stack of a series from one of its pictures on: nil where the
// series has no pictures. Without a series the viewport is empty. Reading for
// what was shown before ends.
func (i *Image) SetStack(study *imaging.Study, series *imaging.Series, stack *volume.Stack, who view.Identity, first int) {
	var pictures []volume.Slice
	if stack != nil {
		pictures = stack.Slices
	}
	i.open(study, series, stack, pictures, who, first)
}

// Original reports that the picture in front is an SOP instance's own, to which
// a finding may refer; true where there is none.
func (i *Image) Original() bool {
	s, ok := i.Shown()
	return !ok || s.Instance.SOPInstanceUID != ""
}

// SetFirst shows one picture of a series whose others are not known yet. No
// number and no position is said.
func (i *Image) SetFirst(study *imaging.Study, series *imaging.Series, picture volume.Slice, who view.Identity) {
	i.open(study, series, nil, []volume.Slice{picture}, who, 0)
}

func (i *Image) open(study *imaging.Study, series *imaging.Series, stack *volume.Stack, pictures []volume.Slice, who view.Identity, first int) {
	i.fetch.Stop()
	i.cine.Stop()
	i.lines, i.cross, i.notice = nil, nil, ""
	if i.loader != nil {
		i.loader.Close()
		i.loader = nil
	}
	i.study, i.series, i.stack, i.identity = study, series, stack, who
	i.shown, i.renderer, i.frame, i.auto, i.problem, i.target = -1, nil, nil, nil, "", nil
	i.drawing, i.drawnFrom, i.loading = false, nil, false
	i.chosen, i.inForce, i.refused, i.uncovered = nil, nil, "", false
	i.prior, i.match = "", ""
	i.windowing, i.windowFrom, i.turning = false, nil, nil
	i.colours, i.palette = "", nil
	if series != nil {
		i.colours = coloursOf(series.Modality)
		i.palette = render.PaletteOf(i.colours)
	}
	i.measure.Abandon()
	i.state = view.State{}
	i.slices = pictures
	i.state.Slices = len(i.slices)
	if len(i.slices) > 0 {
		i.loader = volume.NewLoader(i.ws.Context(), i.cache, i.slices, i.read, i.ws.Go)
		if i.slices[0].Instance.SOPInstanceUID == "" {
			i.loader.Ahead(0) // computed from a volume that is at hand
		}
	} else if series != nil {
		i.problem = i.ws.Lang.T("canvas.no_pixels")
	}
	i.state = i.state.ScrollTo(first)
	i.want()
}

// SetIdentity changes who the words name, e.g. after a link by hand.
func (i *Image) SetIdentity(who view.Identity) {
	i.identity = who
	i.Refresh()
}

// Series is what is shown, or nil.
func (i *Image) Series() *imaging.Series { return i.series }

// Stack is what is shown of the series, or nil.
func (i *Image) Stack() *volume.Stack { return i.stack }

// State is how it is shown.
func (i *Image) State() view.State { return i.state }

// Shown is the picture in front, or false while there is none.
func (i *Image) Shown() (volume.Slice, bool) {
	if i.shown < 0 || i.shown >= len(i.slices) {
		return volume.Slice{}, false
	}
	return i.slices[i.shown], true
}

// Frame is the decoded frame of Shown, or nil.
func (i *Image) Frame() *imaging.Frame { return i.frame }

// Problem is why no picture is shown, empty when one is.
func (i *Image) Problem() string { return i.problem }

// Notice is what cannot be done with this picture, empty where nothing was asked.
func (i *Image) Notice() string { return i.notice }

// SetState shows the stack in another way.
func (i *Image) SetState(s view.State) {
	i.state, i.notice = s, ""
	i.want()
	if i.OnChange != nil {
		i.OnChange(i.state)
	}
}

// ChosenMark is the finding, or the item of another maker's object, whose marks
// stand out.
func (i *Image) ChosenMark() string { return i.selected }

// SetMarks gives the regions to stroke; those of other pictures are left out.
func (i *Image) SetMarks(marks []Mark, selected string) {
	i.marks, i.selected = marks, selected
	i.Refresh()
}

// ShowRejected shows or hides what a doctor rejected.
func (i *Image) ShowRejected(on bool) {
	i.rejected = on
	i.Refresh()
}

// Line is a straight line over the picture, in its pixels: where another
// picture cuts it.
type Line struct {
	From, To [2]float64
	Strong   bool // of the viewport in front
}

// SetLines gives the lines to draw.
func (i *Image) SetLines(lines []Line) {
	if len(lines) == 0 && len(i.lines) == 0 {
		return
	}
	i.lines = lines
	i.Refresh()
}

// Seen is the picture and how it is seen.
func (i *Image) Seen() view.Seen {
	w, h := i.pixels()
	s := view.Seen{Stack: i.slices, State: i.state, W: w, H: h}
	return s
}

// Cine plays the pictures.
func (i *Image) Cine() *Cine { return i.cine }

// SetFront says that the keys go to this viewport.
func (i *Image) SetFront(on bool) {
	i.front = on
	i.Refresh()
}

// Offer says that a series that is being dragged would come into this viewport.
func (i *Image) Offer(on bool) {
	if on != i.offered {
		i.offered = on
		i.Refresh()
	}
}

// SetPresentation shows the pictures that a presentation state is about as it
// says; nil gives the plain picture back. The words name it as long as it is in
// force.
func (i *Image) SetPresentation(p *imaging.PresentationState) {
	i.chosen = p
	if s, ok := i.Shown(); ok && i.frame != nil {
		i.inForce, i.refused = nil, ""
		i.state = i.state.Presented(nil, s.Instance, s.Frame)
		i.take(i.shown, i.frame)
		return
	}
	i.Refresh()
}

// Presentation is the state that the reader chose, or nil.
func (i *Image) Presentation() *imaging.PresentationState { return i.chosen }

// Uncover hides the file's overlays and display shutter, or shows them again.
func (i *Image) Uncover(on bool) {
	i.uncovered = on
	if i.shown >= 0 && i.frame != nil {
		i.take(i.shown, i.frame)
	}
}

// Goto shows the picture of a reference, if it is of this series, with its
// region in sight, and reports whether it is.
func (i *Image) Goto(ref imaging.Ref) bool {
	for k, s := range i.slices {
		if s.Instance.SOPInstanceUID == ref.SOPUID && (ref.Frame == 0 || s.Frame == ref.Frame) {
			i.target = ref.Region
			i.SetState(i.state.ScrollTo(k))
			return true
		}
	}
	return false
}

// DrawRegion lets the next drag of the left button mark a region; Esc gives up.
func (i *Image) DrawRegion(on bool) {
	i.drawing, i.drawnFrom = on && i.prior == "", nil
	i.Refresh()
}

// Drawing reports that the next drag marks a region.
func (i *Image) Drawing() bool { return i.drawing }

package workspace

import (
	"context"
	"sync"
	"time"
	"weak"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"longying/app/acceptance"
	"longying/app/admin"
	"longying/app/archive"
	"longying/app/catalogue"
	"longying/app/consult"
	"longying/app/delivery"
	"longying/app/reading"
	"longying/app/registry"
	"longying/app/screen"
	"longying/app/transfer"
	"longying/app/ui/lang"
	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/volume"
	"longying/records"
	"longying/records/cda"
)

// Services are the use cases behind the window.
type Services struct {
	Archive   *archive.Archive
	Registry  *registry.Registry
	Reading   *reading.Reading
	Consult   *consult.Consult
	Delivery  *delivery.Delivery
	Transfer  *transfer.Transfer // from and to a PACS
	Admin     *admin.Admin
	Trust     *acceptance.Acceptance // of models at this site
	Catalogue *catalogue.Catalogue   // of model packages

	// PrintReport makes the PDF of a signed report.
	PrintReport func(ctx context.Context, actor records.User, studyUID string) ([]byte, error)
	// PrintMinutes makes the PDF of a consult's minutes, in "zh" or "en".
	PrintMinutes func(ctx context.Context, actor records.User, consultID, lang string) ([]byte, error)
	// ExportConsult writes a decided consult as CDA into a folder and names the file.
	ExportConsult func(ctx context.Context, actor records.User, consultID string, form cda.ConsultForm, folder string) (string, error)
	// Runtime says which model runtime is loaded, or why none is.
	Runtime func() (string, error)
	// Decoder decodes frames for the screen.
	Decoder codec.Decoder
	Screen  *screen.Keeper // how the window is left; nil: nothing is kept
	Version string         // of the program
	Home    string         // the data folder, for the About page
}

// Workspace is one open window's state. Its methods are for the UI goroutine
// unless they say otherwise.
type Workspace struct {
	Services
	Lang     *lang.Strings
	Keys     *Keymap
	Activity *Activity
	Journal  *Journal       // for the problem report
	Analyses *reading.Queue // the study that is open comes first
	Frames   *volume.Cache  // the decoded frames of all viewports

	ctx       context.Context
	end       context.CancelFunc
	listeners []func(any)
	user      records.User
	current   *Opened
	incoming  *Opened
	jobs      []*Job
	lines     []weak.Pointer[line]
	opening   *Task
	keeping   *Task               // stores the language
	look      func() (Look, bool) // see OnLook
	pitch     pixelPitch          // of the monitor, mm
	displays  screen.Displays     // the checks of monitors
	monitor   func() screen.Monitor
	standing  screen.Standing // that was worded last
	running   sync.WaitGroup
	live      bool // there is a UI goroutine: the program, not a test
	held      sync.Mutex
	results   []func() // for Settle, where there is none
}

// New makes a workspace; Close ends its background work.
func New(ctx context.Context, s Services, l *lang.Strings) *Workspace {
	ctx, end := context.WithCancel(ctx)
	activity := NewActivity(time.Now)
	ws := &Workspace{Services: s, Lang: l, Activity: activity, Journal: &Journal{}, Keys: &Keymap{activity: activity}, Frames: volume.NewCache(volume.DefaultCacheLimit), Analyses: &reading.Queue{}, ctx: ctx, end: end}
	if app := fyne.CurrentApp(); app != nil {
		_, ws.live = app.Driver().(desktop.Driver)
	}
	ws.opening, ws.keeping = ws.NewTask(), ws.NewTask()
	On(ws, func(LanguageChanged) { ws.wordAgain() })
	On(ws, func(StudyOpened) {
		front := ""
		if ws.current != nil {
			front = ws.current.Examination.StudyUID
		}
		ws.Analyses.Front(front)
	})
	return ws
}

// Close cancels what runs and waits until it has ended.
func (ws *Workspace) Close() {
	ws.end()
	ws.running.Wait()
}

// Context ends with the window.
func (ws *Workspace) Context() context.Context { return ws.ctx }

// User is who is signed in; the zero value: nobody.
func (ws *Workspace) User() records.User { return ws.user }

// SetUser signs a checked user in, or out with the zero value, which also
// closes the study and ends what runs in the user's name.
func (ws *Workspace) SetUser(u records.User) {
	ws.user = u
	if u.ID == "" {
		for _, j := range ws.jobs {
			j.Cancel()
		}
		ws.CloseStudy()
	}
	Publish(ws, UserChanged{})
}

// SetLanguage switches the whole window, live.
func (ws *Workspace) SetLanguage(c lang.Code) {
	ws.Lang.Set(c)
	Publish(ws, LanguageChanged{})
}

// Opened is the study that is open.
type Opened struct {
	Examination records.Examination
	Study       *imaging.Study
	Stacks      [][]volume.Stack        // of each series of Study, in the order in which to show them; none of a slide
	Record      *registry.PatientRecord // nil while the study is linked to nobody
}

// Slide reports a study of slide microscopy, which opens in the slide room.
func (o *Opened) Slide() bool {
	for i := range o.Study.Series {
		for j := range o.Study.Series[i].Instances {
			if o.Study.Series[i].Instances[j].Slide == nil {
				return false
			}
		}
	}
	return len(o.Study.Series) > 0
}

// Current is the study that is open, or nil.
func (ws *Workspace) Current() *Opened { return ws.current }

// Incoming is the study that is being opened, once it is known whom it is of:
// with one picture alone, while the other headers are read. Nil otherwise.
func (ws *Workspace) Incoming() *Opened { return ws.incoming }

// few is of how many objects a study has its headers read before a picture of it
// could have been decoded: to show the first of them alone would only have it
// decoded twice.
const few = 4

// OpenStudy loads a study off the UI goroutine and makes it the current one; a
// newer call replaces one that is still loading. failed, which may be nil,
// hears why it could not be opened, on the UI goroutine.
func (ws *Workspace) OpenStudy(studyUID string, failed func(error)) {
	user := ws.user
	ws.opening.Start(func(ctx context.Context) func() {
		o, err := ws.whose(ctx, user, studyUID)
		if err == nil {
			if o.Examination.Instances > few {
				ws.announce(ctx, o, studyUID)
			}
			o, err = ws.headers(ctx, o, studyUID)
		}
		return func() {
			incoming := ws.incoming != nil
			ws.incoming = nil
			if err != nil {
				if incoming {
					Publish(ws, StudyOpened{}) // takes the first picture away
				}
				if failed != nil {
					failed(err)
				}
				return
			}
			ws.current = o
			Publish(ws, StudyOpened{})
		}
	})
}

// announce shows the first picture of a study that is being opened, and closes
// the one that was open. Why there is none is said when all is read.
func (ws *Workspace) announce(ctx context.Context, o *Opened, studyUID string) {
	first, err := ws.Archive.First(ctx, studyUID)
	if err != nil || first == nil {
		return
	}
	in := *o
	in.Study = first
	ws.do(func() {
		if ctx.Err() != nil {
			return
		}
		if ws.current != nil {
			ws.current = nil
			Publish(ws, StudyOpened{})
		}
		ws.incoming = &in
		Publish(ws, StudyIncoming{})
	})
}

// whose is a study without its pictures.
func (ws *Workspace) whose(ctx context.Context, user records.User, studyUID string) (*Opened, error) {
	ex, err := ws.Registry.OpenStudy(ctx, user, studyUID)
	if err != nil {
		return nil, err
	}
	o := &Opened{Examination: ex}
	if ex.Link.Linked() {
		rec, err := ws.Registry.Record(ctx, user, ex.PatientID)
		if err != nil {
			return nil, err
		}
		o.Record = &rec
	}
	return o, nil
}

func (ws *Workspace) headers(ctx context.Context, whose *Opened, studyUID string) (*Opened, error) {
	study, err := ws.Archive.Study(ctx, studyUID)
	if err != nil {
		return nil, err
	}
	o := &Opened{Examination: whose.Examination, Record: whose.Record, Study: study, Stacks: make([][]volume.Stack, len(study.Series))}
	for i := range study.Series {
		if o.Slide() {
			break // its frames are tiles
		}
		o.Stacks[i] = volume.Split(&study.Series[i])
	}
	return o, nil
}

// CloseStudy leaves no study open.
func (ws *Workspace) CloseStudy() {
	ws.opening.Stop()
	if ws.current != nil || ws.incoming != nil {
		ws.current, ws.incoming = nil, nil
		Publish(ws, StudyOpened{})
	}
}

// Explain words an error for people in the language chosen.
func (ws *Workspace) Explain(err error) string {
	ws.Journal.Problem(ws.Lang, err)
	return Explained(ws.Lang, err)
}

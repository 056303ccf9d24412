package ui

import (
	"context"
	"testing"

	"longying/records"
)

// task is one of the commonest things that are done in the window.
type task struct {
	name string
	do   func(*hand)
}

// tasks follow each other in one sitting. What each leaves behind is asked of
// the record, not of the window.
func tasks() []task {
	return []task{
		{"01-sign-in", (*hand).signIn},
		{"02-look-at-a-film", (*hand).lookAtFilm},
		{"03-ask-a-model-and-confirm", (*hand).confirm},
		{"04-draft-and-sign", (*hand).sign},
		{"05-send", (*hand).send},
		{"06-correct-what-was-sent", (*hand).amend},
		{"07-import-a-second-cd", (*hand).importFolder},
		{"08-decide-whose-a-study-is", (*hand).link},
		{"09-read-a-ct", (*hand).readCT},
		{"10-report-a-critical-value", (*hand).critical},
		{"11-type-a-slide", (*hand).typeSlide},
		{"12-hold-a-consult", (*hand).consult},
	}
}

func TestTheCommonestTasksAreDoneByKeyboardAndMouseInTheRealWindow(t *testing.T) {
	done := byHand(t, "1366x768", handLimit)
	for i, want := range tasks() {
		if i >= len(done) {
			t.Fatalf("%s was never begun", want.name)
		}
		if p := done[i]; p.Task != want.name || p.Error != "" {
			t.Fatalf("%s: %s", p.Task, p.Error)
		} else {
			t.Logf("%s: %d actions", p.Task, p.Actions)
		}
	}
}

// user and current are the window's, for the script's goroutine.
func (h *hand) study() records.Examination {
	var e records.Examination
	h.until("a study is open", func() bool {
		o := h.session.ws.Current()
		if o != nil {
			e = o.Examination
		}
		return o != nil
	})
	return e
}

func (h *hand) findings(uid string) []records.Finding {
	all, err := h.session.station.Reading.Findings(context.Background(), h.session.ws.User(), uid)
	if err != nil {
		h.fail("%w", err)
	}
	return all
}

// signIn also opens the CD: the program was started on it.
func (h *hand) signIn() {
	h.enter("radiologist")
	if e := h.study(); !e.Link.Linked() {
		h.fail("the film of the CD was linked to nobody: %s", e.LinkReason)
	}
}

func (h *hand) lookAtFilm() {
	h.until("the film is on the screen", func() bool {
		p := viewport(h.session.shell.front.Content)
		if p == nil {
			return false
		}
		_, ok := p.Shown()
		return ok
	})
	h.press("i")
	h.until("the film is inverted", func() bool { return viewport(h.session.shell.front.Content).State().Invert })
	h.press("i", "x", "z")
	h.until("it stands as it stood", func() bool { return !viewport(h.session.shell.front.Content).State().Invert })
}

// listed waits until the list has what the models proposed, and nothing decided:
// the name of a finding alone stands in the models' rows, too.
func (h *hand) listed(uid string) {
	h.reads(h.session.lang.T("findings.summary", len(h.findings(uid)), 0, 0))
}

func (h *hand) confirm() {
	e := h.study()
	h.press("F2", "a")
	h.until("a model proposes something", func() bool { return len(h.findings(e.StudyUID)) > 0 })
	h.until("the analysis is over", func() bool { return len(h.session.ws.Jobs()) == 0 })
	h.listed(e.StudyUID)
	h.press("j", "y")
	h.until("the finding is confirmed", func() bool {
		return h.findings(e.StudyUID)[0].State == records.FindingConfirmed
	})
}

func (h *hand) sign() {
	e := h.study()
	h.press("F4", "ctrl+d")
	reading, user := h.session.station.Reading, h.session.ws.User()
	h.until("there is a draft", func() bool {
		r, err := reading.Report(context.Background(), user, e.StudyUID)
		return err == nil && len(r.Findings) > 0
	})
	h.signature(e.StudyUID, 1)
}

// signature signs the report that is in front.
func (h *hand) signature(studyUID string, version int) {
	reading, user := h.session.station.Reading, h.session.ws.User()
	h.press("ctrl+Return")
	h.write(h.password("radiologist"))
	h.press("Return")
	h.until("the report is signed", func() bool {
		r, err := reading.Report(context.Background(), user, studyUID)
		return err == nil && r.State == records.ReportSigned && r.Version == version
	})
}

func (h *hand) password(login string) string {
	password, err := h.sample.Password(login)
	if err != nil {
		h.fail("%w", err)
	}
	return password
}

// enter signs in.
func (h *hand) enter(login string) {
	h.until("the sign-in page", func() bool { return h.session.window.Content() == h.session.shell.signIn.content })
	h.write(login)
	h.press("Return")
	h.write(h.password(login))
	h.press("Return")
	h.until(login+" is signed in", func() bool { return h.session.ws.User().Login == login })
}

// open opens a study from the worklist by a part of its patient's name, in
// characters or as the first letters of their pinyin.
func (h *hand) open(text, modality string) records.Examination {
	h.room("worklist")
	h.press("ctrl+f", "ctrl+a")
	h.write(text)
	h.press("Return")
	var e records.Examination
	h.until("a study of "+modality+" is open", func() bool {
		o := h.session.ws.Current()
		if o == nil {
			return false
		}
		e = o.Examination
		return e.Modality == modality
	})
	return e
}

func (h *hand) send() {
	h.room("outbox")
	h.press("ctrl+u")
	h.until("every delivery has its receipt", func() bool {
		all, err := h.session.station.Delivery.Outbox(context.Background(), h.session.ws.User())
		if err != nil || len(all) == 0 {
			return false
		}
		for _, d := range all {
			if d.State != records.DeliveryAcknowledged {
				return false
			}
		}
		return true
	})
}

func (h *hand) amend() {
	e := h.open("lxm", "CR")
	h.press("F4", "ctrl+m")
	h.write("补充左肺描述")
	h.press("Return")
	reading, user := h.session.station.Reading, h.session.ws.User()
	h.until("the next version is open", func() bool {
		r, err := reading.Report(context.Background(), user, e.StudyUID)
		return err == nil && r.State == records.ReportDraft && r.Version == 2 && r.Amends == "补充左肺描述"
	})
	h.signature(e.StudyUID, 2)
	h.send()
}

func (h *hand) importFolder() {
	h.room("worklist")
	h.press("ctrl+o")
	h.click("the button that imports", h.button(h.session.lang.T("worklist.import_now")))
	h.until("the CT and the slide are in the list", func() bool {
		known, err := h.session.station.Registry.Studies(context.Background(), h.session.ws.User(), records.ExaminationFilter{})
		return err == nil && len(known) == 3 && len(h.session.ws.Jobs()) == 0
	})
}

// link gives the CT, whose header names another person than the register does
// under its number, to the person whom somebody chose.
func (h *hand) link() {
	h.room("worklist")
	h.press("ctrl+f", "ctrl+a", "BackSpace", "Escape", "ctrl+r", "Down")
	h.click("the button that links", h.button(h.session.lang.T("worklist.link")))
	h.until("nothing is left to review", func() bool {
		left, err := h.session.station.Registry.Review(context.Background(), h.session.ws.User())
		return err == nil && len(left) == 0
	})
	h.press("ctrl+r")
}

func (h *hand) readCT() {
	h.room("worklist")
	h.open("ct", "CT")
	first := func() *viewportState { return h.viewport() }
	h.until("the CT is on the screen", func() bool { return first() != nil })
	at := first().slice
	h.press("Down", "Down", "Down", "1")
	h.until("three slices on, in the first preset", func() bool { return first().slice == at+3 && first().window })
	before := len(viewports(h.session.shell.front.Content))
	h.press("m")
	h.until("three planes stand beside the slices", func() bool { return len(viewports(h.session.shell.front.Content)) == 4 })
	h.shoot("09-mpr")
	h.press("m")
	h.until("the viewports are left that there were", func() bool { return len(viewports(h.session.shell.front.Content)) == before })
}

// viewportState is what the first viewport shows.
type viewportState struct {
	slice  int
	window bool // another than the file's own
}

func (h *hand) viewport() *viewportState {
	p := viewport(h.session.shell.front.Content)
	if p == nil {
		return nil
	}
	if _, ok := p.Shown(); !ok {
		return nil
	}
	s := p.State()
	return &viewportState{s.Slice, s.Window != nil}
}

func (h *hand) critical() {
	h.room("critical")
	h.press("ctrl+e")
	h.write("脑出血 30 ml")
	h.press("ctrl+k")
	open := func() int {
		all, err := h.session.station.Reading.OpenCritical(context.Background(), h.session.ws.User())
		if err != nil {
			h.fail("%w", err)
		}
		return len(all)
	}
	h.until("a critical value is open", func() bool { return open() == 1 })
	h.press("ctrl+t")
	h.write("急诊科 张医师")
	h.press("Tab")
	h.write("电话 8001")
	h.press("ctrl+b", "ctrl+Return")
	h.until("it was told", func() bool { return open() == 0 })
}

func (h *hand) typeSlide() {
	h.press("ctrl+q")
	h.enter("pathologist")
	e := h.open("sm", "SM")
	h.reads("1792 × 1120")
	h.press("u")
	h.drag(h.session.shell.front.Content, 0.245, 0.25, 0.63, 0.445)
	h.press("a")
	h.until("the model has typed the region", func() bool { return len(h.findings(e.StudyUID)) > 0 })
	h.until("the analysis is over", func() bool { return len(h.session.ws.Jobs()) == 0 })
	h.listed(e.StudyUID)
	h.press("j", "y")
	h.until("the type is confirmed", func() bool {
		return h.findings(e.StudyUID)[0].State == records.FindingConfirmed
	})
}

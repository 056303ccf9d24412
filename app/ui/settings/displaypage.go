package settings

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/screen"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/imaging/gsdf"
	"longying/records"
)

// display is the check of the monitor that is under way.
type display struct {
	name    string                      // of the monitor
	monitor *screen.Monitor             // as it was with the whole screen
	answers map[screen.PatternPart]bool // seen, or not
	typed   [18]string                  // cd/m², as typed
	ambient string
	pasted  string
	names   map[string]string // of accounts, by identifier
}

func (r *room) mayCheck() bool {
	return r.may(records.RightViewPatient) || r.may(records.RightConfigure)
}

// loadDisplay asks for the names of who checked.
func (r *room) loadDisplay() {
	actor, checks := r.ws.User(), r.ws.Displays().Checks
	r.loading.Start(func(ctx context.Context) func() {
		names := map[string]string{}
		var err error
		for _, c := range checks {
			if _, known := names[c.User]; !known && err == nil {
				names[c.User], err = r.ws.Admin.NameOf(ctx, actor, c.User)
			}
		}
		return func() {
			r.problem.Explain(err)
			r.display.names = names
			if _, c := r.ws.DisplayStanding(); c != nil && r.display.name == "" {
				r.display.name = c.Name
			}
			r.render()
		}
	})
}

// displayPage is the check of the monitor: what stands, the pattern, the
// luminances, and the checks before; and how large a pixel of it is.
func (r *room) displayPage() fyne.CanvasObject {
	l := r.ws.Lang
	standing, c := r.ws.DisplayStanding()
	weight := widget.WarningImportance
	if standing == screen.Passed {
		weight = widget.SuccessImportance
	}
	now := bold(workspace.DisplayWords(l, standing, c))
	now.Importance = weight
	box := container.NewVBox(now)
	if standing == screen.LookedAt {
		box.Add(wrapped(l.T("settings.display_only_looked"), widget.WarningImportance))
	}
	if c != nil {
		box.Add(wrapped(r.checkText(c), widget.LowImportance))
	}
	box.Add(wrapped(l.T("settings.display_note"), widget.LowImportance))
	if !r.mayCheck() {
		box.Add(widget.NewSeparator())
		box.Add(r.pitchForm())
		return box
	}
	name := workspace.NewEntry(r.ws)
	name.SetText(r.display.name)
	name.SetPlaceHolder(l.T("settings.display_name_hint"))
	name.OnChanged = func(s string) { r.display.name = s }
	box.Add(r.field("settings.display_name", name))
	box.Add(widget.NewSeparator())
	r.patternPart(box)
	box.Add(widget.NewSeparator())
	r.luminancePart(box)
	box.Add(widget.NewSeparator())
	r.intervalPart(box)
	r.earlierPart(box)
	box.Add(widget.NewSeparator())
	box.Add(bold(l.T("settings.display_true_size")))
	box.Add(r.pitchForm())
	return box
}

// patternPart shows the pattern and asks what of it was seen.
func (r *room) patternPart(box *fyne.Container) {
	l := r.ws.Lang
	box.Add(bold(l.T("settings.display_pattern")))
	box.Add(wrapped(l.T("settings.display_pattern_note"), widget.LowImportance))
	show := widget.NewButtonWithIcon(l.T("settings.display_pattern_button"), theme.ViewFullScreenIcon(), r.showPattern)
	show.Importance = widget.HighImportance
	box.Add(container.NewHBox(show))
	if r.display.monitor == nil {
		box.Add(wrapped(l.T("settings.display_show_first"), widget.LowImportance))
		return
	}
	answers := []string{l.T("settings.display_seen"), l.T("settings.display_not_seen")}
	for _, part := range screen.PatternParts() {
		choice := widget.NewRadioGroup(answers, nil)
		choice.Horizontal = true
		if seen, answered := r.display.answers[part]; answered && seen {
			choice.Selected = answers[0]
		} else if answered {
			choice.Selected = answers[1]
		}
		choice.OnChanged = func(s string) {
			if r.display.answers == nil {
				r.display.answers = map[screen.PatternPart]bool{}
			}
			if r.display.answers[part] = s == answers[0]; s == "" {
				delete(r.display.answers, part)
			}
		}
		box.Add(container.NewBorder(nil, nil, nil, choice, wrapped(l.T(lang.Key("display.part_"+string(part))), widget.MediumImportance)))
	}
	box.Add(container.NewHBox(widget.NewButtonWithIcon(l.T("settings.display_keep_pattern"), theme.ConfirmIcon(), r.keepPattern)))
}

// keepPattern keeps what was seen, once every question is answered.
func (r *room) keepPattern() {
	c := r.newCheck()
	for _, part := range screen.PatternParts() {
		switch seen, answered := r.display.answers[part]; {
		case !answered:
			r.cannot(func() string { return r.ws.Lang.T("settings.display_answer_all") })
			return
		case seen:
			c.Seen = append(c.Seen, part)
		default:
			c.Missed = append(c.Missed, part)
		}
	}
	r.keepCheck(c)
}

func (r *room) newCheck() screen.DisplayCheck {
	return screen.DisplayCheck{Name: strings.TrimSpace(r.display.name), Monitor: *r.display.monitor}
}

func (r *room) keepCheck(c screen.DisplayCheck) {
	if c.Name == "" {
		r.cannot(func() string { return r.ws.Lang.T("settings.display_name_needed") })
		return
	}
	user := r.ws.User()
	r.ws.KeepDisplayCheck(c, func(err error) {
		if err == nil {
			if r.display.names == nil {
				r.display.names = map[string]string{}
			}
			r.display.names[user.ID] = user.Name
			r.display.answers = nil
			if c.Luminances != nil {
				r.display.typed, r.display.ambient, r.display.pasted = [18]string{}, "", ""
			}
		}
		r.scroll.ScrollToTop() // where it says so
		r.stored(err)
	})
}

// cannot says at the top of the page why something was not done.
func (r *room) cannot(why func() string) {
	r.done.SetText("")
	r.problem.SetWords(why)
	r.scroll.ScrollToTop()
	r.render()
}

// luminancePart takes what a meter shows at each level, and judges it.
func (r *room) luminancePart(box *fyne.Container) {
	l := r.ws.Lang
	box.Add(bold(l.T("settings.display_luminance")))
	box.Add(wrapped(l.T("settings.display_luminance_note"), widget.LowImportance))
	show := widget.NewButtonWithIcon(l.T("settings.display_levels_button"), theme.ViewFullScreenIcon(), r.showLevels)
	show.Importance = widget.HighImportance
	file := widget.NewButtonWithIcon(l.T("settings.display_file"), theme.FolderOpenIcon(), r.pickLuminances)
	box.Add(container.NewHBox(show, file))
	result := container.NewVBox()
	judge := func() {
		result.RemoveAll()
		r.resultPart(result)
		box.Refresh() // the page grows with it
		r.page.Refresh()
		r.scroll.Refresh()
	}
	grid := container.New(layout.NewGridLayout(6))
	entries := make([]*workspace.Entry, 18)
	for i, level := range gsdf.Levels() {
		e := workspace.NewEntry(r.ws)
		e.SetText(r.display.typed[i])
		e.SetPlaceHolder("cd/m²")
		e.Scroll = container.ScrollNone // the wheel turns the page also above it
		e.OnChanged = func(s string) {
			r.display.typed[i] = s
			judge()
		}
		entries[i] = e
		caption := widget.NewLabel(strconv.Itoa(level))
		caption.Importance = widget.LowImportance
		grid.Add(container.NewBorder(nil, nil, container.New(layout.NewGridWrapLayout(fyne.NewSize(40, caption.MinSize().Height)), caption), nil, e))
	}
	box.Add(grid)
	ambient := workspace.NewEntry(r.ws)
	ambient.SetText(r.display.ambient)
	ambient.Scroll = container.ScrollNone
	ambient.SetPlaceHolder(l.T("settings.display_ambient_hint"))
	ambient.OnChanged = func(s string) {
		r.display.ambient = s
		judge()
	}
	box.Add(r.field("settings.display_ambient", ambient))
	paste := workspace.NewEntry(r.ws)
	paste.SetText(r.display.pasted)
	paste.SetPlaceHolder(l.T("settings.display_paste_hint"))
	paste.OnChanged = func(s string) { r.display.pasted = s }
	take := func() { r.takeLuminances(r.display.pasted) }
	paste.OnSubmitted = func(string) { take() }
	box.Add(r.field("settings.display_paste", container.NewBorder(nil, nil, nil, widget.NewButton(l.T("settings.display_take"), take), paste)))
	judge()
	box.Add(result)
}

// takeLuminances fills the fields from a list.
func (r *room) takeLuminances(text string) {
	values, err := gsdf.ParseLuminances(text)
	if err != nil {
		r.cannot(func() string { return r.measurementWords(err) })
		return
	}
	for i, v := range values {
		r.display.typed[i] = strconv.FormatFloat(v, 'f', -1, 64)
	}
	r.problem.SetText("")
	r.renderInPlace()
}

// renderInPlace renders the page anew and leaves in sight what was.
func (r *room) renderInPlace() {
	at := r.scroll.Offset
	r.render()
	r.scroll.ScrollToOffset(at)
}

// pickLuminances reads a CSV file of a meter.
func (r *room) pickLuminances() {
	window := r.free()
	if window == nil {
		return
	}
	r.show(dialog.NewFileOpen(func(u fyne.URIReadCloser, err error) {
		if u == nil {
			r.problem.Explain(err)
			return
		}
		raw, err := io.ReadAll(io.LimitReader(u, 1<<17))
		if closed := u.Close(); err == nil {
			err = closed
		}
		if err != nil {
			r.stored(err)
			return
		}
		r.takeLuminances(string(raw))
	}, window), "settings.display_file", "settings.display_take")
}

// luminances are the fields as numbers; nil while one is empty, with why where
// one is no number.
func (r *room) luminances() (values []float64, ambient float64, err error) {
	number := func(text, at string) (float64, error) {
		v, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(text), ",", ".", 1), 64)
		if err != nil {
			return 0, &gsdf.MeasurementError{Code: "number", At: text}
		}
		return v, nil
	}
	if strings.TrimSpace(r.display.ambient) == "" || slices.ContainsFunc(r.display.typed[:], func(s string) bool { return strings.TrimSpace(s) == "" }) {
		return nil, 0, nil
	}
	if ambient, err = number(r.display.ambient, ""); err != nil {
		return nil, 0, err
	}
	for i, level := range gsdf.Levels() {
		v, err := number(r.display.typed[i], strconv.Itoa(level))
		if err != nil {
			return nil, 0, err
		}
		values = append(values, v)
	}
	return values, ambient, nil
}

// measurementWords says why luminances cannot be judged.
func (r *room) measurementWords(err error) string {
	if e, ok := err.(*gsdf.MeasurementError); ok {
		return r.ws.Lang.T(lang.Key("display.measured_"+e.Code), e.At)
	}
	return r.ws.Explain(err)
}

// intervalPart says, and lets the administrator say, when a check is due again.
func (r *room) intervalPart(box *fyne.Container) {
	l := r.ws.Lang
	months := r.ws.Displays().Months
	if !r.may(records.RightConfigure) {
		box.Add(wrapped(l.T("settings.display_every", months), widget.LowImportance))
		return
	}
	var names []string
	choices := []int{3, 6, 12, 24}
	for _, m := range choices {
		names = append(names, l.T("settings.display_months", m))
	}
	choice := widget.NewRadioGroup(names, nil)
	choice.Horizontal, choice.Required = true, true
	if i := slices.Index(choices, months); i >= 0 {
		choice.Selected = names[i]
	}
	choice.OnChanged = func(s string) {
		if i := slices.Index(names, s); i >= 0 {
			r.ws.SetDisplayMonths(choices[i], r.stored)
		}
	}
	box.Add(r.field("settings.display_again", choice))
}

// earlierShown is how many earlier checks are listed.
const earlierShown = 6

func (r *room) earlierPart(box *fyne.Container) {
	checks := r.ws.Displays().Checks
	if len(checks) == 0 {
		return
	}
	box.Add(bold(r.ws.Lang.T("settings.display_earlier")))
	for i := range min(earlierShown, len(checks)) {
		box.Add(wrapped(r.checkText(&checks[len(checks)-1-i]), widget.LowImportance))
	}
}

// checkText is one check: what it found, when, by whom, of which monitor.
func (r *room) checkText(c *screen.DisplayCheck) string {
	l := r.ws.Lang
	who := r.display.names[c.User]
	if who == "" {
		who = c.User
	}
	found := l.T("settings.display_found_seen")
	if res := c.Result(); res != nil {
		found = l.T(lang.Key("display.class_"+string(res.Class))) + l.T("settings.list_semicolon") + l.T("settings.display_found", percent(res.WorstDeviation()), number(res.Least), number(res.Most), number(res.Ratio))
	} else if len(c.Missed) > 0 {
		var parts []string
		for _, p := range c.Missed {
			parts = append(parts, l.T(lang.Key("display.part_"+string(p))))
		}
		found = l.T("settings.display_found_missed", strings.Join(parts, l.T("settings.list_comma")))
	}
	at := c.At.In(imaging.Zone()).Format("2006-01-02 15:04")
	m := c.Monitor
	return l.T("settings.display_check", at, who, c.Name, fmt.Sprintf("%d × %d", m.Width, m.Height), strconv.FormatFloat(m.Scale, 'f', 2, 64), m.Host, found,
		r.ws.Displays().DueAt(c).In(imaging.Zone()).Format(time.DateOnly))
}

// displayKeys are the page's own keys.
func (r *room) displayKeys() []workspace.Action {
	if r.at != "settings.display" || !r.mayCheck() {
		return nil
	}
	return []workspace.Action{
		{Label: "settings.display_show_pattern", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyT)}, Do: r.showPattern},
		{Label: "settings.display_show_levels", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyF)}, Do: r.showLevels},
		{Label: "settings.display_keep_luminances", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyS)}, Do: r.keepLuminances},
	}
}

package settings

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/delivery"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging/endpoint"
	"longying/records"
	"longying/records/outbox"
)

// destinations is the page of where signed reports go.
type destinations struct {
	list    []delivery.Entry
	loaded  bool
	auto    bool           // what is due is sent without anybody asking
	next    delivery.Route // the form, without what stays as it is
	seconds string         // its time-out
	old     *delivery.Entry
	files   pems
	busy    bool
}

func (r *room) loadDestinations() {
	user := r.ws.User()
	r.loading.Start(func(ctx context.Context) func() {
		list, err := r.ws.Delivery.Destinations(ctx, user)
		auto := false
		if err == nil {
			auto, err = r.ws.Delivery.Automatic(ctx)
		}
		return func() {
			if err != nil {
				r.problem.Explain(err)
				return
			}
			r.destinations.list, r.destinations.loaded, r.destinations.auto = list, true, auto
			r.render()
		}
	})
}

func (r *room) destinationsPage() fyne.CanvasObject {
	l := r.ws.Lang
	box := container.NewVBox(wrapped(l.T("settings.destinations_note"), widget.LowImportance))
	may := r.may(records.RightConfigure)
	if r.destinations.loaded {
		box.Add(r.automaticChoice(may))
		box.Add(widget.NewSeparator())
	}
	if r.destinations.loaded && len(r.destinations.list) == 0 {
		box.Add(wrapped(l.T("settings.no_destination"), widget.MediumImportance))
	}
	for i := range r.destinations.list {
		e := r.destinations.list[i]
		weight := widget.MediumImportance
		if e.Off {
			weight = widget.WarningImportance
		}
		text := wrapped(entryText(l, e), weight)
		if !may {
			box.Add(text)
			continue
		}
		change := widget.NewButtonWithIcon(l.T("settings.pacs_change"), theme.DocumentCreateIcon(), func() { r.changeDestination(e) })
		turn := widget.NewButtonWithIcon(l.T("settings.destination_switch_off"), theme.MediaPauseIcon(), func() { r.switchDestination(e) })
		if e.Off {
			turn.SetText(l.T("settings.destination_switch_on"))
			turn.SetIcon(theme.MediaPlayIcon())
		}
		remove := widget.NewButtonWithIcon(l.T("settings.button_remove"), theme.DeleteIcon(), func() { r.removeDestination(e.Name) })
		box.Add(container.NewBorder(nil, nil, nil, container.NewVBox(container.NewHBox(change, turn, remove)), text))
		box.Add(widget.NewSeparator())
	}
	if !may {
		box.Add(wrapped(l.T("settings.administrator_only"), widget.LowImportance))
		return box
	}
	r.destinationForm(box)
	return box
}

// automaticChoice switches sending without anybody asking on or off.
func (r *room) automaticChoice(may bool) fyne.CanvasObject {
	l := r.ws.Lang
	c := widget.NewCheck(l.T("settings.automatic"), nil)
	c.Checked = r.destinations.auto
	c.OnChanged = func(on bool) {
		r.changed(func(ctx context.Context, user records.User) error { return r.ws.Delivery.SetAutomatic(ctx, user, on) })
	}
	if !may {
		c.Disable()
	}
	note, weight := l.T("settings.automatic_on"), widget.LowImportance
	if !r.destinations.auto {
		note, weight = l.T("settings.automatic_off"), widget.WarningImportance
	}
	return container.NewVBox(c, wrapped(note, weight))
}

// entryText says all of a destination but its secrets.
func entryText(l *lang.Strings, e delivery.Entry) string {
	first := e.Name + "  ·  " + l.T(lang.Key("settings.kind_"+e.Kind))
	if e.Off {
		first += "  ·  " + l.T("settings.destination_is_off")
	}
	names := make([]string, len(e.Formats))
	for i, f := range e.Formats {
		names[i] = l.T(lang.Key("format." + f))
	}
	last := append(holdsText(l, e.User, e.Holds), strings.Join(names, l.T("settings.list_comma")))
	if e.InClear {
		last = append(last, l.T("settings.destination_is_in_clear"))
	}
	return first + "\n" + e.URL + "\n" + strings.Join(last, " · ")
}

func (r *room) changeDestination(e delivery.Entry) {
	r.destinations.old, r.destinations.next, r.destinations.files = &e, e.Route(), pems{}
	r.destinations.seconds = seconds(e.Timeout)
	r.clear()
}

func seconds(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64)
}

func (r *room) destinationForm(box *fyne.Container) {
	l, s := r.ws.Lang, &r.destinations
	title := l.T("settings.add_destination")
	var old endpoint.Holds
	if s.old != nil {
		title, old = l.T("settings.pacs_changing", s.old.Name), s.old.Holds
	}
	if s.next.Kind == "" {
		s.next.Kind = outbox.KindHTTP
	}
	box.Add(bold(title))
	name := r.entry(box, "settings.destination_name", &s.next.Name, "", false)
	if s.old != nil {
		name.Disable() // what was sent is filed under it
	}
	box.Add(r.field("settings.destination_kind", r.kindChoice()))
	if s.next.Kind == outbox.KindFolder {
		r.entry(box, "settings.destination_folder", &s.next.URL, l.T("settings.folder_hint"), false)
	} else {
		r.entry(box, "settings.destination_address", &s.next.URL, l.T(lang.Key("settings.hint_"+s.next.Kind)), false)
	}
	box.Add(r.field("settings.destination_formats", r.formatChoice()))
	if s.next.Kind == outbox.KindSOAP {
		r.entry(box, "settings.destination_action", &s.next.Action, "RCMR_IN000002UV02", false)
		r.entry(box, "settings.destination_sender", &s.next.Sender, l.T("settings.device_hint"), false)
		r.entry(box, "settings.destination_receiver", &s.next.Receiver, l.T("settings.device_hint"), false)
	}
	if s.next.Kind != outbox.KindFolder {
		r.accessForm(box, &s.next.Access, &s.files, old)
		r.entry(box, "settings.destination_timeout", &s.seconds, "30", false)
		check := func(text lang.Key, value *bool) {
			c := widget.NewCheck(l.T(text), func(on bool) { *value = on })
			c.Checked = *value
			box.Add(c)
		}
		check("settings.destination_in_clear", &s.next.InClear)
		if s.next.Kind != outbox.KindSOAP { // which cannot be asked at all
			check("settings.destination_cannot_be_asked", &s.next.CannotBeAsked)
		}
	}
	if s.auto && s.old == nil {
		box.Add(wrapped(l.T("settings.destination_automatic"), widget.MediumImportance))
	}
	try := widget.NewButtonWithIcon(l.T("settings.pacs_try"), theme.MediaPlayIcon(), r.tryDestination)
	save := widget.NewButtonWithIcon(l.T("settings.button_save"), theme.ConfirmIcon(), r.saveDestination)
	save.Importance = widget.HighImportance
	row := container.NewHBox(try, save)
	if s.old != nil {
		row.Add(widget.NewButtonWithIcon(l.T("settings.destination_new"), theme.ContentAddIcon(), func() {
			*s = destinations{list: s.list, loaded: true, auto: s.auto}
			r.clear()
		}))
	}
	if s.busy {
		try.Disable()
		save.Disable()
		row.Add(widget.NewLabel(l.T("settings.pacs_trying")))
	}
	box.Add(row)
}

func (r *room) kindChoice() fyne.CanvasObject {
	kinds := outbox.Kinds()
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = r.ws.Lang.T(lang.Key("settings.kind_" + k))
	}
	next := &r.destinations.next
	c := widget.NewSelect(names, nil)
	c.SetSelectedIndex(slices.Index(kinds, next.Kind))
	c.OnChanged = func(string) {
		if i := c.SelectedIndex(); i >= 0 && kinds[i] != next.Kind {
			next.Kind = kinds[i]
			next.Formats = slices.DeleteFunc(next.Formats, func(f string) bool { return !outbox.Takes(next.Kind, f) })
			r.render()
		}
	}
	return c
}

// formatChoice offers the formats that the kind takes; where it is one, that.
func (r *room) formatChoice() fyne.CanvasObject {
	next := &r.destinations.next
	var formats, names, chosen []string
	for _, f := range delivery.AllFormats() {
		if !outbox.Takes(next.Kind, f) {
			continue
		}
		name := r.ws.Lang.T(lang.Key("format." + f))
		formats, names = append(formats, f), append(names, name)
		if slices.Contains(next.Formats, f) {
			chosen = append(chosen, name)
		}
	}
	if len(formats) == 1 {
		next.Formats = formats
		return widget.NewLabel(names[0])
	}
	grid := container.NewGridWithColumns(3)
	for i, f := range formats {
		c := widget.NewCheck(names[i], nil)
		c.Checked = slices.Contains(chosen, names[i])
		c.OnChanged = func(on bool) {
			next.Formats = slices.DeleteFunc(next.Formats, func(x string) bool { return x == f })
			if on {
				next.Formats = append(next.Formats, f)
			}
		}
		grid.Add(c)
	}
	return grid
}

// typed is the form, its files read.
func (s *destinations) typed() (delivery.Route, error) {
	out := s.next
	out.Formats = slices.Clone(out.Formats)
	for _, text := range []*string{&out.Name, &out.URL, &out.User, &out.Action, &out.Sender, &out.Receiver} {
		*text = strings.TrimSpace(*text)
	}
	out.Timeout = 0
	if text := strings.TrimSpace(s.seconds); text != "" {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n <= 0 || n > 3600 {
			return out, &outbox.Error{Kind: "misconfigured", Code: "timeout", Destination: out.Name, Detail: fmt.Sprintf("the time-out %q is no number of seconds", text)}
		}
		out.Timeout = time.Duration(n * float64(time.Second))
	}
	if out.Kind == outbox.KindFolder {
		out.Access, out.Timeout, out.InClear, out.CannotBeAsked = endpoint.Access{}, 0, false, false
		return out, nil
	}
	return out, s.files.read(&out.Access)
}

// withDestination does something with the form, off the UI goroutine.
func (r *room) withDestination(f func(ctx context.Context, user records.User, next delivery.Route) (done func(), err error), after func()) {
	if r.at != "settings.destinations" || r.destinations.busy || !r.may(records.RightConfigure) {
		return
	}
	form, user := r.destinations, r.ws.User()
	twice := form.old == nil && slices.ContainsFunc(form.list, func(e delivery.Entry) bool { return e.Name == strings.TrimSpace(form.next.Name) })
	if twice {
		r.problem.Say("settings.destination_twice")
		return
	}
	r.destinations.busy = true
	r.clear()
	r.loading.Start(func(ctx context.Context) func() {
		next, err := form.typed()
		var done func()
		if err == nil {
			done, err = f(ctx, user, next)
		}
		return func() {
			r.destinations.busy = false
			r.problem.Explain(err)
			r.done.SetText("")
			if err == nil {
				done()
			}
			if err == nil && after != nil {
				after()
			}
			r.render()
			r.scroll.ScrollToTop() // where the result stands
		}
	})
}

func (r *room) tryDestination() {
	r.withDestination(func(ctx context.Context, user records.User, next delivery.Route) (func(), error) {
		began := time.Now()
		if err := r.ws.Delivery.TryDestination(ctx, user, next, true); err != nil {
			return nil, err
		}
		took := fmt.Sprint(time.Since(began).Milliseconds())
		return func() { r.done.Say("settings.pacs_answers", next.Name, took) }, nil
	}, nil)
}

func (r *room) saveDestination() {
	r.withDestination(func(ctx context.Context, user records.User, next delivery.Route) (func(), error) {
		return func() { r.done.Say("settings.stored") }, r.ws.Delivery.PutDestination(ctx, user, next, true)
	}, func() {
		r.destinations = destinations{list: r.destinations.list, loaded: true, auto: r.destinations.auto}
		r.loadDestinations()
		workspace.Publish(r.ws, workspace.OutboxChanged{})
	})
}

// changed does something with a destination of the list.
func (r *room) changed(f func(ctx context.Context, user records.User) error) {
	user := r.ws.User()
	r.loading.Start(func(ctx context.Context) func() {
		err := f(ctx, user)
		return func() {
			r.stored(err)
			r.loadDestinations()
			workspace.Publish(r.ws, workspace.OutboxChanged{})
		}
	})
}

func (r *room) switchDestination(e delivery.Entry) {
	r.changed(func(ctx context.Context, user records.User) error {
		return r.ws.Delivery.SwitchDestination(ctx, user, e.Name, !e.Off)
	})
}

func (r *room) removeDestination(name string) {
	if r.destinations.old != nil && r.destinations.old.Name == name {
		r.destinations.old, r.destinations.next = nil, delivery.Route{}
	}
	r.changed(func(ctx context.Context, user records.User) error {
		return r.ws.Delivery.RemoveDestination(ctx, user, name)
	})
}

// destinationKeys are the page's own keys.
func (r *room) destinationKeys() []workspace.Action {
	if r.at != "settings.destinations" || !r.may(records.RightConfigure) {
		return nil
	}
	return []workspace.Action{
		{Label: "settings.pacs_try", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyT)}, Do: r.tryDestination},
		{Label: "settings.destination_save", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyS)}, Do: r.saveDestination},
	}
}

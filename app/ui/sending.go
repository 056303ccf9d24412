package ui

import (
	"time"

	"fyne.io/fyne/v2"

	"longying/app/delivery"
	"longying/app/ui/workspace"
)

// send sends what is due by itself until the window ends, whoever is signed in:
// the data folder is open. It looks whenever something was signed here.
func (d *session) send() {
	told := teller(d.ws)
	sender := d.station.Delivery.NewSender(time.After, func(st delivery.Standing) {
		if d.ctx.Err() == nil {
			fyne.Do(func() { told(st) })
		}
	})
	workspace.On(d.ws, func(workspace.OutboxChanged) { sender.Wake() })
	workspace.On(d.ws, func(workspace.ReportChanged) { sender.Wake() })
	d.working.Go(func() {
		if err := sender.Run(d.ctx); d.ctx.Err() == nil {
			fyne.Do(func() { d.shell.explain(err) })
		}
	})
}

// teller passes on how the outbox stands, and says that it changed once a round
// has ended. That wakes the sender, which then finds nothing more.
func teller(ws *workspace.Workspace) func(delivery.Standing) {
	sent := false
	return func(st delivery.Standing) {
		workspace.Publish(ws, workspace.SendingChanged{Standing: st})
		if sent && !st.Sending {
			workspace.Publish(ws, workspace.OutboxChanged{})
		}
		sent = st.Sending
	}
}

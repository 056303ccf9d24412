package outbox

import (
	"context"
	"maps"

	"longying/app/ui/workspace"
	"longying/records"
)

// documentVersion is one version of a document.
type documentVersion struct {
	id      string
	version int
}

// names are whose the documents are, as they were signed. Only of rows that have
// come into sight: the outbox of years is long, and a document is unsealed and
// checked each time it is read.
type names struct {
	ws     *workspace.Workspace
	known  map[documentVersion]string
	wanted map[documentVersion]string // a delivery of each
	asking bool
	came   func() // some are known now
}

func newNames(ws *workspace.Workspace, came func()) *names {
	n := &names{ws: ws, came: came}
	n.forget()
	return n
}

// forget is for another person at the window.
func (n *names) forget() {
	n.known, n.wanted = map[documentVersion]string{}, map[documentVersion]string{}
}

// of is whose a delivery is, empty until it is known.
func (n *names) of(d records.Delivery) string {
	p := documentVersion{d.DocumentID, d.Version}
	if name, ok := n.known[p]; ok {
		return name
	}
	n.wanted[p] = d.ID
	if !n.asking {
		n.asking = true
		n.ws.Go(func() { n.ws.Do(n.ask) }) // when the other rows in sight have been asked for, too
	}
	return ""
}

func (n *names) ask() {
	wanted, user := n.wanted, n.ws.User()
	n.wanted = map[documentVersion]string{}
	n.ws.NewTask().Start(func(ctx context.Context) func() {
		found := map[documentVersion]string{}
		for p, delivery := range wanted {
			found[p] = "—" // why it cannot be read is said where it is chosen
			if doc, err := n.ws.Delivery.Document(ctx, user, delivery); err == nil && doc.Patient.Name != "" {
				found[p] = doc.Patient.Name
			}
		}
		return func() {
			n.asking = false
			if n.ws.User().ID == user.ID {
				maps.Copy(n.known, found)
			}
			n.came() // what came into sight meanwhile is asked for
		}
	})
}

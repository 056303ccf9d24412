package workspace

import (
	"longying/app/delivery"
	"longying/imaging"
	"longying/records"
	"longying/records/foreign"
)

// StudyOpened: Current changed. Current is nil after a study was closed.
type StudyOpened struct{}

// StudyIncoming: Incoming has a picture of the study that is being opened.
type StudyIncoming struct{}

// FindingSelected: the doctor chose a finding, in the list or on the image.
type FindingSelected struct{ Finding records.Finding }

// FindingLetGo: no finding is chosen any more, nor an item of another maker's
// object; a measurement is.
type FindingLetGo struct{}

// FindingsChanged: proposals came or verdicts were given; ask Reading again.
type FindingsChanged struct{ StudyUID string }

// ReportChanged: a draft was saved or a report signed.
type ReportChanged struct{ StudyUID string }

// StudiesChanged: an import, a link or its removal changed the worklist.
type StudiesChanged struct{}

// ModelsChanged: a model was installed or removed.
type ModelsChanged struct{}

// PeopleChanged: people were imported.
type PeopleChanged struct{}

// RegionMarked: the doctor drew a region with the mouse. Ref.Region is nil when
// the mark was taken away.
type RegionMarked struct{ Ref imaging.Ref }

// RegionWanted: a room asks the image in front to let the doctor draw a region
// next; the answer is RegionMarked. Off: none is wanted any more.
type RegionWanted struct{ Off bool }

// AnalysisWanted: run the models fit for the open study (key A).
type AnalysisWanted struct{}

// OutboxChanged: deliveries were queued, sent or retried.
type OutboxChanged struct{}

// SendingChanged: the outbox was looked at, or something of it was sent, without
// anybody asking.
type SendingChanged struct{ Standing delivery.Standing }

// CriticalChanged: a critical value was flagged, told or withdrawn.
type CriticalChanged struct{}

// ConsultsChanged: a step of a consult was done; its tasks may have changed.
type ConsultsChanged struct{}

// OverdueWanted: show the consults with tasks past their day.
type OverdueWanted struct{}

// ForeignRead: what other makers' objects in a study say is there, or Hidden until
// the reader's own first read.
type ForeignRead struct {
	StudyUID string
	Findings []foreign.Finding
	Hidden   bool
}

// ForeignSelected: the doctor chose an item of another maker's object, in the list
// or on the image, by its Origin.Key.
type ForeignSelected struct{ Item string }

// AnnotationsChanged: something was measured, changed or deleted on an image; ask
// Reading again. Undo: Ctrl+Z now takes that back, not a verdict.
type AnnotationsChanged struct {
	StudyUID string
	Undo     bool
}

// AnnotationSelected: the doctor chose a measurement in the list, or on the
// image.
type AnnotationSelected struct{ UID string }

// AnnotationWanted: the words of a measurement are to be written; or it is to be
// deleted, left out of the report or taken in again, or stated in the report.
type AnnotationWanted struct {
	UID                   string
	Delete, Leave, Report bool
}

// LanguageChanged: take every text anew.
type LanguageChanged struct{}

// UserChanged: somebody signed in or out.
type UserChanged struct{}

// RoomWanted: bring a room or a panel tab to the front, by its ID.
type RoomWanted struct{ ID string }

// ImportWanted: import these files and folders, e.g. because they were dropped
// on the window.
type ImportWanted struct {
	Paths []string
	Open  bool // show the first study when it is in
}

// PackWanted: open this consult pack, or this reply to one; its passphrase is
// still to be asked for.
type PackWanted struct{ Path string }

// PackageWanted: install this model package.
type PackageWanted struct{ Path string }

// RejectedShown: rejected findings are to be shown, or hidden again.
type RejectedShown struct{ On bool }

// PriorInFront: the viewport to which the keys go came to show an earlier study,
// or does so no more. A verdict is about the study that is open.
type PriorInFront struct{ On bool }

// IdleLockChanged: after how long an unused screen is hidden was set.
type IdleLockChanged struct{}

// BindingsChanged: other keys or buttons of the mouse are in force.
type BindingsChanged struct{}

// LookChanged: the window is to stand in other colours or another size, as the
// kept state has them.
type LookChanged struct{}

// DisplayChanged: a monitor was checked, or it is known which ones were.
type DisplayChanged struct{}

// DisplayWanted: the page on which the monitor is checked is to be shown.
type DisplayWanted struct{}

// TourWanted: the five steps through the window are to be shown.
type TourWanted struct{}

// JobsChanged: the status bar's jobs changed.
type JobsChanged struct{}

// Event is any of the types of this file.
type Event interface {
	ForeignRead | ForeignSelected | FindingLetGo |
		SendingChanged |
		StudyOpened | StudyIncoming | FindingSelected | FindingsChanged | ReportChanged | StudiesChanged | PeopleChanged | RegionMarked |
		RegionWanted | AnalysisWanted | OutboxChanged | LanguageChanged | UserChanged | RoomWanted | JobsChanged | ImportWanted | RejectedShown | ModelsChanged | CriticalChanged | AnnotationsChanged | AnnotationSelected | AnnotationWanted | ConsultsChanged | OverdueWanted | IdleLockChanged | PriorInFront | StageWanted | BindingsChanged | LookChanged | TourWanted | DisplayChanged | PackWanted | PackageWanted | DisplayWanted
}

// On calls f for each event of its type, on the UI goroutine, as long as the
// workspace lives.
func On[E Event](ws *Workspace, f func(E)) {
	ws.listeners = append(ws.listeners, func(e any) {
		if x, ok := e.(E); ok {
			f(x)
		}
	})
}

// Publish tells everybody who listens, in the order in which they asked to. UI
// goroutine only.
func Publish[E Event](ws *Workspace, e E) {
	for _, l := range ws.listeners {
		l(e)
	}
}

package ui

import (
	"longying/app/ui/consult"
	"longying/app/ui/critical"
	"longying/app/ui/findings"
	"longying/app/ui/help"
	"longying/app/ui/outbox"
	"longying/app/ui/record"
	"longying/app/ui/report"
	"longying/app/ui/settings"
	"longying/app/ui/slide"
	"longying/app/ui/viewer"
	"longying/app/ui/worklist"
	"longying/app/ui/workspace"
)

// rooms makes every room of the window, in the order of the rail and of the
// panel's tabs.
func rooms(ws *workspace.Workspace) []*workspace.Room {
	return []*workspace.Room{
		worklist.New(ws),
		viewer.New(ws),
		slide.New(ws),
		consult.New(ws),
		critical.New(ws),
		outbox.New(ws),
		settings.New(ws),
		help.New(ws),
		findings.New(ws),
		record.New(ws),
		report.New(ws),
	}
}

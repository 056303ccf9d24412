package canvas

import (
	"fyne.io/fyne/v2"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

// ToolNames are what the tools are called.
func ToolNames() map[records.Tool]lang.Key {
	return map[records.Tool]lang.Key{records.ToolLength: "canvas.tool_length", records.ToolAngle: "canvas.tool_angle", records.ToolCobb: "canvas.tool_cobb",
		records.ToolThorax: "canvas.tool_thorax", records.ToolEllipse: "canvas.tool_ellipse", records.ToolPolygon: "canvas.tool_polygon",
		records.ToolProbe: "canvas.tool_probe", records.ToolArrow: "canvas.tool_arrow", records.ToolText: "canvas.tool_text"}
}

// hints are what each tool wants first.
func hints() map[records.Tool]lang.Key {
	return map[records.Tool]lang.Key{records.ToolLength: "canvas.hint_length", records.ToolAngle: "canvas.hint_angle", records.ToolCobb: "canvas.hint_cobb",
		records.ToolThorax: "canvas.hint_thorax", records.ToolEllipse: "canvas.hint_ellipse", records.ToolPolygon: "canvas.hint_polygon",
		records.ToolProbe: "canvas.hint_probe", records.ToolArrow: "canvas.hint_arrow", records.ToolText: "canvas.hint_text"}
}

// leftNames are what the left button can do where no tool is in hand.
func leftNames() map[workspace.Drag]lang.Key {
	return map[workspace.Drag]lang.Key{workspace.DragWindow: "settings.drag_window", workspace.DragPan: "settings.drag_pan",
		workspace.DragZoom: "settings.drag_zoom", workspace.DragScroll: "settings.drag_scroll"}
}

// leftKey is the key that gives the left button that.
func leftKey(d workspace.Drag) workspace.Key {
	name := map[workspace.Drag]fyne.KeyName{workspace.DragWindow: fyne.KeyW, workspace.DragPan: fyne.KeyP, workspace.DragZoom: fyne.KeyZ, workspace.DragScroll: fyne.KeyS}[d]
	return workspace.Key{Name: name, Mod: fyne.KeyModifierAlt}
}

// ToolKey is the key that takes a tool.
func ToolKey(t records.Tool) workspace.Key {
	shift := func(n fyne.KeyName) workspace.Key { return workspace.Key{Name: n, Mod: fyne.KeyModifierShift} }
	switch t {
	case records.ToolLength:
		return workspace.Press(fyne.KeyL)
	case records.ToolAngle:
		return workspace.Press(fyne.KeyG)
	case records.ToolCobb:
		return shift(fyne.KeyL)
	case records.ToolThorax:
		return shift(fyne.KeyR)
	case records.ToolEllipse:
		return workspace.Press(fyne.KeyO)
	case records.ToolPolygon:
		return shift(fyne.KeyO)
	case records.ToolProbe:
		return workspace.Press(fyne.KeyP)
	case records.ToolArrow:
		return shift(fyne.KeyP)
	case records.ToolText:
		return workspace.Press(fyne.KeyT)
	}
	return workspace.Key{}
}

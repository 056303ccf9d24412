package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"longying/app/ui/canvas/hanging"
	"longying/app/ui/workspace"
)

func TestAChestCTIsHungInLungAndMediastinumAndTheScreenIsKeptAsAProtocol(t *testing.T) {
	c := newCompared(t)
	p := c.ports()
	if len(p) != 2 || p[0].Stack() != p[1].Stack() || p[0].State().Window.Center != -600 || p[1].State().Window.Center != 50 {
		t.Fatalf("%d viewports", len(p))
	}
	c.key(fyne.KeyDown, 0)
	if p[0].State().Slice != p[1].State().Slice {
		t.Error("the two windows show different slices")
	}
	c.key(fyne.KeyH, fyne.KeyModifierShift)
	if p = c.ports(); len(p) != 1 || p[0].State().Window != nil {
		t.Fatalf("%d viewports in the plain screen", len(p))
	}
	// A screen of one's own: two by two, one in the bone window, turned.
	c.key(fyne.KeyW, 0)
	c.key(fyne.KeyW, 0)
	c.key(fyne.Key3, 0)
	c.key(fyne.KeyV, 0)
	c.key(fyne.KeyC, fyne.KeyModifierShift)
	c.key(fyne.KeyH, fyne.KeyModifierControl|fyne.KeyModifierShift)
	entry, ok := c.window.Canvas().Focused().(*workspace.Entry)
	if !ok || entry.Text != "CT 胸 2×2" {
		t.Fatalf("%T", c.window.Canvas().Focused())
	}
	entry.SetText("骨窗")
	entry.OnSubmitted("")
	c.ws.Settle()
	raw, err := os.ReadFile(filepath.Join(c.ws.Home, hanging.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if b := hanging.Read(raw, nil); len(b.Faults) != 0 || len(b.Own) != 1 || b.Own[0].Name != "骨窗" {
		t.Fatalf("%s", raw)
	}
	for _, study := range []string{"2.25.92", "2.25.94"} { // other studies of the kind
		c.ws.OpenStudy(study, func(err error) { t.Error(err) })
		c.ws.Settle()
		if p = c.ports(); len(p) != 4 || p[0].State().Window == nil || p[0].State().Window.Width != 2000 || p[0].State().Rotate != 90 || p[0].Colours() != "" {
			t.Errorf("%s: %d viewports", study, len(p))
		}
	}
	c.ws.OpenStudy("2.25.93", func(err error) { t.Error(err) }) // a head
	c.ws.Settle()
	if p = c.ports(); len(p) != 2 {
		t.Errorf("a head is hung in %d viewports", len(p))
	}
}

func TestAFaultInTheFileOfProtocolsIsSaidWithItsLineAndNothingIsWrittenOverIt(t *testing.T) {
	c := newCompared(t)
	path := filepath.Join(c.ws.Home, hanging.FileName)
	bad := "{\"version\": 1, \"protocols\": [\n{\"name\": \"坏\", \"match\": {}, \"columns\": 7, \"rows\": 1, \"viewports\": [{}]}]}"
	if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
		t.Fatal(err)
	}
	c.ws.OpenStudy("2.25.92", func(err error) { t.Error(err) })
	c.ws.Settle()
	if said := texts(c.front.Content); !strings.Contains(said, "hanging-protocols.json 第 2 行，方案“坏”未使用：“columns”不能为“7”") {
		t.Errorf("%q", said)
	}
	if len(c.ports()) != 2 {
		t.Error("the shipped protocol is not used")
	}
	c.key(fyne.KeyH, fyne.KeyModifierControl|fyne.KeyModifierShift)
	if raw, err := os.ReadFile(path); err != nil || string(raw) != bad {
		t.Errorf("%s %v", raw, err)
	}
	if _, asked := c.window.Canvas().Focused().(*workspace.Entry); asked {
		t.Error("a name is asked for")
	}
}

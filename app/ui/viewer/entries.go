package viewer

import (
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/imaging/volume"
)

// entry is one choice in the column: a stack of a series, or a series without
// pictures.
type entry struct {
	series *imaging.Series
	stack  *volume.Stack // nil: no pictures
	alone  bool          // the only entry of its series
	prior  *prior        // whose it is; nil: of the study that is open
}

func entriesOf(o *workspace.Opened) []entry {
	var out []entry
	for i := range o.Study.Series {
		s := &o.Study.Series[i]
		stacks := o.Stacks[i]
		for k := range stacks {
			out = append(out, entry{series: s, stack: &stacks[k], alone: len(stacks) == 1})
		}
		if len(stacks) == 0 {
			out = append(out, entry{series: s, alone: true})
		}
	}
	return out
}

// first is what a study opens on: the first stack with pictures that is no
// localizer, else the first with pictures, else 0.
func first(entries []entry) int {
	at := -1
	for i, e := range entries {
		switch {
		case e.stack == nil:
		case !e.stack.Localizer:
			return i
		case at < 0:
			at = i
		}
	}
	return max(at, 0)
}

// find is the first entry with a picture that ok takes, and that picture.
func find(entries []entry, ok func(volume.Slice) bool) (at int, s volume.Slice, found bool) {
	for i, e := range entries {
		if e.stack == nil {
			continue
		}
		for _, s := range e.stack.Slices {
			if ok(s) {
				return i, s, true
			}
		}
	}
	return 0, volume.Slice{}, false
}

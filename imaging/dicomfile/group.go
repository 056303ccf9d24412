package dicomfile

import (
	"io"

	"longying/imaging"
)

// Group orders instances that were read one by one into studies and series, as
// Scan does. Of two instances with one SOP Instance UID the first is taken.
func Group(instances []imaging.Instance) []imaging.Study {
	items := make([]scanned, len(instances))
	for i := range instances {
		items[i] = scanned{path: instances[i].Source, instance: &instances[i]}
	}
	return catalogue(items).Studies
}

// Object is the whole file as it lies on the disk (or in the archive), from the
// first byte to the last, valid until Close: for copying it unchanged.
func (f *File) Object() *io.SectionReader { return io.NewSectionReader(f.object, 0, f.objectSize) }

package archive

import (
	"context"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/imaging/slide"
	"longying/imaging/slide/openslide"
)

// Scan finds the studies under paths: DICOM objects, and slides of scanners'
// own formats, each of which is a study of its own. Each file that is neither
// keeps its reason.
func Scan(ctx context.Context, rd dicomfile.Reader, slides slide.Opener, paths []string) (dicomfile.Catalogue, error) {
	cat, err := rd.Scan(ctx, paths, nil)
	if err != nil {
		return cat, err
	}
	found, rest, err := openslide.Take(ctx, slides, cat.Skipped)
	if err != nil {
		return cat, err
	}
	cat.Skipped = rest
	seen := map[string]bool{}
	for _, in := range found {
		if seen[in.SOPInstanceUID] {
			cat.Skipped = append(cat.Skipped, imaging.Skipped{Path: in.Source, Code: imaging.SkipDuplicate, Detail: "the same slide was taken already"})
			continue
		}
		seen[in.SOPInstanceUID] = true
		cat.Studies = append(cat.Studies, dicomfile.Group([]imaging.Instance{in})...)
	}
	return cat, nil
}

// Scan is the function Scan with the character sets that were chosen for the
// devices.
func (a *Archive) Scan(ctx context.Context, paths []string) (dicomfile.Catalogue, error) {
	return Scan(ctx, a.Reader(ctx), a.slides, paths)
}

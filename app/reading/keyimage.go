package reading

import (
	"context"
	"fmt"
	"image"

	"longying/imaging"
	"longying/records"
)

// KeyImages renders one picture for each finding of a document (at most four),
// at native size: of a slide the marked region, of a film the whole picture.
// Where the document has no finding, the middle image of its first series.
func (r *Reading) KeyImages(ctx context.Context, doc *records.Document) ([]image.Image, error) {
	var out []image.Image
	seen := map[string]bool{}
	for _, f := range doc.Findings {
		key := fmt.Sprint(f.Ref.SOPUID, f.Ref.Frame)
		if f.Ref.SOPUID == "" || seen[key] || len(out) == 4 {
			continue
		}
		seen[key] = true
		img, err := r.archive.Picture(ctx, f.Ref)
		if err != nil {
			return nil, fmt.Errorf("the key image of finding %s: %w", f.UID, err)
		}
		out = append(out, img)
	}
	if len(out) == 0 && len(doc.Series) > 0 && len(doc.Series[0].Instances) > 0 {
		s := doc.Series[0]
		img, err := r.archive.Picture(ctx, imaging.Ref{SOPUID: s.Instances[len(s.Instances)/2].SOPUID})
		if err != nil {
			return nil, err
		}
		out = append(out, img)
	}
	return out, nil
}

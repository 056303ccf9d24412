package consult

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"longying/imaging"
	"longying/imaging/slide"
	"longying/records/report"
)

// set makes the picture the packed one.
func (img *PackedImage) set(picture image.Image) error {
	var buf bytes.Buffer
	if err := png.Encode(&buf, picture); err != nil {
		return err
	}
	if buf.Len() > maxPicture {
		return fmt.Errorf("a picture of %d MiB is too large for a pack", buf.Len()>>20)
	}
	sum := sha256.Sum256(buf.Bytes())
	img.PNG, img.SHA256 = buf.Bytes(), hex.EncodeToString(sum[:])
	return nil
}

// place is the frame that an item points at: of a whole study the middle image of
// its first series, of a slide the whole slide.
func (d *draft) place(ctx context.Context, ref imaging.Ref) (_ imaging.Ref, isSlide bool, err error) {
	study, err := d.study(ctx, ref.StudyUID)
	if err != nil {
		return ref, false, err
	}
	groups := slide.Groups(study)
	if ref.SOPUID == "" && len(groups) > 0 {
		in := groups[0].Base()
		ref.SeriesUID, ref.SOPUID, ref.SOPClass = in.SeriesUID, in.SOPInstanceUID, in.SOPClassUID
		return ref, true, nil
	}
	if ref.SOPUID == "" {
		s := study.Series[0]
		in := s.Instances[len(s.Instances)/2]
		ref.SeriesUID, ref.SOPUID, ref.SOPClass = s.UID, in.SOPInstanceUID, in.SOPClassUID
		return ref, false, nil
	}
	for _, s := range study.Series { // a place that was laid without the class is one of it all the same
		for i := range s.Instances {
			if in := &s.Instances[i]; in.SOPInstanceUID == ref.SOPUID {
				ref.SeriesUID, ref.SOPClass = s.UID, in.SOPClassUID
			}
		}
	}
	for _, g := range groups {
		if g.Has(ref.SOPUID) {
			return ref, true, nil
		}
	}
	return ref, false, nil
}

// study is the headers of a study, read once.
func (d *draft) study(ctx context.Context, uid string) (*imaging.Study, error) {
	if d.headers[uid] == nil {
		study, err := d.c.archive.Study(ctx, uid)
		if err != nil {
			return nil, err
		}
		d.headers[uid] = study
	}
	return d.headers[uid], nil
}

// largestRegion is the longer side of the picture of a slide's region, in pixels.
const largestRegion = 1280

// slideRegion is a region of a slide with a margin of a fifth around it, at the
// level that fits, with its outline and a scale bar; of a slide without a region
// the whole.
func (d *draft) slideRegion(ctx context.Context, ref imaging.Ref) (PackedImage, error) {
	out := PackedImage{Ref: ref, Slide: true}
	study, err := d.study(ctx, ref.StudyUID)
	if err != nil {
		return out, err
	}
	sl, err := d.c.archive.Slide(ctx, study, ref.SOPUID, d.c.needs.Decoder, slide.Options{})
	if err != nil {
		return out, err
	}
	defer sl.Close()
	x0, y0, x1, y1 := 0., 0., float64(sl.Columns()), float64(sl.Rows())
	var outline [4]float64
	if g := ref.Region; g != nil { // in pixels of the level that ref names
		level, _ := sl.LevelOf(ref.SOPUID)
		l := sl.Levels()[level]
		across, down := x1/float64(l.Columns), y1/float64(l.Rows)
		outline = [4]float64{g.X0 * across, g.Y0 * down, g.X1 * across, g.Y1 * down}
		margin := max(outline[2]-outline[0], outline[3]-outline[1]) / 5
		x0, y0 = max(0, outline[0]-margin), max(0, outline[1]-margin)
		x1, y1 = min(x1, outline[2]+margin), min(y1, outline[3]+margin)
		for _, f := range d.clean(d.pack.Findings) {
			if f.Ref.SOPUID == ref.SOPUID && f.Ref.Region != nil && *f.Ref.Region == *g {
				out.Said = append(out.Said, f.Label.In("zh"))
			}
		}
	}
	picture, err := sl.Picture(ctx, int(x0), int(y0), max(1, int(x1)-int(x0)), max(1, int(y1)-int(y0)), largestRegion)
	if err != nil {
		return out, err
	}
	shrink := float64(max(1, int(x1)-int(x0))) / float64(picture.Rect.Dx())
	if ref.Region != nil {
		box := image.Rect(int((outline[0]-x0)/shrink), int((outline[1]-y0)/shrink), int((outline[2]-x0)/shrink), int((outline[3]-y0)/shrink))
		frame(picture, box, color.NRGBA{255, 214, 0, 255})
	}
	if um := sl.Levels()[0].Micrometres(); um > 0 {
		out.Micrometres = um * shrink
		if err := scaleBar(picture, out.Micrometres); err != nil {
			return out, err
		}
	}
	return out, out.set(picture)
}

func frame(dst draw.Image, box image.Rectangle, c color.Color) {
	const thick = 2
	for _, side := range []image.Rectangle{
		image.Rect(box.Min.X, box.Min.Y, box.Max.X, box.Min.Y+thick), image.Rect(box.Min.X, box.Max.Y-thick, box.Max.X, box.Max.Y),
		image.Rect(box.Min.X, box.Min.Y, box.Min.X+thick, box.Max.Y), image.Rect(box.Max.X-thick, box.Min.Y, box.Max.X, box.Max.Y)} {
		draw.Draw(dst, side.Intersect(dst.Bounds()), image.NewUniform(c), image.Point{}, draw.Src)
	}
}

// barLength is a round length of at most a quarter of so many pixels of so many
// micrometres each.
func barLength(pixels int, micrometres float64) float64 {
	most := float64(pixels) * micrometres / 4
	power := math.Pow(10, math.Floor(math.Log10(most)))
	for _, step := range []float64{5, 2, 1} {
		if step*power <= most {
			return step * power
		}
	}
	return power
}

// scaleBar draws a bar with its length in the lower left corner, black on white so
// that it is seen on every stain.
func scaleBar(dst *image.NRGBA, micrometres float64) error {
	const margin, thick, size = 12, 6, 18
	if dst.Rect.Dx() < 80 || dst.Rect.Dy() < 60 {
		return nil // too small for a bar; the number stands beside the picture
	}
	length := barLength(dst.Rect.Dx(), micrometres)
	text := fmt.Sprintf("%g µm", length)
	if length >= 1000 {
		text = fmt.Sprintf("%g mm", length/1000)
	}
	parsed, err := opentype.Parse(report.Font())
	if err != nil {
		return err
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72})
	if err != nil {
		return err
	}
	defer face.Close()
	wide := int(math.Round(length / micrometres))
	w := max(wide, font.MeasureString(face, text).Ceil())
	at := image.Pt(margin, dst.Rect.Dy()-margin)
	plate := image.Rect(at.X-6, at.Y-size-thick-12, at.X+w+6, at.Y+4).Intersect(dst.Rect)
	draw.Draw(dst, plate, image.White, image.Point{}, draw.Src)
	draw.Draw(dst, image.Rect(at.X, at.Y-thick, at.X+wide, at.Y), image.Black, image.Point{}, draw.Src)
	(&font.Drawer{Dst: dst, Src: image.Black, Face: face, Dot: fixed.P(at.X, at.Y-thick-6)}).DrawString(text)
	return nil
}

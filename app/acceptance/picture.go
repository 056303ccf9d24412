package acceptance

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"longying/inference"
)

// Words are the texts of a scorecard's picture.
type Words struct {
	Title, Months, Devices, Agreement, FalseAlarms, Share, Drift, NoData, NoDevice, All string
}

// PictureWords are the words in "zh" or "en".
func PictureWords(lang string) Words {
	if lang == "en" {
		return Words{Title: "Scorecard", Months: "by month", Devices: "by device", Agreement: "confirmed or edited, of those decided",
			FalseAlarms: "rejected, of those decided", Share: "answers that propose something", Drift: "differs from the rest", NoData: "nothing yet", NoDevice: "device not named", All: "all"}
	}
	return Words{Title: "模型评分卡", Months: "按月", Devices: "按设备", Agreement: "已裁定中确认或修改的比例",
		FalseAlarms: "已裁定中驳回的比例（误报）", Share: "提出结果的比例", Drift: "与其余不同", NoData: "尚无数据", NoDevice: "未注明设备", All: "全部"}
}

// The picture's measures, in pixels.
const (
	pictureWidth = 1000
	rowHeight    = 34
	nameWidth    = 300
	margin       = 24
	textSize     = 15
)

func ink() color.Color   { return color.RGBA{0x1b, 0x1e, 0x22, 0xff} }
func faint() color.Color { return color.RGBA{0xc9, 0xcd, 0xd2, 0xff} }
func amber() color.Color { return color.RGBA{0xb2, 0x6a, 0x00, 0xff} }

// measures are the columns of the picture, each with its colour.
func (w Words) measures() []struct {
	name   string
	colour color.Color
	of     func(*Score) inference.Rate
} {
	return []struct {
		name   string
		colour color.Color
		of     func(*Score) inference.Rate
	}{
		{w.Agreement, color.RGBA{0x0b, 0x7a, 0x75, 0xff}, func(s *Score) inference.Rate { return s.Agreement }},
		{w.FalseAlarms, color.RGBA{0xb0, 0x2a, 0x37, 0xff}, func(s *Score) inference.Rate { return s.FalseAlarms }},
		{w.Share, color.RGBA{0x3d, 0x5a, 0x98, 0xff}, func(s *Score) inference.Rate { return s.Share }},
	}
}

// Picture draws a scorecard: for each month and each device three shares from 0
// to 100 % as a dot on its 95 % interval, with the counts behind them. typeface
// is a TrueType font that has the words' characters.
func (c *Scorecard) Picture(typeface []byte, lang string) (image.Image, error) {
	parsed, err := opentype.Parse(typeface)
	if err != nil {
		return nil, fmt.Errorf("the scorecard's typeface cannot be read: %w", err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: textSize, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, fmt.Errorf("the scorecard's typeface cannot be used: %w", err)
	}
	defer face.Close()
	w := PictureWords(lang)
	rows := 5 + max(1, len(c.Months)) + max(1, len(c.Devices)) // title, legend, all, two headings
	p := &plot{words: w, img: image.NewRGBA(image.Rect(0, 0, pictureWidth, 2*margin+rows*rowHeight)), face: face}
	draw.Draw(p.img, p.img.Bounds(), image.White, image.Point{}, draw.Src)
	p.y = margin + rowHeight/2
	name := c.Model.Name.Zh
	if lang == "en" {
		name = c.Model.Name.En
	}
	p.text(margin, fmt.Sprintf("%s  %s %s  %s – %s", w.Title, name, c.Model.Version, c.From.Format("2006-01-02"), c.Until.Format("2006-01-02")), ink())
	p.next()
	p.legend()
	total := c.Total
	total.Name = w.All
	p.group("", []Score{total})
	p.group(w.Months, c.Months)
	p.group(w.Devices, c.Devices)
	return p.img, nil
}

// plot is a picture being drawn, row by row.
type plot struct {
	words Words
	img   *image.RGBA
	face  font.Face
	y     int // middle of the row
}

func (p *plot) next() { p.y += rowHeight }

func (p *plot) text(x int, s string, c color.Color) int {
	d := &font.Drawer{Dst: p.img, Src: image.NewUniform(c), Face: p.face, Dot: fixed.P(x, p.y+textSize/3)}
	d.DrawString(s)
	return d.Dot.X.Round()
}

// cut shortens a name to a width; the whole name stands in the JSON.
func (p *plot) cut(s string, width int) string {
	runes := []rune(s)
	for len(runes) > 1 && font.MeasureString(p.face, string(runes)).Round() > width {
		runes = append(runes[:len(runes)-2], '…')
	}
	return string(runes)
}

func (p *plot) rect(x0, y0, x1, y1 int, c color.Color) {
	draw.Draw(p.img, image.Rect(x0, y0, x1, y1), image.NewUniform(c), image.Point{}, draw.Src)
}

func (p *plot) legend() {
	x := margin
	for _, m := range p.words.measures() {
		p.rect(x, p.y-5, x+10, p.y+5, m.colour)
		x = p.text(x+16, m.name, ink()) + 28
	}
	p.next()
}

func (p *plot) group(title string, scores []Score) {
	if title != "" {
		p.rect(margin, p.y-rowHeight/2, pictureWidth-margin, p.y-rowHeight/2+1, faint())
		p.text(margin, title, ink())
		p.next()
	}
	if len(scores) == 0 {
		p.text(margin, p.words.NoData, ink())
		p.next()
	}
	for i := range scores {
		p.row(&scores[i], title == p.words.Devices)
		p.next()
	}
}

func (p *plot) row(s *Score, device bool) {
	name := s.Name
	if name == "" && device {
		name = p.words.NoDevice
	}
	c := ink()
	if s.Drift {
		name, c = "! "+name+" ("+p.words.Drift+")", amber()
	}
	p.text(margin, p.cut(name, nameWidth-margin-8), c)
	column := (pictureWidth - nameWidth - margin) / 3
	for i, m := range p.words.measures() {
		x0, rate := nameWidth+i*column, m.of(s)
		width := column - 92
		p.rect(x0, p.y, x0+width, p.y+1, faint())
		if rate.N == 0 || math.IsNaN(float64(rate.Value)) {
			p.text(x0+width+8, "–", ink())
			continue
		}
		at := func(v float64) int { return x0 + int(v*float64(width)+0.5) }
		p.rect(at(rate.Low), p.y-2, at(rate.High)+1, p.y+3, m.colour)
		p.rect(at(float64(rate.Value))-4, p.y-7, at(float64(rate.Value))+5, p.y+8, m.colour)
		p.text(x0+width+8, fmt.Sprintf("%d/%d", rate.Count, rate.N), ink())
	}
}

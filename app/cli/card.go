package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"longying/app/catalogue"
	"longying/models"
)

// showModel writes a card for people, in Chinese and English or one of them. Of
// a model, or a version, that was removed or replaced the kept card is shown.
func (c *call) showModel(lang, version string) error {
	if lang != "" && lang != "zh" && lang != "en" {
		return usagef("--lang is zh or en, not %q", lang)
	}
	e, err := c.named()
	if len(c.args) != 1 {
		return err
	}
	var card *models.Card
	if e.Package != nil && (version == "" || version == e.Version) {
		card = e.Package.Card
	}
	for _, kept := range catalogue.KeptCards(c.homeOrNone(), c.args[0]) {
		if card == nil && (version == kept.Version || version == "" && e.ID == "") {
			card, e = kept, catalogue.Entry{Origin: catalogue.Removed}
		}
	}
	switch {
	case card != nil:
	case err != nil:
		return err
	default:
		return fmt.Errorf("no card of %s %s is kept", c.args[0], version)
	}
	if c.json {
		return c.emit(modelRow{Card: card, Origin: e.Origin, By: e.By})
	}
	for _, l := range []string{"zh", "en"} {
		if lang == "" || lang == l {
			writeCard(c.Stdout, card, e.Origin, l)
		}
	}
	return nil
}

// sheet writes a card in one language.
type sheet struct {
	w    io.Writer
	lang string
}

// pick is the text of the sheet's language.
func (s sheet) pick(zh, en string) string { return models.Text{Zh: zh, En: en}.In(s.lang) }

// line writes a caption and what stands behind it, nothing where that is empty.
func (s sheet) line(zh, en, format string, args ...any) {
	if text := fmt.Sprintf(format, args...); text != "" {
		fmt.Fprintf(s.w, "%s: %s\n", s.pick(zh, en), text)
	}
}

func (s sheet) texts(zh, en string, list []models.Text) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(s.w, "%s:\n", s.pick(zh, en))
	for _, t := range list {
		fmt.Fprintf(s.w, "  - %s\n", t.In(s.lang))
	}
}

func writeCard(w io.Writer, card *models.Card, origin catalogue.Origin, lang string) {
	s := sheet{w, lang}
	fmt.Fprintf(w, "%s (%s %s)\n", card.Name.In(lang), card.ID, card.Version)
	if origin == catalogue.Removed {
		fmt.Fprintln(w, s.pick("已不再安装，只保留了模型卡", "no longer installed; only its card is kept"))
	}
	s.line("注册", "registration", "%s", card.Purpose.Registration.In(lang))
	s.line("用途", "intended use", "%s", card.Purpose.IntendedUse.In(lang))
	s.line("使用者", "user", "%s", card.Purpose.UserRole.In(lang))
	s.texts("不得用于", "not for", card.Purpose.Contraindications)
	s.input(card)
	s.outputs(card)
	s.evidence(card)
	s.line("任务", "task", "%s", card.Task)
	s.line("制作", "maker", "%s; %s", card.Maker, strings.Join(card.Authors, ", "))
	s.line("许可", "licence", "%s; %s %s. %s", card.Licence.Weights, s.pick("数据", "data"), card.Licence.Data, card.Licence.Attribution)
	s.line("文件", "file", "SHA-256 %s, opset %d, ONNX Runtime ≥ %s", card.File.SHA256, card.File.Opset, card.File.MinimumRuntime)
	s.line("资源", "resources", s.pick("%d MiB；每个样本 %.3g 秒（%s）", "%d MiB; %.3g s a sample (%s)"), card.Resources.MemoryMiB, card.Resources.Seconds, card.Resources.CPU)
	fmt.Fprintln(w)
}

func (s sheet) input(card *models.Card) {
	in := &card.Input
	rng := func(r *models.Range, unit string) string {
		if r == nil {
			return ""
		}
		return fmt.Sprintf("%g–%g %s", r.Min, r.Max, unit)
	}
	s.line("影像类型", "modality", "%s", strings.Join(in.Modalities, ", "))
	s.line("部位", "body part", "%s", strings.Join(in.BodyParts, ", "))
	s.line("体位", "view", "%s", strings.Join(in.Views, ", "))
	s.line("年龄", "age", "%s", rng(in.AgeYears, s.pick("岁", "years")))
	s.line("性别", "sex", "%s", strings.Join(in.Sex, ", "))
	s.line("像素间距", "pixel spacing", "%s", rng(in.Spacing, "mm"))
	s.line("层厚", "slice thickness", "%s", rng(in.SliceThickness, "mm"))
	s.line("对比剂", "contrast medium", "%s", in.Contrast)
	if sl := card.Slide; sl != nil {
		scale := s.pick("未知", "unknown")
		if sl.MicrometresPerPixel > 0 {
			scale = fmt.Sprintf("%g µm", sl.MicrometresPerPixel)
		}
		s.line("切片", "slide", s.pick("%d 像素图块，每像素 %s，染色 %s，器官 %s", "patches of %d pixels at %s a pixel, stain %s, organs %s"), sl.PatchPixels, scale, sl.Stain, strings.Join(sl.Organs, ", "))
	}
	if in.MarkedRegion {
		s.line("区域", "region", "%s", s.pick("只在医师标记的区域上运行", "runs only on a region that a doctor has marked"))
	}
	if in.AmberReason != nil {
		s.line("慎用", "amber", "%s", in.AmberReason.In(s.lang))
	}
	var steps []string
	for _, st := range in.Preprocess {
		// A step is a name and numbers; it always has a JSON form.
		data, _ := json.Marshal(st)
		steps = append(steps, string(data))
	}
	s.line("预处理", "preprocessing", "\n  %s", strings.Join(steps, "\n  "))
	s.line("张量", "tensor", "%s %v %s", in.Tensor.Name, in.Tensor.Shape, in.Tensor.Order)
}

func (s sheet) outputs(card *models.Card) {
	for _, o := range card.Outputs {
		fmt.Fprintf(s.w, "%s %s (%s)\n", s.pick("输出", "output"), o.Name, o.Kind)
		for _, k := range o.Classes {
			text := k.Label.In(s.lang)
			if !k.Proposes {
				text += s.pick("（不提示）", " (never proposed)")
			} else if k.Threshold > 0 {
				text += fmt.Sprintf(" ≥ %g", k.Threshold)
			}
			for _, code := range []*models.Code{k.Code, k.Site, k.Topography, k.Morphology, k.Grade} {
				if code != nil {
					text += fmt.Sprintf("  %s %s", code.Scheme, code.Value)
				}
			}
			fmt.Fprintf(s.w, "  %s: %s\n", k.Key, text)
		}
		for _, m := range o.Measurements {
			fmt.Fprintf(s.w, "  %s: %s [%s]  %s %s\n", m.Key, m.Label.In(s.lang), m.Unit, m.Code.Scheme, m.Code.Value)
		}
	}
}

func (s sheet) evidence(card *models.Card) {
	e := &card.Evidence
	s.line("证据", "evidence", "%s", e.Summary.In(s.lang))
	s.line("划分", "split", "%s", e.Split)
	s.line("人群", "populations", "%s", strings.Join(e.Populations, "; "))
	for _, m := range e.Metrics {
		fmt.Fprintf(s.w, "  %s on %s: %.3f (95 %% CI %.3f–%.3f, n=%d)\n", m.Name, m.Set, m.Value, m.Low, m.High, m.N)
	}
	for _, o := range e.Points {
		fmt.Fprintf(s.w, s.pick("  %s ≥ %g，%s（%s，n=%d，患病率 %.3f）：灵敏度 %.3f（%.3f–%.3f），特异度 %.3f（%.3f–%.3f）\n",
			"  %s ≥ %g on %s (%s, n=%d, prevalence %.3f): sensitivity %.3f (%.3f–%.3f), specificity %.3f (%.3f–%.3f)\n"),
			o.Class, o.Threshold, o.Set, o.Population, o.N, o.Prevalence, o.Sensitivity.Value, o.Sensitivity.Low, o.Sensitivity.High,
			o.Specificity.Value, o.Specificity.Low, o.Specificity.High)
	}
	for _, k := range e.Calibration {
		fmt.Fprintf(s.w, s.pick("  校准 %s，%s：ECE %.3f，Brier %.3f，n=%d\n", "  calibration %s on %s: ECE %.3f, Brier %.3f, n=%d\n"), k.Class, k.Set, k.ECE, k.Brier, k.N)
	}
	s.texts("已知缺陷", "known failures", e.KnownFailures)
}

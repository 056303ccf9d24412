package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"longying/imaging"
	"longying/records"
)

// Growth words in "zh" or "en" how a finding differs from the prior that it
// follows; empty where it follows none. Numbers stand where both were measured,
// the doubling time where records.Finding.Growth states one.
func Growth(f *records.Finding, lang string) string {
	g := f.Growth()
	if g == nil {
		return ""
	}
	date := ""
	if !f.FollowUp.Prior.IsZero() {
		date = f.FollowUp.Prior.In(imaging.Zone()).Format(time.DateOnly)
	}
	var parts []string
	for i := range g.Changes {
		c := &g.Changes[i]
		was := quantity(&records.Measurement{Value: c.Prior, Unit: c.Unit})
		by := quantity(&records.Measurement{Value: short(c.Difference), Unit: c.Unit})
		if c.Difference >= 0 {
			by = "+" + by
		}
		percent := fmt.Sprintf("%+.0f%%", c.Percent)
		if math.Round(c.Percent) == 0 {
			percent = "0%"
		}
		if lang == "zh" {
			parts = append(parts, fmt.Sprintf("%s原 %s，变化 %s（%s）", measureName(c.Concept, lang), was, by, percent))
		} else {
			parts = append(parts, fmt.Sprintf("%s was %s, change %s (%s)", measureName(c.Concept, lang), was, by, percent))
		}
	}
	if g.Doubling > 0 {
		parts = append(parts, doubling(g, lang))
	}
	if lang == "zh" {
		s := "与既往检查同一病灶对比"
		if date != "" {
			s = "与" + date + "检查同一病灶对比"
		}
		if len(parts) == 0 {
			return s + "，大小未作量化比较"
		}
		return s + "，" + strings.Join(parts, "，")
	}
	s := "compared with the same lesion in a prior study"
	if date != "" {
		s = "compared with the same lesion on " + date
	}
	if len(parts) == 0 {
		return s + ", size not compared in numbers"
	}
	return s + ", " + strings.Join(parts, ", ")
}

func doubling(g *records.Growth, lang string) string {
	days := strconv.FormatFloat(math.Round(g.Doubling), 'f', 0, 64)
	if lang == "zh" {
		basis := map[string]string{records.BasisVolume: "按体积", records.BasisDiameter: "按直径，假定为球形"}[g.Basis]
		return "体积倍增时间约 " + days + " 天（" + basis + "）"
	}
	basis := map[string]string{records.BasisVolume: "by volume", records.BasisDiameter: "by diameter, a sphere assumed"}[g.Basis]
	return "volume doubling time about " + days + " days (" + basis + ")"
}

// short keeps four significant digits of a difference.
func short(v float64) float64 {
	out, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 3, 64), 64)
	if err != nil {
		return v
	}
	return out
}

// NoDoubling says in "zh" or "en" why a followed finding has no doubling time;
// empty where it has one or follows nothing.
func NoDoubling(f *records.Finding, lang string) string {
	g := f.Growth()
	if g == nil || g.NoTime == "" {
		return ""
	}
	words := map[string][2]string{
		records.GrowthNotComparable: {"两次没有单位可换算的同类测量值，不作比较", "no measurement of the same thing in units that convert, so nothing is compared"},
		records.GrowthNoDates:       {"检查日期缺失，不计算倍增时间", "no doubling time: a study has no date"},
		records.GrowthNoInterval:    {"两次检查为同日，不计算倍增时间", "no doubling time: both studies are of one day"},
		records.GrowthNoSize:        {"两次均无体积或直径，不计算倍增时间", "no doubling time: neither volume nor diameter was measured in both"},
		records.GrowthNotGrown:      {"未增大，不计算倍增时间", "no doubling time: it has not grown"},
		records.GrowthWithinError:   {"增大在测量误差内（体积小于 25% 或直径小于 2 mm），不计算倍增时间", "no doubling time: growth within the error of measurement (under 25 % of the volume or 2 mm of the diameter)"},
	}[g.NoTime]
	if lang == "zh" {
		return words[0]
	}
	return words[1]
}

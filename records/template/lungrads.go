package template

import (
	"fmt"
	"math"
	"strconv"

	"longying/records"
)

// RuleLungRADS is the name of the rule of the ACR's Lung-RADS v2022 (released in
// November 2022; Christensen et al., CHEST 2024;165(3):738-753).
const RuleLungRADS = "Lung-RADS 2022"

// Lung are the inputs of Lung-RADS 2022 about an examination and its most
// suspicious nodule. Empty is not stated; diameters are in mm, NaN where not
// measured.
type Lung struct {
	Exam        string // complete, prior_pending, not_evaluable, inflammatory
	Nodule      string // none, benign (calcified or fat-containing, as the table lists it), present
	Kind        string // solid, part_solid, non_solid, juxtapleural, airway, cyst
	Status      string // baseline, new, stable (or smaller), growing, slow, crossed (a size threshold, without growth)
	Long, Short float64
	SolidLong   float64 // of the solid component
	SolidShort  float64
	Smooth      string // juxtapleural: yes: solid, smooth, and oval, lentiform or triangular; no
	Airway      string // subsegmental, segmental (or more proximal)
	Cyst        string // thin, thick, multilocular
	CystChange  string // baseline, stable, cavity, wall, larger, opacity, multilocular
	Prior       string // category before: 2, 3, 4A, 4B
	Suspicious  string // further features that raise the suspicion: yes, no
}

// LungRADS is the category that the table of Lung-RADS 2022 leads to. Where an
// input is missing it says which, and proposes nothing; where the table names no
// category for what is stated it says so.
func LungRADS(in Lung) records.RuleProposal {
	l := lung{Lung: in, out: records.RuleProposal{Rule: RuleLungRADS}}
	switch in.Exam {
	case "":
		l.lacks("检查是否完整、有无待取的前片或感染征象", "whether the examination is complete, a prior is awaited, or infection is suspected")
	case "prior_pending":
		return l.is("0", "等待既往胸部CT对比", "a prior chest CT is being located")
	case "not_evaluable":
		return l.is("0", "部分或全部肺不能评价", "part or all of the lungs cannot be evaluated")
	case "inflammatory":
		return l.is("0", "所见提示感染或炎症", "findings suggest infection or inflammation")
	}
	switch in.Nodule {
	case "":
		l.lacks("有无结节", "whether there is a nodule")
	case "none":
		return l.is("1", "无肺结节", "no lung nodule")
	case "benign":
		return l.is("1", "结节具有良性钙化或含脂肪", "nodule with benign calcification or fat")
	default:
		l.nodule()
	}
	return l.end()
}

type lung struct {
	Lung
	out records.RuleProposal
}

func (l *lung) lacks(zh, en string) {
	l.out.Missing = append(l.out.Missing, records.Text{Zh: zh, En: en})
}

func (l *lung) is(category, zh, en string) records.RuleProposal {
	l.set(category, zh, en)
	return l.end()
}

func (l *lung) set(category, zh, en string) {
	l.out.Category, l.out.Why = category, records.Text{Zh: zh, En: en}
}

// end withholds a category for which something is missing, and raises one to 4X.
func (l *lung) end() records.RuleProposal {
	if len(l.out.Missing) == 0 && (l.out.Category == "3" || l.out.Category[:min(1, len(l.out.Category))] == "4") {
		switch l.Suspicious {
		case "":
			l.lacks("有无增加恶性可能的其他征象", "whether further features raise the suspicion")
		case "yes":
			l.set("4X", l.out.Why.Zh+"；并有增加恶性可能的征象", l.out.Why.En+"; with further suspicious features")
		}
	}
	if len(l.out.Missing) > 0 {
		l.out.Category, l.out.Why = "", records.Text{}
	}
	return l.out
}

// mean is the mean of two diameters to one decimal, as the table asks for it.
func (l *lung) mean(long, short float64, zh, en string) (float64, bool) {
	if math.IsNaN(long) || math.IsNaN(short) {
		l.lacks(zh+"的长径和短径", "long and short axis of "+en)
		return 0, false
	}
	return math.Round((long+short)/2*10+1e-9) / 10, true
}

func (l *lung) nodule() {
	switch l.Kind {
	case "":
		l.lacks("结节类型", "kind of nodule")
		return
	case "airway":
		l.airway()
		return
	case "cyst":
		l.cyst()
		return
	}
	if l.Status == "" {
		l.lacks("基线、新发、稳定或增大", "baseline, new, stable or growing")
	}
	d, ok := l.mean(l.Long, l.Short, "结节", "the nodule")
	if !ok || l.Status == "" {
		return
	}
	switch l.Kind {
	case "juxtapleural":
		switch {
		case l.Smooth == "":
			l.lacks("近胸膜结节是否实性、光滑且呈卵圆、凸透镜或三角形", "whether the juxtapleural nodule is solid, smooth, and oval, lentiform or triangular")
		case l.Smooth == "yes" && d < 10 && (l.Status == "baseline" || l.Status == "new" || l.Status == "stable"):
			l.set("2", fmt.Sprintf("近胸膜结节，平均直径 %s mm（＜10 mm），光滑", mm(d)), fmt.Sprintf("juxtapleural nodule, mean %s mm (< 10 mm), smooth", mm(d)))
		default:
			l.solid(d)
		}
	case "solid":
		l.solid(d)
	case "part_solid":
		l.partSolid(d)
	case "non_solid":
		l.nonSolid(d)
	}
}

func mm(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// step is the first category whose upper bound a diameter is below; the last
// one has none.
type step struct {
	below    float64
	category string
}

func (l *lung) by(d float64, zh, en string, steps ...step) {
	from := 0.0
	for _, s := range steps {
		if d < s.below {
			bounds := fmt.Sprintf("≥%g, <%g mm", from, s.below)
			switch {
			case from == 0:
				bounds = fmt.Sprintf("<%g mm", s.below)
			case math.IsInf(s.below, 1):
				bounds = fmt.Sprintf("≥%g mm", from)
			}
			l.set(s.category, fmt.Sprintf("%s，平均直径 %s mm（%s）", zh, mm(d), bounds), fmt.Sprintf("%s, mean %s mm (%s)", en, mm(d), bounds))
			return
		}
		from = s.below
	}
}

func all() float64 { return math.Inf(1) }

func (l *lung) solid(d float64) {
	switch l.Status {
	case "baseline", "crossed":
		l.by(d, "实性结节", "solid nodule", step{6, "2"}, step{8, "3"}, step{15, "4A"}, step{all(), "4B"})
	case "new":
		l.by(d, "新发实性结节", "new solid nodule", step{4, "2"}, step{6, "3"}, step{8, "4A"}, step{all(), "4B"})
	case "growing":
		l.by(d, "增大的实性结节", "growing solid nodule", step{8, "4A"}, step{all(), "4B"})
	case "slow":
		l.set("4B", "多次筛查显示缓慢增大的实性结节", "slowly growing solid nodule over several examinations")
	case "stable":
		if d < 6 {
			l.by(d, "稳定的实性结节", "stable solid nodule", step{6, "2"})
			return
		}
		l.stable()
	}
}

func (l *lung) partSolid(d float64) {
	switch l.Status {
	case "slow":
		l.set("4B", "多次筛查显示缓慢增大的部分实性结节", "slowly growing part-solid nodule over several examinations")
		return
	case "baseline", "crossed", "stable":
		if d < 6 {
			l.by(d, "部分实性结节", "part-solid nodule", step{6, "2"})
			return
		}
	}
	if l.Status == "stable" {
		l.stable()
		return
	}
	s, ok := l.mean(l.SolidLong, l.SolidShort, "实性成分", "the solid component")
	switch {
	case !ok:
	case l.Status == "baseline" || l.Status == "crossed":
		l.by(s, "部分实性结节的实性成分", "solid component of a part-solid nodule", step{6, "3"}, step{8, "4A"}, step{all(), "4B"})
	case l.Status == "new" && d < 6 && s < 4:
		l.by(d, "新发部分实性结节", "new part-solid nodule", step{6, "3"})
	default:
		l.by(s, "部分实性结节新发或增大的实性成分", "new or growing solid component", step{4, "4A"}, step{all(), "4B"})
	}
}

func (l *lung) nonSolid(d float64) {
	switch {
	case d < 30:
		l.by(d, "非实性结节", "non-solid nodule", step{30, "2"})
	case l.Status == "stable" || l.Status == "slow":
		l.set("2", fmt.Sprintf("非实性结节，平均直径 %s mm（≥30 mm），稳定或缓慢增大", mm(d)), fmt.Sprintf("non-solid nodule, mean %s mm (≥30 mm), stable or slowly growing", mm(d)))
	case l.Status == "growing":
		l.out.Why = records.Text{Zh: "≥30 mm 的非实性结节明显增大：分类表未列类别，由医师判定", En: "a non-solid nodule of 30 mm or more that grows: the table names no category; the doctor decides"}
	default:
		l.set("3", fmt.Sprintf("非实性结节，平均直径 %s mm（≥30 mm）", mm(d)), fmt.Sprintf("non-solid nodule, mean %s mm (≥30 mm)", mm(d)))
	}
}

// stable steps down from the category before.
func (l *lung) stable() {
	switch l.Prior {
	case "":
		l.lacks("上次的 Lung-RADS 类别", "Lung-RADS category before")
	case "2":
		l.set("2", "稳定或缩小，原为 2 类", "stable or smaller, category 2 before")
	case "3":
		l.set("2", "3 类病灶在 6 个月复查时稳定或缩小", "category 3 lesion stable or smaller at the 6-month follow-up")
	case "4A":
		l.set("3", "4A 类病灶在 3 个月复查时稳定或缩小", "category 4A lesion stable or smaller at the 3-month follow-up")
	default:
		l.out.Why = records.Text{Zh: "原为 4B 类且稳定：经检查证实为良性方归 2 类，由医师判定", En: "category 4B before and stable: category 2 only where work-up proved it benign; the doctor decides"}
	}
}

func (l *lung) airway() {
	if l.Airway == "" {
		l.lacks("气道结节位于亚段或段及以上", "whether the airway nodule is subsegmental or more proximal")
	}
	if l.Status == "" {
		l.lacks("基线、新发、稳定或增大", "baseline, new, stable or growing")
	}
	if len(l.out.Missing) > 0 {
		return
	}
	first := l.Status == "baseline" || l.Status == "new"
	switch {
	case l.Airway == "subsegmental" && (first || l.Status == "stable"):
		l.set("2", "亚段气道结节", "subsegmental airway nodule")
	case l.Airway == "subsegmental":
		l.out.Why = records.Text{Zh: "增大的亚段气道结节：分类表未列类别，由医师判定", En: "a growing subsegmental airway nodule: the table names no category; the doctor decides"}
	case first:
		l.set("4A", "段或更近端气道结节，基线或新发", "segmental or more proximal airway nodule, baseline or new")
	default:
		l.set("4B", "段或更近端气道结节，稳定或增大", "segmental or more proximal airway nodule, stable or growing")
	}
}

func (l *lung) cyst() {
	if l.Cyst == "" {
		l.lacks("囊肿类型", "kind of cyst")
	}
	if l.CystChange == "" {
		l.lacks("囊肿的变化", "what changed of the cyst")
	}
	if len(l.out.Missing) > 0 {
		return
	}
	thick, multi := l.Cyst == "thick", l.Cyst == "multilocular"
	switch {
	case l.CystChange == "multilocular":
		l.set("4A", "囊肿变为多房", "a cyst that became multilocular")
	case !thick && !multi:
		l.out.Why = records.Text{Zh: "薄壁单房囊肿不作分类", En: "a thin-walled unilocular cyst is not classified"}
	case l.CystChange == "baseline":
		l.set("4A", "基线厚壁或多房囊肿", "thick-walled or multilocular cyst at baseline")
	case l.CystChange == "stable":
		l.stable()
	case l.CystChange == "cavity" && thick:
		l.set("3", "厚壁囊肿的囊腔增大", "growing cystic component of a thick-walled cyst")
	case l.CystChange == "wall" && thick:
		l.set("4B", "厚壁囊肿的壁增厚或出现结节", "thick-walled cyst with growing wall or nodularity")
	case (l.CystChange == "larger" || l.CystChange == "cavity") && multi:
		l.set("4B", "多房囊肿增大", "growing multilocular cyst")
	case (l.CystChange == "opacity" || l.CystChange == "wall") && multi:
		l.set("4B", "多房囊肿分房增多或出现、增多的密度影", "multilocular cyst with more loculation or new or more opacity")
	default:
		l.out.Why = records.Text{Zh: "此种囊肿的这一变化：分类表未列类别，由医师判定", En: "this change of such a cyst: the table names no category; the doctor decides"}
	}
}

// lungOf reads the inputs by name, as a template gives them.
func lungOf(in map[string]string) records.RuleProposal {
	number := func(name string) float64 {
		v, err := strconv.ParseFloat(in[name], 64)
		if err != nil {
			return math.NaN()
		}
		return v
	}
	return LungRADS(Lung{Exam: in["exam"], Nodule: in["nodule"], Kind: in["kind"], Status: in["status"], Long: number("long"), Short: number("short"),
		SolidLong: number("solid_long"), SolidShort: number("solid_short"), Smooth: in["smooth"], Airway: in["airway"], Cyst: in["cyst"],
		CystChange: in["cyst_change"], Prior: in["prior"], Suspicious: in["suspicious"]})
}

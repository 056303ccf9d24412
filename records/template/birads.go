package template

import (
	"slices"

	"longying/records"
)

// RuleBIRADS is the name of the rule of the ACR's BI-RADS Atlas, 5th edition
// (2013), mammography: the overall category follows from those of the two breasts.
const RuleBIRADS = "BI-RADS 5"

// concern orders the categories by how soon somebody must act, as the atlas and
// the MQSA order them: 1, 2, 3, 6, 0, 4, 5.
func concern() []string { return []string{"1", "2", "3", "6", "0", "4", "4A", "4B", "4C", "5"} }

// BIRADS is the overall category of two breasts: that of the one of more concern.
// A side that was not examined or is not there is "na". Descriptors lead to no
// category by rule: a doctor assesses each side.
func BIRADS(right, left string) records.RuleProposal {
	out := records.RuleProposal{Rule: RuleBIRADS}
	for _, side := range []struct{ category, zh, en string }{{right, "右乳的类别", "category of the right breast"}, {left, "左乳的类别", "category of the left breast"}} {
		if side.category == "" {
			out.Missing = append(out.Missing, records.Text{Zh: side.zh, En: side.en})
		}
	}
	if len(out.Missing) > 0 {
		return out
	}
	r, l := slices.Index(concern(), right), slices.Index(concern(), left)
	undivided := func(a, b string) bool { return a == "4" && len(b) == 2 && b[0] == '4' }
	switch {
	case r < 0 && l < 0:
		out.Why = records.Text{Zh: "两侧均未评估", En: "neither side was assessed"}
	case undivided(right, left) || undivided(left, right):
		out.Why = records.Text{Zh: "一侧为 4 类未细分，另一侧已细分：由医师判定", En: "category 4 undivided on one side, divided on the other: the doctor decides"}
	case r >= l:
		out.Category, out.Why = right, records.Text{Zh: "以关注程度较高的右乳为准", En: "of the breast of more concern, the right"}
	default:
		out.Category, out.Why = left, records.Text{Zh: "以关注程度较高的左乳为准", En: "of the breast of more concern, the left"}
	}
	if right == left {
		out.Why = records.Text{Zh: "两侧相同", En: "the same on both sides"}
	}
	return out
}

package template

import "longying/records"

// rule is a published rule that a field can name.
type rule struct {
	inputs     []string // by name
	categories []string // that it can lead to
	propose    func(in map[string]string) records.RuleProposal
}

func rules() map[string]rule {
	return map[string]rule{
		RuleLungRADS: {
			inputs: []string{"exam", "nodule", "kind", "status", "long", "short", "solid_long", "solid_short", "smooth", "airway", "cyst",
				"cyst_change", "prior", "suspicious"},
			categories: []string{"0", "1", "2", "3", "4A", "4B", "4X"},
			propose:    lungOf,
		},
		RuleBIRADS: {
			inputs:     []string{"right", "left"},
			categories: concern(),
			propose:    func(in map[string]string) records.RuleProposal { return BIRADS(in["right"], in["left"]) },
		},
	}
}

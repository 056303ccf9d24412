package view

import "strings"

// parts are the parts of the body that comparisons and hanging protocols tell
// apart, each with the Defined Terms of Body Part Examined (PS3.16 Annex L) and
// the words of descriptions that mean it. Those further up are asked first: a
// breast is on the chest, a cervical spine in the neck.
var parts = []struct {
	part  string
	terms []string
	words []string
}{
	{"BREAST", []string{"BREAST"}, []string{"乳", "MAMMO", "BREAST"}},
	{"SPINE", []string{"SPINE", "CSPINE", "TSPINE", "LSPINE", "LSSPINE", "SSPINE", "COCCYX"}, []string{"颈椎", "胸椎", "腰椎", "脊柱", "SPINE"}},
	{"PELVIS", nil, []string{"股骨头"}}, // before "头"
	{"ARM", nil, []string{"肱骨头", "桡骨头"}},
	{"HEAD", []string{"HEAD", "BRAIN", "SKULL", "HEADNECK"}, []string{"头", "颅", "脑", "HEAD", "BRAIN", "SKULL"}},
	{"NECK", []string{"NECK", "THYROID"}, []string{"颈", "甲状腺", "NECK", "THYROID"}},
	{"CHEST", []string{"CHEST", "THORAX", "LUNG", "CHESTABDOMEN", "CHESTABDPELVIS"}, []string{"胸", "肺", "CHEST", "THORAX", "LUNG"}},
	{"HEART", []string{"HEART", "CORONARYARTERY"}, []string{"心脏", "冠状动脉", "冠脉", "CARDIAC", "HEART"}},
	{"ABDOMEN", []string{"ABDOMEN", "ABDOMENPELVIS", "LIVER", "KIDNEY", "GALLBLADDER", "PANCREAS", "SPLEEN"}, []string{"腹", "肝", "胆", "胰", "脾", "肾", "ABDOMEN", "LIVER"}},
	{"PELVIS", []string{"PELVIS", "HIP", "PROSTATE", "UTERUS", "BLADDER"}, []string{"盆", "髋", "前列腺", "子宫", "膀胱", "PELVIS"}},
	{"ARM", []string{"ARM", "SHOULDER", "HUMERUS", "ELBOW", "FOREARM", "WRIST", "HAND", "FINGER", "CLAVICLE"}, []string{"肩", "肱", "肘", "前臂", "腕", "手部", "手正", "手指", "SHOULDER", "ELBOW", "WRIST", "HAND"}},
	{"LEG", []string{"LEG", "FEMUR", "THIGH", "KNEE", "TIBIA", "ANKLE", "FOOT", "TOE"}, []string{"股骨", "大腿", "膝", "胫", "踝", "足部", "足正", "KNEE", "ANKLE", "FOOT"}},
}

// PartOf is the part of the body that a study or series is of: from Body Part
// Examined (0018,0015), else from the words of its description. Empty where
// neither says one that is known.
func PartOf(bodyPart, description string) string {
	term := strings.ToUpper(strings.TrimSpace(bodyPart))
	for _, p := range parts {
		for _, t := range p.terms {
			if t == term {
				return p.part
			}
		}
	}
	text := strings.ToUpper(description)
	if term != "" {
		text = term + " " + text
	}
	for _, p := range parts {
		for _, w := range p.words {
			if strings.Contains(text, w) {
				return p.part
			}
		}
	}
	return ""
}

// Parts lists what PartOf may give.
func Parts() []string {
	var out []string
	for _, p := range parts {
		if len(p.terms) > 0 {
			out = append(out, p.part)
		}
	}
	return out
}

package records

import (
	"slices"
	"strings"
	"time"
)

// SettingFirstRead is the key of the models that a doctor sees nothing of
// before their own impression is saved: a JSON list of model IDs.
const SettingFirstRead = "first_read"

// Answer is what a doctor says by themselves to a model's question: is there
// anything of what it looks for.
type Answer string

// The answers.
const (
	AnswerYes    Answer = "yes"
	AnswerNo     Answer = "no"
	AnswerUnsure Answer = "unsure"
)

// FirstRead is one doctor's own impression of a study on a model's question,
// saved once, before anything of that model is shown to them there.
type FirstRead struct {
	ID         string    `json:"id"`
	StudyUID   string    `json:"study_uid"`
	ModelID    string    `json:"model_id"`
	Answer     Answer    `json:"answer"`
	Impression string    `json:"impression"`
	By         string    `json:"by"`
	ByName     string    `json:"by_name"`
	At         time.Time `json:"at"`
}

// Check refuses a first read that says nothing.
func (f FirstRead) Check() error {
	switch {
	case f.Answer != AnswerYes && f.Answer != AnswerNo && f.Answer != AnswerUnsure:
		return &RefusedError{Code: "first_read_answer", Args: []string{string(f.Answer)}, Reason: "the answer of a first read is yes, no or unsure"}
	case strings.TrimSpace(f.Impression) == "":
		return &RefusedError{Code: "first_read_impression", Reason: "a first read needs the doctor's own impression in words"}
	}
	return nil
}

// HiddenModels are the locked models of which nothing may be shown to a person
// about one study: to a doctor, as long as their own first read is missing and
// no report of the study is signed. reads are those of the study.
func HiddenModels(locked []string, reads []FirstRead, signed bool, u User) []string {
	if signed || !u.Role.May(RightVerdict) {
		return nil
	}
	var out []string
	for _, id := range locked {
		if !slices.ContainsFunc(reads, func(f FirstRead) bool { return f.ModelID == id && f.By == u.ID }) {
			out = append(out, id)
		}
	}
	return out
}

// Unread are those of the hidden models that have answered about the study: an
// answer waits behind the first read, whatever it is. A model that refused has
// none, and says so to everybody.
func Unread(hidden []string, runs []Run) []string {
	var out []string
	for _, id := range hidden {
		if slices.ContainsFunc(runs, func(r Run) bool { return r.Model.ID == id && r.Outcome != outcomeRefused }) {
			out = append(out, id)
		}
	}
	return out
}

// outcomeRefused is the outcome of a run that gave no answer.
const outcomeRefused = "refused"

// Shown are the findings without those of hidden models.
func Shown(findings []Finding, hidden []string) []Finding {
	if len(hidden) == 0 {
		return findings
	}
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.Model != nil && slices.Contains(hidden, f.Model.ID) })
}

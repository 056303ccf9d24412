package acceptance

import (
	"slices"
	"time"

	"longying/inference"
	"longying/models"
	"longying/records"
	"longying/records/sqlite"
)

// FirstReads is how the doctors' own impressions, saved before the model's
// proposals were shown, compare with these, and what became of them after.
type FirstReads struct {
	Reads     int            `json:"reads"`
	Compared  int            `json:"compared"`  // answered yes or no, where the model answered too
	Agreement inference.Rate `json:"agreement"` // first read and model say the same, of those compared
	ToYes     int            `json:"to_yes"`    // said no or unsure, then confirmed a proposal of the model
	ToNo      int            `json:"to_no"`     // said yes, then stated no such finding in the signed report
	Seconds   float64        `json:"seconds"`   // median from the first read to the same doctor's first verdict on the model's findings; 0: none
	Rows      []FirstReadRow `json:"rows,omitempty"`
}

// FirstReadRow is one first read beside the second: the same doctor's verdict
// after the model's proposals were shown.
type FirstReadRow struct {
	records.FirstRead
	Model    string         `json:"model_outcome"`      // of the last run: proposed, below_threshold, unsure, refused; empty: not asked
	Verdicts []SecondRead   `json:"verdicts,omitempty"` // on each finding of the model, oldest first
	Seconds  float64        `json:"seconds,omitempty"`  // to the first of them
	Changed  records.Answer `json:"changed,omitempty"`  // what the doctor says now, where that is not what they said first
}

// SecondRead is a verdict of the doctor who read first.
type SecondRead struct {
	FindingUID string               `json:"finding_uid"`
	State      records.FindingState `json:"state"`
	Reason     string               `json:"reason,omitempty"`
	At         time.Time            `json:"at"`
}

// firstReads puts the first reads of a time span beside what followed. Rows are
// for those who may see patients, and of studies in which the model is not
// hidden from them.
func firstReads(tx *sqlite.Tx, actor records.User, card *models.Card, from, until time.Time) (FirstReads, error) {
	var out FirstReads
	reads, err := tx.FirstReadsBetween(card.ID, from, until)
	if err != nil {
		return out, err
	}
	agree := 0
	var seconds []float64
	for _, read := range reads {
		row, err := beside(tx, read, card)
		if err != nil {
			return out, err
		}
		out.Reads++
		if model := inference.Outcome(row.Model); read.Answer != records.AnswerUnsure && (model == inference.Proposed || model == inference.BelowThreshold) {
			out.Compared++
			if (read.Answer == records.AnswerYes) == (model == inference.Proposed) {
				agree++
			}
		}
		switch row.Changed {
		case records.AnswerYes:
			out.ToYes++
		case records.AnswerNo:
			out.ToNo++
		}
		if len(row.Verdicts) > 0 {
			seconds = append(seconds, row.Seconds)
		}
		if !actor.Role.May(records.RightViewPatient) {
			continue
		}
		hidden, err := tx.HiddenModels(read.StudyUID, actor)
		if err != nil {
			return out, err
		}
		if !slices.Contains(hidden, card.ID) {
			out.Rows = append(out.Rows, row)
		}
	}
	out.Agreement = inference.NewRate(agree, out.Compared)
	if n := len(seconds); n > 0 {
		slices.Sort(seconds)
		out.Seconds = (seconds[(n-1)/2] + seconds[n/2]) / 2
	}
	return out, nil
}

func beside(tx *sqlite.Tx, read records.FirstRead, card *models.Card) (FirstReadRow, error) {
	row := FirstReadRow{FirstRead: read}
	runs, err := tx.RunsOf(read.StudyUID)
	if err != nil {
		return row, err
	}
	for i := range runs {
		// Of several answers at one time a proposal is what was shown.
		if r := &runs[i]; r.Model.ID == card.ID && (row.Model == "" || r.Outcome == string(inference.Proposed) || row.Model != string(inference.Proposed)) {
			row.Model = r.Outcome
		}
	}
	findings, err := tx.FindingsOf(read.StudyUID)
	if err != nil {
		return row, err
	}
	yes := false // the doctor's word now
	for i := range findings {
		f := &findings[i]
		if added(f, card) && f.By == read.By {
			yes = true
		}
		if f.Model == nil || f.Model.ID != card.ID {
			continue
		}
		yes = yes || f.State.Factual() && f.By == read.By
		history, err := tx.FindingHistory(f.UID)
		if err != nil {
			return row, err
		}
		for _, v := range history {
			if v.By == read.By && v.At.After(read.At) && v.State != records.FindingProposed {
				row.Verdicts = append(row.Verdicts, SecondRead{f.UID, v.State, v.Reason, v.At})
			}
		}
	}
	slices.SortStableFunc(row.Verdicts, func(a, b SecondRead) int { return a.At.Compare(b.At) })
	if len(row.Verdicts) > 0 {
		row.Seconds = row.Verdicts[0].At.Sub(read.At).Seconds()
	}
	docs, err := tx.SignedDocuments(read.StudyUID)
	if err != nil {
		return row, err
	}
	settled := len(records.Standing(docs)) > 0
	switch {
	case yes && read.Answer != records.AnswerYes && len(row.Verdicts) > 0:
		row.Changed = records.AnswerYes
	case !yes && read.Answer == records.AnswerYes && settled:
		row.Changed = records.AnswerNo
	}
	return row, nil
}

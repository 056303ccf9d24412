package report

import (
	"strings"
	"testing"
	"time"

	"longying/records"
)

func signedAs(uid, modality, part string, day int, version int, text string) records.SignedDocument {
	return records.SignedDocument{Document: records.Document{DocumentID: "D" + uid, Version: version, FindingText: []records.Sentence{{Text: text, FindingUID: "9", FindingVersion: 1}},
		Impression:  []records.Sentence{{Text: "复查。"}},
		Examination: records.Examination{StudyUID: uid, Modality: modality, BodyPart: part, Date: time.Date(2026, 1, day, 8, 0, 0, 0, time.UTC)}}}
}

func TestEarlierReportsOfTheSameModalityAndPartComeFirst(t *testing.T) {
	x := &records.Examination{StudyUID: "now", Modality: "CT", BodyPart: "CHEST", Date: time.Date(2026, 1, 20, 8, 0, 0, 0, time.UTC)}
	void := signedAs("6", "CT", "CHEST", 12, 2, "作废。")
	void.Document.Retracts = "他人"
	list := Priors(x, []records.SignedDocument{
		signedAs("1", "MR", "CHEST", 10, 1, "磁共振。"), signedAs("2", "CT", "HEAD", 9, 1, "头。"), signedAs("3", "CT", "chest", 2, 1, "旧。"), signedAs("3", "CT", "chest", 2, 2, "新版。"),
		signedAs("4", "CT", "CHEST", 25, 1, "以后的。"), signedAs("now", "CT", "CHEST", 20, 1, "本次。"), signedAs("6", "CT", "CHEST", 12, 1, "误。"), void,
	}, []records.PastReport{{Title: "胸部CT", Date: "20250301", Findings: "外院。"}, {Title: "空"}})
	var got []string
	for _, p := range list {
		got = append(got, p.Findings)
	}
	if strings.Join(got, "") != "新版。头。外院。磁共振。" || list[2].Date != "2025-03-01" {
		t.Errorf("%q", got)
	}
}

func TestACarriedSentenceIsTheDoctorsOwnWordsWithoutALink(t *testing.T) {
	r, s, _ := room(t, "左肺炎症。")
	p := r.prior
	p.list = Priors(&records.Examination{StudyUID: r.study}, []records.SignedDocument{signedAs("1", "CR", "", 3, 1, "左肺斑片影。右肺结节 8 mm。")}, nil)
	p.open = true
	p.compare()
	p.carry("右肺结节 8 mm。", r.seen)
	r.flush()
	r.ws.Settle()
	if err := r.saver.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	rep, err := s.Reading.Report(t.Context(), r.ws.User(), r.study)
	if err != nil || records.Join(rep.Findings) != "左肺斑片影。右肺结节 8 mm。" {
		t.Fatalf("%v %+v", err, rep.Findings)
	}
	for _, x := range rep.Findings {
		if x.FindingUID != "" || x.Field != "" {
			t.Errorf("a link was carried: %+v", x)
		}
	}
}

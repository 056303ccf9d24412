package report

import (
	"bytes"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"longying/imaging"
	"longying/records"
)

func heldConsult() *Minutes {
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, imaging.Zone())
	chair := records.Member{UserID: "u1", Name: "李影", Discipline: "放射科"}
	second := records.Member{UserID: "u2", Name: "买买提·吐尔逊·阿卜杜热西提", Discipline: "病理科"}
	guest := records.Member{Name: "赵外", Discipline: "胸外科", Hospital: "省人民医院"}
	c := records.Consult{ID: "MDT-1", PatientID: "p", Title: "肺部病变影像-病理会诊", Question: "影像与病理是否一致，下一步如何处理？", State: records.ConsultFollowing, CreatedAt: at, UpdatedAt: at.Add(4 * time.Hour),
		Members:   []records.Member{chair, second, guest},
		Schedules: []records.Schedule{{At: at.Add(time.Hour), Place: "三楼会议室", Chair: chair, Members: []records.Member{chair, second, guest}}},
		Meeting:   &records.Meeting{At: at.Add(time.Hour), ByName: "李影", Present: []string{"李影", "买买提·吐尔逊·阿卜杜热西提"}, Missing: []records.Check{{Item: records.CheckLaboratory}}},
		Excuses:   []records.Excuse{{Item: records.CheckAllergies, Reason: "急诊", ByName: "李影", At: at}},
		Items: []records.ConsultItem{
			{Kind: "finding", FindingUID: "f1", Title: "右肺上叶结节 18 mm", Ref: &imaging.Ref{StudyUID: "s", SOPUID: "i"}},
			{Kind: "finding", FindingUID: "f2", Title: "切片分型：肺腺癌", Ref: &imaging.Ref{StudyUID: "t", SOPUID: "j"}},
			{Kind: "visit", Title: "2026-11-18 呼吸科", Note: "咳嗽两周"},
		},
		Correlations: []records.Correlation{{Radiology: "f1", Pathology: "f2", Comment: "取材部位存疑", ByName: "李影", At: at.Add(time.Hour)}},
		Opinions: []records.Opinion{
			{ID: "o1", Member: second, Text: "建议补做免疫组化", EnteredBy: "u2", At: at.Add(time.Hour)},
			{ID: "o2", Member: guest, Text: "主张直接手术", Dissent: true, EnteredBy: "u1", EnteredByName: "李影", At: at.Add(2 * time.Hour)},
			{ID: "o3", Member: second, Text: "建议补做免疫组化并加做基因检测", Replaces: "o1", EnteredBy: "u2", At: at.Add(2 * time.Hour)},
		},
		Decision:  &records.Decision{Text: "先行免疫组化与基因检测，两周后再议。", By: "u1", ByName: "李影", At: at.Add(3 * time.Hour)},
		FollowUps: []records.FollowUp{{ID: "t1", Date: "20261204", Task: "复查胸部 CT", Owner: &second, Postponed: []records.Postponement{{Date: "20261211", Reason: "设备检修"}}}},
		Outcomes:  []records.Outcome{{Done: "完成免疫组化", Happened: "EGFR 突变阳性", Comment: "提前用药", ByName: "李影", At: at.Add(4 * time.Hour)}},
	}
	return &Minutes{Organization: records.Organization{Name: "示例县人民医院"}, Version: 2, Consult: c,
		Patient: records.Patient{Name: "欧阳𬭸", Sex: records.SexMale, BirthDate: "19630412", HealthRecordNumber: "62010200100200300"}}
}

// said is what pdftotext of poppler reads in a PDF, without line ends.
func said(t *testing.T, pdf []byte) string {
	t.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not here")
	}
	path := filepath.Join(t.TempDir(), "m.pdf")
	if dir := os.Getenv("LONGYING_PDF"); dir != "" {
		path = filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "_")+".pdf")
	}
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "-raw", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(out)), "")
}

func TestMinutesLeaveNothingOutInEitherLanguage(t *testing.T) {
	for lang, words := range map[string][]string{
		"zh": {"多学科会诊记录", "欧阳𬭸", "买买提·吐尔逊·阿卜杜热西提（病理科）", "赵外（省人民医院胸外科）（未到会）", "三楼会议室", "会议在缺少以下资料的情况下开始：检验结果",
			"不需要：过敏史，理由：急诊", "【不一致】取材部位存疑", "【已由本人修改，原文保留】建议补做免疫组化", "【不同意见】【外院意见】主张直接手术（李影代录）", "建议补做免疫组化并加做基因检测",
			"先行免疫组化与基因检测", "责任人：买买提", "改期至2026-12-11（设备检修）", "【与结论不一致】提前用药", "咳嗽两周"},
		"en": {"Minutesofthemultidisciplinaryconsult", "Themeetingbeganwithout:laboratoryvalues", "Notneeded:allergies", "DISCORDANT.取材部位存疑",
			"[DISSENT][outsidehospital]主张直接手术(typedby李影)", "[changedlaterbyitsauthor,kept]", "postponedto2026-12-11", "NOTasdecided:提前用药"},
	} {
		var b bytes.Buffer
		if err := MinutesPDF(heldConsult(), Options{Lang: lang, KeyImages: []image.Image{image.NewGray(image.Rect(0, 0, 64, 48))}, Captions: []string{"右肺上叶结节"}}, &b); err != nil {
			t.Fatal(err)
		}
		text := said(t, b.Bytes())
		plain := strings.Join(strings.Fields(MinutesText(heldConsult(), lang)), "")
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("%s: the PDF does not say %q", lang, w)
			}
			if !strings.Contains(plain, w) {
				t.Errorf("%s: the text does not say %q", lang, w)
			}
		}
		if strings.Contains(text, "草稿") || strings.Contains(text, "DRAFT") {
			t.Errorf("%s: a decided consult is called a draft", lang)
		}
		var again bytes.Buffer
		if err := MinutesPDF(heldConsult(), Options{Lang: lang, KeyImages: []image.Image{image.NewGray(image.Rect(0, 0, 64, 48))}, Captions: []string{"右肺上叶结节"}}, &again); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Errorf("%s: the same minutes gave other bytes (%v)", lang, err)
		}
	}
}

func TestMinutesWithoutADecisionSayOnEveryPageThatTheyAreADraft(t *testing.T) {
	m := heldConsult()
	m.Consult.Decision, m.Consult.Outcomes = nil, nil
	for range 40 { // over several pages
		m.Consult.Opinions = append(m.Consult.Opinions, records.Opinion{ID: "x", Member: records.Member{Name: "王理"}, Text: strings.Repeat("意见较长。", 30)})
	}
	var b bytes.Buffer
	if err := MinutesPDF(m, Options{}, &b); err != nil {
		t.Fatal(err)
	}
	text := said(t, b.Bytes())
	pages := strings.Count(text, "SHA-256")
	if drafts := strings.Count(text, "草稿：尚未记录结论"); pages < 3 || drafts != pages+1 {
		t.Errorf("%d times a draft on %d pages", drafts, pages)
	}
	if strings.Contains(text, "签发时间") {
		t.Error("a draft names a time of signature")
	}
}

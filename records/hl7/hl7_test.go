package hl7

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"longying/imaging/bounded"
	"longying/records"
)

// The messages are written by the segment tables of HL7 v2.5.1, chapters 3 and
// 7; the identities are invented.
const admit = "MSH|^~\\&|HIS|YZ^1.2.3^ISO|LY|YZ|20260102083000||ADT^A01^ADT_A01|M1|P|2.5.1|||||CHN|UNICODE UTF-8\r" +
	"EVN|A01|20260102083000\r" +
	"PID|1||77^^^HIS^PI~11010519491231002X^^^^NNCHN||欧阳^娜娜^^^^^L^I~Ouyang^Nana^^^^^L^A||19491231|F|||城关镇^^榆中县^甘肃省||13900001234\r" +
	"PV1|1|I|内科^1^2||||||||||||||||V-9|||||||||||||||||||||||||202601020830\r" +
	"AL1|1|DA|Z88.0^青霉素^ICD10|SV|皮疹~气促|20200101\r" +
	"DG1|1||J18.900^肺炎^ICD-10|||A\r"

const result = "MSH|^~\\&|LIS|YZ|LY|YZ|20260102093000||ORU^R01^ORU_R01|M2|P|2.5.1\r" +
	"PID|1||77^^^HIS^PI||欧阳^娜娜||19491231|F\r" +
	"OBR|1||L-1|CBC^血常规||||||||||||||||||||HM\r" +
	"OBX|1|NM|6690-2^白细胞^LN||12.1|10*9/L|3.5-9.5|H|||F|||202601020840\r" +
	"OBX|2|SN|X^降钙素原||<^0.05|ng/mL|<0.5||||F\r" +
	"OBX|3|ST|N^说明||a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f\\H\\g\\N\\h\\Q\\|||||F\r" +
	"OBR|2||R-1|CT^胸部CT|||20251201||||||||||||||||||CT\r" +
	"OBX|1|FT|59776-5^检查所见||右肺\\.br\\结节||||||F\r" +
	"OBX|2|TX|19005-8^印象||建议随访||||||F\r"

func one(t *testing.T, text []byte) records.Intake {
	t.Helper()
	in, bad, _, err := Read(text)
	if err != nil || len(bad) != 0 || len(in) != 1 {
		t.Fatalf("%d read, %v, %v", len(in), bad, err)
	}
	return in[0]
}

func TestAnAdmissionSaysWhoVisitsWithWhatDiagnosisAndAllergy(t *testing.T) {
	in := one(t, []byte(admit))
	p := in.Patient
	if p.Name != "欧阳娜娜" || p.NamePinyin != "Ouyang Nana" || p.IDNumber != "11010519491231002X" || p.IDType != "01" || p.Sex != records.SexFemale || p.BirthDate != "19491231" || p.Phone != "13900001234" ||
		len(p.Numbers) != 1 || p.Numbers[0] != (records.PatientNumber{Issuer: "HIS", Number: "77"}) {
		t.Errorf("%+v", p)
	}
	if len(in.Visits) != 1 || in.Visits[0].Number != "V-9" || in.Visits[0].Class != records.VisitInpatient || in.Visits[0].Date != "20260102" || in.Visits[0].Department != "内科" {
		t.Errorf("%+v", in.Visits)
	}
	if len(in.Allergies) != 1 || in.Allergies[0].Substance != "青霉素" || in.Allergies[0].Severity != "severe" || in.Allergies[0].Reaction != "皮疹\n气促" || in.Allergies[0].Category != "medication" {
		t.Errorf("%+v", in.Allergies)
	}
	if len(in.Diagnoses) != 1 || in.Diagnoses[0].Code != "J18.900" || in.Diagnoses[0].VisitNumber != "V-9" {
		t.Errorf("%+v", in.Diagnoses)
	}
}

func TestResultsAreValuesWithUnitRangeAndFlagAndReportsInWords(t *testing.T) {
	in := one(t, []byte(result))
	if len(in.Labs) != 3 || len(in.Reports) != 1 {
		t.Fatalf("%+v", in)
	}
	w := in.Labs[0]
	if w.Name != "白细胞" || w.Value != "12.1" || w.Unit != "10*9/L" || w.Range != "3.5-9.5" || w.Flag != "H" || w.Panel != "血常规" || w.Time != "202601020840" || w.State != "final" || w.Source.System != "YZ" {
		t.Errorf("%+v", w)
	}
	if in.Labs[1].Value != "<0.05" || in.Labs[2].Value != `a|b^c&d~e\fgh\Q\` {
		t.Errorf("%q, %q", in.Labs[1].Value, in.Labs[2].Value)
	}
	if r := in.Reports[0]; r.Findings != "右肺\n结节" || r.Impression != "建议随访" || r.Date != "20251201" || r.Source.ID != "R-1" {
		t.Errorf("%+v", r)
	}
}

func TestTheCharacterSetOfMSH18IsReadBeforeTheSeparators(t *testing.T) {
	text := strings.Replace(strings.Replace(admit, "UNICODE UTF-8", "GB 18030-2000", 1), "欧阳^娜娜", "弢\U00020BB7^鼂", 1)
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := one(t, gb).Patient.Name; got != "弢\U00020BB7鼂" {
		t.Errorf("%q", got)
	}
	// 鮘 is F67C in GB18030, whose second byte is the separator "|".
	sep := strings.Replace(text, "弢", "鮘", 1)
	gb, _ = simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(sep))
	if got := one(t, gb).Patient.Name; got != "鮘\U00020BB7鼂" || !bytes.Contains(gb, []byte{'|'}) {
		t.Errorf("%q", got)
	}
	if _, bad, _, _ := Read(bytes.Replace(gb, []byte("GB 18030-2000"), []byte("UNICODE UTF-8"), 1)); len(bad) != 1 || bad[0].Code != "hl7_message" {
		t.Errorf("bytes that are not what MSH-18 says were taken: %v", bad)
	}
}

func TestABatchThatWasCutIsRefusedAndAWholeOneIsReadMessageByMessage(t *testing.T) {
	batch := "FHS|^~\\&|HIS\rBHS|^~\\&|HIS\r" + admit + "\x0b" + result + "\x1c\r" + "BTS|2\rFTS|1\r"
	in, bad, _, err := Read([]byte(strings.ReplaceAll(batch, "\r", "\r\n")))
	if err != nil || len(in) != 2 || len(bad) != 0 || in[1].Row != 2 {
		t.Fatalf("%d, %v, %v", len(in), bad, err)
	}
	if _, _, _, err := Read([]byte(strings.Replace(batch, "BTS|2", "BTS|3", 1))); err == nil {
		t.Error("a cut batch was read")
	}
}

func TestAMergeIsOnlyAProposalAndOtherEventsAreNamed(t *testing.T) {
	merge := "MSH|^~\\&|HIS|YZ|||2026||ADT^A40|M3|P|2.5.1\rPID|1||77^^^HIS||欧阳^娜娜||19491231|F\rMRG|76^^^HIS\r"
	in := one(t, []byte(merge))
	if in.Merge == nil || len(in.Merge.Numbers) != 1 || in.Merge.Numbers[0].Number != "76" {
		t.Errorf("%+v", in)
	}
	for _, text := range []string{strings.Replace(merge, "A40", "A03", 1), strings.Replace(merge, "MRG|", "ZZZ|", 1), "MSH|^~\\&|A|B|||2026||ADT^A08|1|P|2.5\rPV1|1\r", "MSH||||||\rPID|1\r"} {
		if got, bad, _, err := Read([]byte(text)); err == nil && (len(bad) != 1 || len(got) != 0 || bad[0].Row != 1) {
			t.Errorf("%q: %v, %v", text, got, bad)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(admit))
	f.Add([]byte(result))
	f.Add([]byte("FHS|^~\\&\rBHS|^~\\&\r" + admit + result + "BTS|2\rFTS|1\r"))
	f.Add([]byte("MSH|^~\\&|A|B|||2026||ORU^R01|1|P|2.5||||||GB 18030-2000\rPID|1||1^^^H||\xc5\xb7||1\rOBX|1|ST|a||\\XC5B7\\\r"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 1<<16 {
			t.Skip()
		}
		bounded.Run(t, 256<<20, func() {
			in, bad, _, err := Read(raw)
			if err == nil && len(in)+len(bad) == 0 {
				t.Error("neither an error nor a message")
			}
			for _, e := range bad {
				if e.Row < 1 || e.Reason == "" {
					t.Errorf("%+v", e)
				}
			}
		})
	})
}

package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"longying/records"
	"longying/records/sheet"
)

// field is something that a column of a table can hold, with the headings by
// which it is recognised.
type field struct {
	name     string
	headings []string
}

// columnFields are what a column can be mapped to, in the order in which they are
// offered. The first heading is the one of the file format of this program.
func columnFields() []field {
	return []field{
		{"name", []string{"姓名", "患者姓名", "病人姓名", "居民姓名", "name", "patient name"}},
		{"id_type", []string{"身份证件类别代码", "证件类型", "证件类别", "id type"}},
		{"id_number", []string{"身份证件号码", "身份证号", "身份证号码", "证件号码", "证件号", "公民身份号码", "id number"}},
		{"sex", []string{"性别代码", "性别", "sex", "gender"}},
		{"birth_date", []string{"出生日期", "生日", "出生年月日", "birth date", "date of birth"}},
		{"health_record_number", []string{"健康档案编号", "健康档案号", "档案编号", "health record number"}},
		{"phone", []string{"联系电话", "电话", "手机", "手机号", "本人电话", "phone"}},
		{"patient_number", []string{"患者编号", "病人ID", "患者ID", "病历号", "就诊卡号", "patient number", "patient id", "mrn"}},
		{"address", []string{"住址", "现住址", "地址", "家庭住址", "address"}},
		{"ethnicity", []string{"民族", "ethnicity"}},
		{"blood_type", []string{"血型", "blood type"}},
		{"occupation", []string{"职业", "occupation"}},
		{"employer", []string{"工作单位", "employer"}},
		{"contact_name", []string{"联系人姓名", "联系人", "contact name"}},
		{"contact_phone", []string{"联系人电话", "contact phone"}},
		{"past_history", []string{"既往史", "past history"}},
		{"visit_number", []string{"就诊流水号", "就诊号", "门诊号", "住院号", "visit number"}},
		{"visit_class", []string{"就诊类型代码", "就诊类型", "患者类型", "visit class"}},
		{"visit_date", []string{"就诊日期", "就诊时间", "入院日期", "visit date"}},
		{"department", []string{"科室名称", "科室", "就诊科室", "department"}},
		{"diagnosis_code", []string{"诊断编码", "诊断代码", "ICD编码", "ICD10", "ICD-10", "diagnosis code"}},
		{"diagnosis_name", []string{"诊断名称", "诊断", "diagnosis"}},
		{"accession_number", []string{"检查申请单号", "申请单号", "检查号", "accession number"}},
		{"category", []string{"检查类别", "检查类型", "category"}},
		{"lab_id", []string{"检验结果编号", "结果编号", "lab id"}},
		{"lab_panel", []string{"检验项目组", "检验名称", "组合项目", "panel"}},
		{"lab_code", []string{"检验项目代码", "项目代码", "lab code"}},
		{"lab_name", []string{"检验项目", "检验项目名称", "项目名称", "lab name", "test"}},
		{"lab_value", []string{"检验结果", "结果", "结果值", "value", "result"}},
		{"lab_unit", []string{"单位", "结果单位", "unit"}},
		{"lab_range", []string{"参考范围", "参考值", "正常范围", "reference range"}},
		{"lab_flag", []string{"异常标志", "异常提示", "结果标志", "abnormal flag", "flag"}},
		{"lab_time", []string{"检验日期", "采样时间", "检验时间", "报告时间", "lab time"}},
		{"specimen", []string{"标本", "标本类型", "specimen"}},
		{"allergy", []string{"过敏原", "过敏物", "过敏药物", "allergen", "allergy"}},
		{"allergy_reaction", []string{"过敏反应", "过敏症状", "reaction"}},
		{"allergy_severity", []string{"过敏程度", "严重程度", "severity"}},
		{"report_number", []string{"报告编号", "报告单号", "report number"}},
		{"report_title", []string{"报告名称", "检查项目", "检查名称", "report title"}},
		{"report_date", []string{"报告日期", "检查日期", "report date"}},
		{"report_findings", []string{"检查所见", "所见", "影像所见", "findings"}},
		{"report_impression", []string{"检查结论", "诊断意见", "印象", "影像诊断", "impression"}},
		{"report_institution", []string{"检查机构", "报告机构", "医疗机构", "institution"}},
		{"report_doctor", []string{"报告医师", "报告医生", "doctor"}},
		{"note", []string{"备注", "note", "remarks"}},
	}
}

// Fields names what a column can be mapped to.
func Fields() []string {
	var out []string
	for _, f := range columnFields() {
		out = append(out, f.name)
	}
	return out
}

func foldHeading(s string) string {
	return strings.NewReplacer("_", "", "-", "", "（", "(", "）", ")").Replace(records.FoldName(s))
}

// GuessMapping maps each column whose heading is known; a field is given to the
// first column that claims it.
func GuessMapping(headings []string) records.Mapping {
	var m records.Mapping
	taken := map[string]bool{}
	for _, h := range headings {
		c := records.MappedColumn{Heading: h}
		for _, f := range columnFields() {
			if !taken[f.name] && slices.ContainsFunc(f.headings, func(k string) bool { return foldHeading(k) == foldHeading(h) }) {
				c.Field = f.name
				taken[f.name] = true
				break
			}
		}
		m.Columns = append(m.Columns, c)
	}
	return m
}

// MapColumn corrects one column; an empty field leaves it out.
func MapColumn(m *records.Mapping, heading, to string) error {
	if to != "" && !slices.Contains(Fields(), to) {
		return &records.RefusedError{Code: "mapping_field", Args: []string{to}, Reason: fmt.Sprintf("%q is nothing that a column can hold; it may be %s", to, strings.Join(Fields(), ", "))}
	}
	at := slices.IndexFunc(m.Columns, func(c records.MappedColumn) bool { return foldHeading(c.Heading) == foldHeading(heading) })
	if at < 0 {
		return &records.RefusedError{Code: "mapping_heading", Args: []string{heading}, Reason: fmt.Sprintf("the file has no column %q", heading)}
	}
	for i := range m.Columns {
		if to != "" && m.Columns[i].Field == to {
			m.Columns[i].Field = ""
		}
	}
	m.Columns[at].Field = to
	return nil
}

// places finds the column of each field in a table.
func places(m records.Mapping, headings []string) (map[string]int, error) {
	at := map[string]int{}
	for _, c := range m.Columns {
		if c.Field == "" {
			continue
		}
		if _, twice := at[c.Field]; twice {
			return nil, &records.RefusedError{Code: "mapping_twice", Args: []string{c.Field}, Reason: "two columns are mapped to " + c.Field}
		}
		i := slices.IndexFunc(headings, func(h string) bool { return foldHeading(h) == foldHeading(c.Heading) })
		if i < 0 {
			return nil, &records.RefusedError{Code: "mapping_heading", Args: []string{c.Heading}, Reason: fmt.Sprintf("the file has no column %q, which the mapping names; choose another mapping, or correct it", c.Heading)}
		}
		at[c.Field] = i
	}
	if _, ok := at["name"]; !ok {
		return nil, &records.RefusedError{Code: "mapping_name_missing", Reason: "no column holds the name; the first row must name the columns (姓名, 身份证件号码, ...), or map them"}
	}
	_, number := at["patient_number"]
	if number && m.Issuer == "" && m.Name == "" {
		return nil, &records.RefusedError{Code: "mapping_issuer", Reason: "a column holds patient numbers, but nobody says whose they are; name the issuer of the mapping, or leave the column out"}
	}
	for _, key := range []string{"id_number", "patient_number", "health_record_number"} {
		if _, ok := at[key]; ok {
			return at, nil
		}
	}
	return nil, &records.RefusedError{Code: "mapping_identity", Reason: "no column holds an ID number, a patient number or a health record number, so nobody could be told from their namesakes; map one"}
}

// tableIntakes reads the rows of a table.
func tableIntakes(t *sheet.Table, m records.Mapping) ([]records.Intake, []records.RowError, error) {
	at, err := places(m, t.Headings)
	if err != nil {
		return nil, nil, err
	}
	var out []records.Intake
	bad := slices.Clone(t.Bad)
	for _, row := range t.Rows {
		rd := &rowReader{table: t, at: at, cells: row.Cells, issuer: or(m.Issuer, m.Name)}
		in := rd.intake()
		if rd.bad != nil {
			rd.bad.Row = row.Line
			bad = append(bad, *rd.bad)
			continue
		}
		in.Row = row.Line
		out = append(out, in)
	}
	slices.SortStableFunc(bad, func(a, b records.RowError) int { return a.Row - b.Row })
	return out, bad, nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// rowReader reads one row; its first mistake stands.
type rowReader struct {
	table  *sheet.Table
	at     map[string]int
	cells  []string
	issuer string
	bad    *records.RowError
}

func (r *rowReader) get(name string) string {
	if i, ok := r.at[name]; ok {
		return strings.TrimSpace(r.cells[i])
	}
	return ""
}

func (r *rowReader) fail(name, code, reason string, args ...string) {
	if r.bad == nil {
		heading := "-"
		if i, ok := r.at[name]; ok {
			heading = r.table.Headings[i]
		}
		r.bad = &records.RowError{Field: heading, Code: code, Args: args, Reason: reason}
	}
}

func (r *rowReader) day(name string) string {
	s := r.get(name)
	if s == "" {
		return ""
	}
	d, ok := r.table.Day(s)
	if !ok {
		r.fail(name, "date", fmt.Sprintf("%q is not a date (YYYY-MM-DD or YYYYMMDD)", s), s)
	}
	return d
}

// SampleMark in the remarks column says that a person is invented.
const SampleMark = "样本"

func sexOf(s string) (records.Sex, bool) {
	switch strings.ToLower(s) {
	case "1", "男", "男性", "m", "male":
		return records.SexMale, true
	case "2", "女", "女性", "f", "female":
		return records.SexFemale, true
	case "0", "未知", "未知的性别", "unknown":
		return records.SexUnknown, true
	case "9", "未说明", "未说明的性别", "":
		return records.SexUnspecified, true
	}
	return records.Sex(s), false
}

func classOf(s string) (records.VisitClass, bool) {
	switch s {
	case "1", "门诊":
		return records.VisitOutpatient, true
	case "2", "急诊":
		return records.VisitEmergency, true
	case "3", "住院":
		return records.VisitInpatient, true
	case "9", "其他", "":
		return records.VisitOther, true
	}
	return records.VisitClass(s), false
}

func (r *rowReader) intake() records.Intake {
	var in records.Intake
	p := &in.Patient
	p.Name, p.IDType, p.IDNumber = r.get("name"), r.get("id_type"), records.FoldNumber(r.get("id_number"))
	p.HealthRecordNumber, p.Phone, p.Note = records.FoldNumber(r.get("health_record_number")), r.get("phone"), r.get("note")
	p.Sample = strings.Contains(p.Note, SampleMark)
	p.BirthDate = r.day("birth_date")
	sex, ok := sexOf(r.get("sex"))
	if p.Sex = sex; !ok {
		r.fail("sex", "sex", fmt.Sprintf("%q is not a sex code of GB/T 2261.1 (0, 1, 2 or 9)", sex), string(sex))
	}
	if n := r.get("patient_number"); n != "" {
		p.Numbers = []records.PatientNumber{{Issuer: r.issuer, Number: n}}
	}
	if p.IDType == "" && p.IDNumber != "" {
		p.IDType = records.IDTypeResident
	}
	if r.table.Format == "xlsx" && strings.Contains(p.IDNumber, "E+") {
		r.fail("id_number", "id_as_number", "the spreadsheet holds the ID number as a number and lost its last digits; format the column as text and type it again")
	}
	if bad := checkPerson(p); bad != nil && r.bad == nil {
		name := bad.Field
		r.fail(name, bad.Code, bad.Reason, bad.Args...)
	}
	in.Health = records.HealthRecord{Address: r.get("address"), Ethnicity: r.get("ethnicity"), BloodType: r.get("blood_type"), Occupation: r.get("occupation"),
		Employer: r.get("employer"), ContactName: r.get("contact_name"), ContactPhone: r.get("contact_phone"), PastHistory: r.get("past_history")}
	r.medical(&in)
	return in
}

// checkPerson checks what identifies a person; the error's field is a name of
// Fields. A birth date or sex that is not stated is taken from the ID number.
func checkPerson(p *records.Patient) *records.RowError {
	fail := func(field, code, reason string, args ...string) *records.RowError {
		return &records.RowError{Field: field, Code: code, Args: args, Reason: reason}
	}
	if p.Name == "" {
		return fail("name", "name_empty", "the name is empty")
	}
	if p.IDNumber == "" && len(p.Numbers) == 0 && p.HealthRecordNumber == "" {
		return fail("id_number", "id_empty", "the ID number is empty, and there is no patient number or health record number")
	}
	if p.IDNumber != "" && p.IDType == records.IDTypeResident {
		if err := records.CheckResidentID(p.IDNumber); err != nil {
			return fail("id_number", numberCode("id", err), err.Error()+"; compare it with the ID card and correct the row")
		}
		d, _ := records.ResidentIDBirthDate(p.IDNumber)
		s, _ := records.ResidentIDSex(p.IDNumber)
		if p.BirthDate == "" {
			p.BirthDate = d
		}
		if p.Sex == records.SexUnspecified || p.Sex == "" {
			p.Sex = s
		}
		if d != p.BirthDate {
			return fail("birth_date", "id_says_birth", fmt.Sprintf("the ID number says that the birth date is %s, the row says %s; correct the one that is wrong", d, p.BirthDate), d, p.BirthDate)
		}
		if p.Sex != records.SexUnknown && s != p.Sex {
			return fail("sex", "id_says_sex", fmt.Sprintf("the ID number says that the sex is %s, the row says %s; correct the one that is wrong", s, p.Sex), string(s), string(p.Sex))
		}
	}
	if p.BirthDate == "" {
		return fail("birth_date", "birth_empty", "the birth date is empty")
	}
	if d, err := time.Parse("20060102", p.BirthDate); err != nil || d.Year() < 1800 {
		return fail("birth_date", "date", fmt.Sprintf("%q is not a date (YYYY-MM-DD or YYYYMMDD)", p.BirthDate), p.BirthDate)
	}
	if p.HealthRecordNumber != "" {
		if err := records.CheckHealthRecordNumber(p.HealthRecordNumber); err != nil {
			return fail("health_record_number", numberCode("record", err), err.Error())
		}
	}
	return nil
}

// source names an entry by the source's own number, or by what it is about
// where the file has none.
func (r *rowReader) source(p *records.Patient, number string, about ...string) records.Source {
	if number == "" {
		key := append([]string{p.IDNumber, p.HealthRecordNumber, p.Name, p.BirthDate}, about...)
		for _, n := range p.Numbers {
			key = append(key, n.Number)
		}
		sum := sha256.Sum256([]byte(strings.Join(key, "\x00")))
		number = hex.EncodeToString(sum[:16])
	}
	return records.Source{System: or(r.issuer, "table"), ID: number}
}

func (r *rowReader) medical(in *records.Intake) {
	p := &in.Patient
	visit := r.get("visit_number")
	if visit != "" {
		class, ok := classOf(r.get("visit_class"))
		if !ok {
			r.fail("visit_class", "visit_class", fmt.Sprintf("%q is not a patient type (1, 2, 3 or 9)", class), string(class))
		}
		day := r.day("visit_date")
		if day == "" {
			r.fail("visit_date", "date", fmt.Sprintf("%q is not a date (YYYY-MM-DD or YYYYMMDD)", ""), "")
		}
		in.Visits = []records.Visit{{Number: visit, Class: class, Date: day, Department: r.get("department")}}
	}
	if code, name := r.get("diagnosis_code"), r.get("diagnosis_name"); code != "" || name != "" {
		in.Diagnoses = []records.DiagnosisEntry{{Source: r.source(p, "", "diagnosis", visit, code, name), VisitNumber: visit, Code: code, Name: name, Date: r.day("visit_date")}}
	}
	if n := r.get("accession_number"); n != "" {
		in.Orders = []records.Order{{AccessionNumber: n, Category: r.get("category")}}
	}
	if name, value := or(r.get("lab_name"), r.get("lab_code")), r.get("lab_value"); name != "" && value != "" {
		v := records.LabValue{VisitNumber: visit, Panel: r.get("lab_panel"), Code: r.get("lab_code"), Name: name, Value: value, Unit: r.get("lab_unit"),
			Range: r.get("lab_range"), Flag: flagOf(r.get("lab_flag")), Specimen: r.get("specimen")}
		if s := r.get("lab_time"); s != "" {
			at, ok := r.table.Time(s)
			if v.Time = at; !ok {
				r.fail("lab_time", "date", fmt.Sprintf("%q is not a date (YYYY-MM-DD or YYYYMMDD)", s), s)
			}
		}
		v.Source = r.source(p, r.get("lab_id"), "lab", visit, v.Panel, v.Code, v.Name, v.Time, v.Specimen)
		in.Labs = []records.LabValue{v}
	}
	if s := r.get("allergy"); s != "" && !noAllergy(s) {
		in.Allergies = []records.Allergy{{Source: r.source(p, "", "allergy", s), Substance: s, Reaction: r.get("allergy_reaction"), Severity: r.get("allergy_severity")}}
	}
	if f, i := r.get("report_findings"), r.get("report_impression"); f != "" || i != "" {
		rep := records.PastReport{VisitNumber: visit, Title: r.get("report_title"), Category: r.get("category"), Date: r.day("report_date"), Findings: f, Impression: i,
			Institution: r.get("report_institution"), Doctor: r.get("report_doctor")}
		rep.Source = r.source(p, r.get("report_number"), "report", visit, rep.Title, rep.Date, strconv.Itoa(len(in.Orders)))
		in.Reports = []records.PastReport{rep}
	}
}

// noAllergy reports words that say that there is none.
func noAllergy(s string) bool {
	switch strings.ToLower(s) {
	case "无", "否认", "没有", "未发现", "-", "/", "none", "no":
		return true
	}
	return false
}

// flagOf maps the arrows and words of Chinese laboratories to HL7 table 0078;
// what is not known stays as it is.
func flagOf(s string) string {
	switch s {
	case "↑", "高", "偏高":
		return records.FlagHigh
	case "↓", "低", "偏低":
		return records.FlagLow
	case "正常":
		return records.FlagNormal
	case "↑↑":
		return "HH"
	case "↓↓":
		return "LL"
	case "异常", "阳性", "*":
		return "A"
	}
	return s
}

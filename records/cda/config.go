package cda

import (
	"maps"
	"strings"
	"time"

	"longying/imaging"
	"longying/records"
)

// Object identifiers of WS/T 500 and its code systems.
const (
	oidTemplate      = "2.16.156.10011.2.1.1.26"  // examination report, WS/T 500.6
	oidDocument      = "2.16.156.10011.1.1"       // 文档流水号
	oidDocumentCodes = "2.16.156.10011.2.4"       // 卫生信息共享文档规范编码体系
	oidDataElements  = "2.16.156.10011.2.2.1"     // 卫生信息数据元目录
	oidResidentID    = "2.16.156.10011.1.3"       // 居民身份证号
	oidDoctor        = "2.16.156.10011.1.4"       // 医师
	oidOrganization  = "2.16.156.10011.1.5"       // 医疗机构
	oidAuthor        = "2.16.156.10011.1.7"       // 文档创建者
	oidOutpatient    = "2.16.156.10011.1.11"      // 门(急)诊号
	oidInpatient     = "2.16.156.10011.1.12"      // 住院号
	oidRequest       = "2.16.156.10011.1.24"      // 电子申请单编号
	oidDepartment    = "2.16.156.10011.1.26"      // 科室
	oidReport        = "2.16.156.10011.1.32"      // 检查报告单号
	oidPatientType   = "2.16.156.10011.2.3.1.271" // 患者类型代码表
	oidSex           = "2.16.156.10011.2.3.3.4"   // 生理性别代码表(GB/T 2261.1)
	oidResult        = "2.16.156.10011.2.3.2.38"  // 检查/检验结果代码表
	oidICD10         = "2.16.156.10011.2.3.3.11.3"
	oidLOINC         = "2.16.840.1.113883.6.1"
	// Codes that no published scheme has: an OID of the UUID kind (X.667).
	oidLocal = "2.25.144219541385846137926117043209187734529"
)

// Data elements (WS 363) and section codes that the body uses.
const (
	deDiagnosis   = "DE05.01.024.00"
	deSpecial     = "DE02.01.079.00"
	deMethod      = "DE02.10.027.00"
	deCategory    = "DE04.30.018.00"
	deItem        = "DE04.30.019.00"
	deResult      = "DE04.30.017.00"
	deQuantity    = "DE04.30.015.00"
	deUnit        = "DE04.30.016.00"
	deObjective   = "DE04.50.131.00" // 客观所见
	deImpression  = "DE04.50.132.00" // 主观提示; some public templates write .131 here, wrongly
	deDepartment  = "DE08.10.026.00"
	deInstitution = "DE08.10.013.00"
	deRemarks     = "DE06.00.179.00"
	deName        = "DE02.01.039.00"
	deIDNumber    = "DE02.01.030.00"
	deSex         = "DE02.01.040.00"
	deBirthDate   = "DE02.01.005.01"
)

// Limits are the longest texts, in characters. 0 means no limit is known.
// Findings and Impression are AN..200 and ItemCode AN..20 in WS 445.4; a
// hospital whose platform takes more raises them. A text over its limit is
// refused, never truncated.
type Limits struct {
	Findings   int `json:"findings"`
	Impression int `json:"impression"`
	ItemCode   int `json:"item_code"`
	Method     int `json:"method"`
	Diagnosis  int `json:"diagnosis"` // code
	Remarks    int `json:"remarks"`
	Name       int `json:"name"` // of a person
	Place      int `json:"place"`
}

// Config is what the document itself does not say: the platform's limits and
// code tables.
type Config struct {
	Limits Limits `json:"limits"`
	// Required says, by data element, what a document must have. The national
	// cardinalities were not found in public, so the table can be changed.
	Required map[string]bool `json:"required"`
	// DiagnosisRoot is the code system of DE05.01.024.00; platforms differ.
	DiagnosisRoot string `json:"diagnosis_root"`
	// Categories names a DICOM modality as 检查类别 (DE04.30.018.00); a modality
	// that is not in the table stands for itself.
	Categories map[string]string `json:"categories"`
	// Items gives the hospital's examination item code (DE04.30.019.00) of an
	// examination by its description, else by its modality; a modality that is not
	// in the table stands for itself.
	Items map[string]string `json:"items"`
	// Departments gives the code of a department, root 2.16.156.10011.1.26, by its
	// name; without one its name stands alone.
	Departments map[string]string `json:"departments"`
	// SpecialExamination is DE02.01.079.00 特殊检查标志: "T" or "F".
	SpecialExamination string `json:"special_examination"`
	// Zone is the time zone of all times; nil is China's, UTC+8.
	Zone *time.Location `json:"-"`
}

// Default is the configuration that follows the published standard.
func Default() Config {
	return Config{
		Limits:             Limits{Findings: 200, Impression: 200, ItemCode: 20},
		Required:           maps.Clone(requiredByDefault()),
		DiagnosisRoot:      oidICD10,
		Categories:         map[string]string{"CR": "CR", "DX": "DR", "CT": "CT", "MR": "MR", "US": "超声", "MG": "乳腺X线", "SM": "病理"},
		Items:              map[string]string{},
		SpecialExamination: "F",
	}
}

func requiredByDefault() map[string]bool {
	return map[string]bool{
		deName: true, deIDNumber: true, deSex: true, deBirthDate: false,
		deObjective: true, deImpression: true, deDepartment: true, deInstitution: true, deRemarks: false,
		deMethod: true, deCategory: true, deItem: true, deDiagnosis: false,
	}
}

func (c Config) zone() *time.Location {
	if c.Zone != nil {
		return c.Zone
	}
	return imaging.Zone()
}

func (c Config) category(modality string) string {
	if s := c.Categories[modality]; s != "" {
		return s
	}
	return modality
}

func (c Config) item(x records.Examination) string {
	if s := c.Items[strings.TrimSpace(x.Description)]; s != "" {
		return s
	}
	if s := c.Items[x.Modality]; s != "" {
		return s
	}
	return x.Modality
}

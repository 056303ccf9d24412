package fhir

// The parts of R4 resources that this package writes, in the order of the
// specification. Only what is filled is written: FHIR allows no empty value.

type bundle struct {
	ResourceType string  `json:"resourceType"`
	Type         string  `json:"type"`
	Entry        []entry `json:"entry"`
}

type entry struct {
	FullURL  string  `json:"fullUrl"`
	Resource any     `json:"resource"`
	Request  request `json:"request"`
}

type request struct {
	Method      string `json:"method"`
	URL         string `json:"url"`
	IfNoneExist string `json:"ifNoneExist,omitempty"`
}

type meta struct {
	Security []coding `json:"security,omitempty"`
}

type narrative struct {
	Status string `json:"status"`
	Div    string `json:"div"`
}

type coding struct {
	System  string `json:"system,omitempty"`
	Version string `json:"version,omitempty"`
	Code    string `json:"code,omitempty"`
	Display string `json:"display,omitempty"`
}

type concept struct {
	Coding []coding `json:"coding,omitempty"`
	Text   string   `json:"text,omitempty"`
}

type identifier struct {
	Type   *concept `json:"type,omitempty"`
	System string   `json:"system,omitempty"`
	Value  string   `json:"value"`
}

type reference struct {
	Reference  string      `json:"reference,omitempty"`
	Type       string      `json:"type,omitempty"`
	Identifier *identifier `json:"identifier,omitempty"`
	Display    string      `json:"display,omitempty"`
}

type quantity struct {
	Value  float64 `json:"value"`
	Unit   string  `json:"unit,omitempty"`
	System string  `json:"system,omitempty"`
	Code   string  `json:"code,omitempty"`
}

type annotation struct {
	Text string `json:"text"`
}

type humanName struct {
	Text string `json:"text"`
}

type contactPoint struct {
	System string `json:"system"`
	Value  string `json:"value"`
}

type patient struct {
	ResourceType string         `json:"resourceType"`
	Meta         *meta          `json:"meta,omitempty"`
	Identifier   []identifier   `json:"identifier"`
	Name         []humanName    `json:"name"`
	Telecom      []contactPoint `json:"telecom,omitempty"`
	Gender       string         `json:"gender"`
	BirthDate    string         `json:"birthDate,omitempty"`
}

type device struct {
	ResourceType string           `json:"resourceType"`
	Identifier   []identifier     `json:"identifier"`
	DeviceName   []deviceName     `json:"deviceName"`
	Type         concept          `json:"type"`
	Version      []deviceVersion  `json:"version"`
	Property     []deviceProperty `json:"property,omitempty"`
	Note         []annotation     `json:"note,omitempty"`
}

type deviceName struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

type deviceVersion struct {
	Value string `json:"value"`
}

type deviceProperty struct {
	Type      concept   `json:"type"`
	ValueCode []concept `json:"valueCode"`
}

type imagingStudy struct {
	ResourceType      string       `json:"resourceType"`
	Identifier        []identifier `json:"identifier"`
	Status            string       `json:"status"`
	Modality          []coding     `json:"modality,omitempty"`
	Subject           reference    `json:"subject"`
	Started           string       `json:"started,omitempty"`
	NumberOfSeries    int          `json:"numberOfSeries,omitempty"`
	NumberOfInstances int          `json:"numberOfInstances,omitempty"`
	Description       string       `json:"description,omitempty"`
	Series            []series     `json:"series,omitempty"`
}

type series struct {
	UID               string     `json:"uid"`
	Modality          coding     `json:"modality"`
	NumberOfInstances int        `json:"numberOfInstances,omitempty"`
	Instance          []instance `json:"instance,omitempty"`
}

type instance struct {
	UID      string `json:"uid"`
	SOPClass coding `json:"sopClass"`
}

type observation struct {
	ResourceType      string       `json:"resourceType"`
	Text              *narrative   `json:"text,omitempty"`
	Identifier        []identifier `json:"identifier"`
	Status            string       `json:"status"`
	Category          []concept    `json:"category"`
	Code              concept      `json:"code"`
	Subject           reference    `json:"subject"`
	EffectiveDateTime string       `json:"effectiveDateTime"`
	Issued            string       `json:"issued"`
	Performer         []reference  `json:"performer"`
	ValueConcept      *concept     `json:"valueCodeableConcept,omitempty"`
	Note              []annotation `json:"note,omitempty"`
	BodySite          *concept     `json:"bodySite,omitempty"`
	Device            *reference   `json:"device,omitempty"`
	DerivedFrom       []reference  `json:"derivedFrom"`
	Component         []component  `json:"component,omitempty"`
}

type component struct {
	Code          concept   `json:"code"`
	ValueQuantity *quantity `json:"valueQuantity,omitempty"`
	ValueConcept  *concept  `json:"valueCodeableConcept,omitempty"`
	ValueString   string    `json:"valueString,omitempty"`
}

type diagnosticReport struct {
	ResourceType       string       `json:"resourceType"`
	Meta               *meta        `json:"meta,omitempty"`
	Text               narrative    `json:"text"`
	Identifier         []identifier `json:"identifier"`
	Status             string       `json:"status"`
	Category           []concept    `json:"category"`
	Code               concept      `json:"code"`
	Subject            reference    `json:"subject"`
	EffectiveDateTime  string       `json:"effectiveDateTime"`
	Issued             string       `json:"issued"`
	Performer          []reference  `json:"performer"`
	ResultsInterpreter []reference  `json:"resultsInterpreter"`
	Result             []reference  `json:"result,omitempty"`
	ImagingStudy       []reference  `json:"imagingStudy"`
	Conclusion         string       `json:"conclusion"`
}

type provenance struct {
	ResourceType string      `json:"resourceType"`
	ID           string      `json:"id"`
	Target       []reference `json:"target"`
	Recorded     string      `json:"recorded"`
	Agent        []agent     `json:"agent"`
	Entity       []entity    `json:"entity,omitempty"`
}

// entity is what something was made of; role "source".
type entity struct {
	Role string    `json:"role"`
	What reference `json:"what"`
}

type agent struct {
	Type concept   `json:"type"`
	Who  reference `json:"who"`
}

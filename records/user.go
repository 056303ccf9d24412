package records

import "time"

// Role is what a user is.
type Role string

// The roles.
const (
	RoleTechnician    Role = "technician"
	RoleRadiologist   Role = "radiologist"
	RoleReviewer      Role = "reviewing_radiologist"
	RolePathologist   Role = "pathologist"
	RoleClinician     Role = "clinician"     // consult only
	RoleAdministrator Role = "administrator" // no patient data
	RoleAuditor       Role = "auditor"       // audit only
)

// Roles lists every role.
func Roles() []Role {
	return []Role{RoleTechnician, RoleRadiologist, RoleReviewer, RolePathologist, RoleClinician, RoleAdministrator, RoleAuditor}
}

// User is someone who can sign in.
type User struct {
	ID           string        `json:"id"`
	Login        string        `json:"login"`
	Name         string        `json:"name"`
	StaffNumber  string        `json:"staff_number"`
	Role         Role          `json:"role"`
	PasswordHash string        `json:"-"` // argon2id, PHC string
	Locked       bool          `json:"locked"`
	MustChange   bool          `json:"must_change,omitempty"` // the password was set by somebody else: another has to be chosen first
	Failures     int           `json:"failures"`              // failed sign-ins in a row
	HoldLeft     time.Duration `json:"hold_left,omitempty"`   // after too many wrong passwords, as of HoldSeen; see Wait
	HoldSeen     time.Time     `json:"hold_seen,omitzero"`
	SecondFactor bool          `json:"second_factor,omitempty"`
	TOTPSecret   []byte        `json:"-"` // of the second factor
	TOTPStep     int64         `json:"-"` // of the last code that was used: it does not count again
	Recovery     []string      `json:"-"` // hashes of the recovery codes that are left
	CreatedAt    time.Time     `json:"created_at"`
	Sample       bool          `json:"sample,omitempty"`
}

// Right is something a role may do.
type Right string

// The rights.
const (
	RightImport      Right = "import"       // studies and people
	RightViewPatient Right = "view_patient" // images, record
	RightLink        Right = "link"         // decide whose a study is
	RightAnalyze     Right = "analyze"      // run models
	RightVerdict     Right = "verdict"      // confirm, edit, reject
	RightReport      Right = "report"       // draft and sign
	RightReview      Right = "review"       // sign what another doctor has reported
	RightExport      Right = "export"       // files leave the machine
	RightConsult     Right = "consult"      // take part in a consult
	RightLeadConsult Right = "lead_consult" // create, decide, pack
	RightManageUsers Right = "manage_users" //
	RightConfigure   Right = "configure"    // settings, models, destinations
	RightAudit       Right = "audit"        // read and verify the audit trail
	RightBackup      Right = "backup"       //
	RightAcceptModel Right = "accept_model" // try a model on local cases and accept it for this site
)

// Rights lists every right.
func Rights() []Right {
	return []Right{RightImport, RightViewPatient, RightLink, RightAnalyze, RightVerdict, RightReport, RightReview, RightExport,
		RightConsult, RightLeadConsult, RightManageUsers, RightConfigure, RightAudit, RightBackup, RightAcceptModel}
}

// May is the one table of rights.
func (r Role) May(x Right) bool {
	switch r {
	case RoleTechnician:
		return x == RightImport || x == RightViewPatient || x == RightAnalyze
	case RoleRadiologist, RoleReviewer, RolePathologist:
		switch x {
		case RightImport, RightViewPatient, RightLink, RightAnalyze, RightVerdict, RightReport, RightExport, RightConsult, RightLeadConsult, RightAcceptModel:
			return true
		case RightReview:
			return r != RoleRadiologist
		}
	case RoleClinician:
		return x == RightConsult
	case RoleAdministrator:
		return x == RightManageUsers || x == RightConfigure || x == RightBackup
	case RoleAuditor:
		return x == RightAudit
	}
	return false
}

// AuditEvent is one entry of the audit trail. It never holds a name or a
// number of a patient, only the internal ID.
type AuditEvent struct {
	Seq       int64     `json:"seq"` // from 1, without gaps
	At        time.Time `json:"at"`
	UserID    string    `json:"user_id"`
	UserName  string    `json:"user_name"`
	Station   string    `json:"station"`           // host name
	Program   string    `json:"program,omitempty"` // desktop or cli
	Action    string    `json:"action"`            // import, link, analyze, confirm, edit, reject, sign, export, deliver, login, ...
	Object    string    `json:"object"`            // UID or ID of what was acted on
	PatientID string    `json:"patient_id,omitempty"`
	Outcome   string    `json:"outcome"` // ok, refused, failed
	Detail    string    `json:"detail,omitempty"`
	MAC       string    `json:"mac"` // hex HMAC-SM3 over the previous MAC and this event
}

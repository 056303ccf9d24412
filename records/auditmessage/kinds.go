package auditmessage

// kind is how an action of the trail is told in A.5.3.
type kind struct {
	id        Code   // CID 400
	action    string // C, R, U, D, E
	typ       *Code  // CID 401
	lifeCycle string // of the objects, A.5.1.2.3
	media     *Code  // CID 405, of what data went to or came from
	query     bool   // the object is a query
}

func dcm(value, meaning string) Code { return Code{value, "DCM", meaning} }

// rfc are identifier types that PS3.15 A.5.1.2.4 takes over from RFC 3881.
func rfc(value, meaning string) Code { return Code{value, "RFC-3881", meaning} }

// The events, PS3.16 CID 400.
var (
	auditLogUsed    = dcm("110101", "Audit Log Used")
	accessed        = dcm("110103", "DICOM Instances Accessed")
	transferred     = dcm("110104", "DICOM Instances Transferred")
	exported        = dcm("110106", "Export")
	imported        = dcm("110107", "Import")
	patientRecord   = dcm("110110", "Patient Record")
	queried         = dcm("110112", "Query")
	securityAlert   = dcm("110113", "Security Alert")
	authentication  = dcm("110114", "User Authentication")
	login           = dcm("110122", "Login")
	logout          = dcm("110123", "Logout")
	network         = dcm("110128", "Network Configuration")
	security        = dcm("110129", "Security Configuration")
	hardware        = dcm("110130", "Hardware Configuration")
	software        = dcm("110131", "Software Configuration")
	restricted      = dcm("110132", "Use of Restricted Function")
	roles           = dcm("110136", "Security Roles Changed")
	attributes      = dcm("110137", "User security Attributes Changed")
	application     = dcm("110150", "Application")
	destinationRole = dcm("110152", "Destination Role ID")
	sourceRole      = dcm("110153", "Source Role ID")
	destination     = dcm("110154", "Destination Media")
	source          = dcm("110155", "Source Media")
	uri             = dcm("110037", "URI")
	paper           = dcm("110038", "Paper Document")
	studyUID        = dcm("110180", "Study Instance UID")
	sopClass        = dcm("110181", "SOP Class UID")
	nodeID          = dcm("110182", "Node ID")
	patientNumber   = rfc("2", "Patient Number")
	userIdentifier  = rfc("11", "User Identifier")
	resource        = rfc("12", "URI")
)

// system names codes of our own.
const system = "99LONGYING"

// kindOf tells an action, and whether it is one that is known.
func kindOf(action string) (kind, bool) {
	record := func(action string) kind { return kind{id: patientRecord, action: action} }
	alert := func(typ Code) kind { return kind{id: securityAlert, action: "E", typ: &typ} }
	switch action {
	case "login", "unlock_screen", "reauthenticate":
		return kind{id: authentication, action: "E", typ: &login}, true
	case "logout", "lock_screen":
		return kind{id: authentication, action: "E", typ: &logout}, true

	case "view_audit", "verify_audit", "export_audit":
		return kind{id: auditLogUsed, action: "R"}, true

	case "view_study", "analyze":
		return kind{id: accessed, action: "R", lifeCycle: "6"}, true
	case "character_set":
		return kind{id: accessed, action: "U"}, true
	case "import_study", "consult_take":
		return kind{id: imported, action: "C", lifeCycle: "2", media: &uri}, true
	case "pacs_retrieve", "pacs_store":
		return kind{id: transferred, action: "C"}, true
	case "pacs_query", "search":
		return kind{id: queried, action: "E", query: true}, true

	case "export", "consult_pack", "consult_reply", "deliver", "backup":
		return kind{id: exported, action: "R", lifeCycle: "10", media: &uri}, true
	case "deidentify":
		return kind{id: exported, action: "R", lifeCycle: "7", media: &uri}, true
	case "print":
		return kind{id: exported, action: "R", lifeCycle: "10", media: &paper}, true
	case "restore", "import_people":
		return kind{id: imported, action: "C", lifeCycle: "2", media: &uri}, true

	case "view_record", "view_report", "view_consult":
		return record("R"), true
	case "mark", "take_over", "annotate", "draft_report", "consult_create":
		return record("C"), true
	case "confirm", "edit", "reject", "undo", "first_read", "follow", "unfollow", "edit_annotation", "leave_annotation", "undo_annotation", "critical_flagged", "critical_told", "critical_withdrawn",
		"save_report", "fill_report", "save_phrase", "remove_phrase", "amend", "answer_contradiction", "submit_report", "return_report", "sign", "retract",
		"link", "unlink", "merge_patients", "unmerge_patients", "decide_row", "undo_import",
		"consult_add", "consult_opinion", "consult_decide", "consult_follow", "consult_merge", "consult_correlate",
		"consult_accept", "consult_excuse", "consult_schedule", "consult_begin", "consult_outcome", "consult_close", "consult_withdraw", "queue", "retry_delivery":
		return record("U"), true

	case "delete_annotation":
		return record("D"), true

	case "set_role":
		return alert(roles), true
	case "add_user", "lock_user", "change_password", "reset_password", "set_second_factor", "remove_second_factor", "reset_second_factor", "signing_key":
		return alert(attributes), true
	case "install_model", "remove_model", "measure_model", "accept_model", "withdraw_model", "save_mapping":
		return alert(software), true
	case "check_display":
		return alert(hardware), true
	case "configure":
		return alert(security), true
	case "list_users", "name_user", "list_studies", "list_deliveries", "list_imports", "list_mappings", "list_reviews", "list_consults", "list_pacs",
		"list_destinations", "try_destination", "preview_people", "pacs_echo", "view_scorecard":
		return alert(restricted), true
	}
	return alert(restricted), false
}

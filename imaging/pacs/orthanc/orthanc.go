// Package orthanc is Orthanc beside the program: a ready configuration with
// which it gives a PACS without DICOMweb its services, and a way to start one
// for tests, unprivileged, on the loopback, in a folder of its own.
package orthanc

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed orthanc.json
var config string

// Settings are what a site changes in the configuration. The zero value leaves
// the places to change marked.
type Settings struct {
	HTTPPort  int    // of the DICOMweb services; 0: 8042
	DICOMPort int    // of DIMSE; 0: 4242
	Password  string // of the user longying
	Modality  string // title, address and port of the old PACS, e.g. "OLDPACS,192.0.2.10,104"
}

// User is the user that the configuration knows.
const User = "longying"

// Config is the configuration file, in the JSON with comments that Orthanc reads.
func Config(s Settings) (string, error) {
	out := config
	set := func(old, changed string) {
		if changed != "" {
			out = strings.Replace(out, old, changed, 1)
		}
	}
	for _, p := range []int{s.HTTPPort, s.DICOMPort} {
		if p < 0 || p > 65535 {
			return "", fmt.Errorf("%d is no port", p)
		}
	}
	if s.HTTPPort != 0 {
		set(`"HttpPort" : 8042`, fmt.Sprintf(`"HttpPort" : %d`, s.HTTPPort))
	}
	if s.DICOMPort != 0 {
		set(`"DicomPort" : 4242`, fmt.Sprintf(`"DicomPort" : %d`, s.DICOMPort))
	}
	if s.Password != "" {
		if strings.ContainsFunc(s.Password, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' }) {
			return "", fmt.Errorf("the password holds a character that cannot stand in the configuration")
		}
		set(`"change-this-password" },     // change`, `"`+s.Password+`" },`)
	}
	if s.Modality != "" {
		parts := strings.Split(s.Modality, ",")
		var port int
		if len(parts) != 3 || parts[0] == "" || len(parts[0]) > 16 || strings.ContainsAny(s.Modality, "\"\\\n") {
			return "", fmt.Errorf("the old PACS is TITLE,ADDRESS,PORT, not %q", s.Modality)
		}
		if _, err := fmt.Sscanf(parts[2], "%d", &port); err != nil || port <= 0 || port > 65535 {
			return "", fmt.Errorf("%q is no port", parts[2])
		}
		set(`[ "OLDPACS", "192.0.2.10", 104 ] },   // change`, fmt.Sprintf(`[ "%s", "%s", %d ] },`, parts[0], parts[1], port))
	}
	return out, nil
}

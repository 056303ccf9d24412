package canvas

import "testing"

// Over a film the corners keep the picture: a dark box there would lie on anatomy.
func TestOnlyKindsWithWordsBurnedInGetAGroundOverModerateGrey(t *testing.T) {
	for _, m := range []string{"CR", "DX", "MG", "CT", "MR"} {
		if !bareCorners(m) {
			t.Errorf("%s: its corners are covered", m)
		}
	}
	for _, m := range []string{"US", "XA", "OT", "SC", ""} {
		if bareCorners(m) {
			t.Errorf("%s: words lie on words that may be burned in", m)
		}
	}
}

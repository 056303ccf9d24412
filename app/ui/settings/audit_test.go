package settings

import (
	"testing"

	"longying/app/ui/lang"
	"longying/records/auditmessage"
)

func TestEveryKindOfActThatTheAuditPageOffersIsOneOfTheTrailAndHasWords(t *testing.T) {
	for _, code := range lang.Codes() {
		l, err := lang.New(code)
		if err != nil {
			t.Fatal(err)
		}
		for _, act := range auditActs() {
			if !auditmessage.Known(act) {
				t.Errorf("the trail has no %q", act)
			}
			if l.Or(lang.Key("audit."+act), "") == "" {
				t.Errorf("%s has no words for %q", code, act)
			}
		}
	}
}

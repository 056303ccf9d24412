package findings

import (
	"testing"

	"longying/imaging"
)

func TestAFindingOfOnesOwnLiesWhereItWasDrawnElseInTheStudyAsAWhole(t *testing.T) {
	drawn := &imaging.Ref{StudyUID: "s", SeriesUID: "1", SOPUID: "2", Frame: 3, Region: &imaging.Region{X1: 5, Y1: 5}}
	ref, change := ownFinding("s", drawn, " 结节 ", "L", "", "zh")
	if ref.SOPUID != "2" || ref.Frame != 3 || ref.Region == nil || change.Label.Zh != "结节" || change.Label.En != "" || *change.Laterality != "L" || change.Note != nil {
		t.Errorf("%+v %+v", ref, change)
	}
	ref, change = ownFinding("s", nil, "nodule", "", "seen twice", "en")
	if ref.StudyUID != "s" || ref.SOPUID != "" || ref.Region != nil || change.Label.En != "nodule" || change.Laterality != nil || *change.Note != "seen twice" {
		t.Errorf("%+v %+v", ref, change)
	}
	if ref, _ = ownFinding("other", drawn, "x", "", "", "en"); ref.StudyUID != "other" || ref.SOPUID != "" {
		t.Errorf("a place of another study: %+v", ref)
	}
}

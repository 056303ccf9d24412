package settings

import (
	"fmt"
	"strings"
	"testing"

	"longying/app/delivery"
	"longying/app/ui/lang"
)

func TestACodeIsFoundByItsBeginningOrAPartOfItsName(t *testing.T) {
	l, err := lang.New(lang.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	icd := delivery.CodeTable{Name: delivery.TableICD10, Codes: []delivery.Code{{Code: "J18.900", Name: "肺炎"}, {Code: "R91.x00", Name: "肺占位"}}}
	for i := range 50 {
		icd.Codes = append(icd.Codes, delivery.Code{Code: fmt.Sprintf("Z%02d.000", i), Name: "随访"})
	}
	for query, want := range map[string]string{"j18": "J18.900  肺炎", "占位": "R91.x00  肺占位", "随": "还有 10 条", "J19": "没有这样的代码", "8.9": "没有这样的代码"} {
		if got := lookUp(l, []delivery.CodeTable{icd}, query); !strings.Contains(got, want) {
			t.Errorf("%q gives %q, want %q", query, got, want)
		}
	}
	if got := lookUp(l, []delivery.CodeTable{icd}, " "); got != "" {
		t.Errorf("nothing asked gives %q", got)
	}
}

func TestATimeOutIsANumberOfSeconds(t *testing.T) {
	for text, bad := range map[string]bool{"": false, "30": false, "0.5": false, "x": true, "-1": true, "0": true, "99999": true} {
		s := destinations{seconds: text}
		if _, err := s.typed(); (err != nil) != bad {
			t.Errorf("%q: %v", text, err)
		}
	}
}

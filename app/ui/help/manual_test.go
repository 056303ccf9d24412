package help_test

import (
	"testing"

	"longying/app/ui/help"
	"longying/app/ui/lang"
)

func TestBothLanguagesHaveTheSameTopicsInTheSameOrderWithTheSameKeys(t *testing.T) {
	zh, err := help.Manual(lang.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	en, err := help.Manual(lang.English)
	if err != nil || len(zh) != len(en) || len(zh) < 10 {
		t.Fatal(len(zh), len(en), err)
	}
	for i := range zh {
		if zh[i].ID != en[i].ID || zh[i].Title == "" || en[i].Title == "" || len(zh[i].Lines) == 0 || len(zh[i].Lines) != len(en[i].Lines) {
			t.Errorf("%d: %+v\n%+v", i, zh[i], en[i])
		}
	}
}

func TestSearchFindsATopicByItsTitleBeforeItsText(t *testing.T) {
	en, err := help.Manual(lang.English)
	if err != nil {
		t.Fatal(err)
	}
	if got := help.Search(en, " BACKUP "); len(got) == 0 || got[0].ID != "backup" {
		t.Errorf("%+v", got)
	}
	if got := help.Search(en, "password signs"); len(got) == 0 || got[0].ID != "report" && got[0].ID != "lock" {
		t.Errorf("%+v", got)
	}
	if got := help.Search(en, "no such thing anywhere"); got != nil {
		t.Errorf("%+v", got)
	}
	if got := help.Search(en, ""); len(got) != len(en) {
		t.Errorf("%d of %d", len(got), len(en))
	}
}

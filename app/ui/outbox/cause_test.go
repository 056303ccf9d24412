package outbox

import (
	"strings"
	"testing"

	"longying/app/delivery"
	"longying/app/ui/lang"
	"longying/records"
	"longying/records/outbox"
)

func TestEveryCauseIsSaidInTheReadersLanguageAndWhatOthersSaidIsQuoted(t *testing.T) {
	l, err := lang.New("")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range lang.Codes() {
		l.Set(code)
		for _, c := range append(outbox.Causes(), delivery.CauseRetracted, delivery.CauseStays) {
			if !l.Has(lang.Key("attempt.because." + c)) {
				t.Errorf("%s: no words for %s", code, c)
			}
		}
	}
	l.Set(lang.Chinese)
	for _, x := range []struct {
		c    *records.Cause
		want string
	}{
		{nil, "english words"},
		{&records.Cause{Code: "busy", Args: []string{"省平台", "503"}, Said: "maintenance"}, "“省平台”正忙或暂停服务。（HTTP 503）对方原文：“maintenance”"},
		{&records.Cause{Code: "unreachable", Args: []string{"省平台"}, Said: "connection refused"}, "连不上“省平台”，什么也没有发出。系统原文：“connection refused”"},
		{&records.Cause{Code: "other_file", Args: []string{"文件夹", "a.xml"}}, "“文件夹”里已有同名但内容不同的文件 a.xml，没有覆盖。"},
		{&records.Cause{Code: "stays", Args: []string{"县 PACS", "seg"}}, "这一版没有可作为" + l.T("format.seg") + "发送的内容，而“县 PACS”可能还留有上一版的，请让对方删除。"},
		{&records.Cause{Code: "refusal", Args: []string{"delivered"}}, l.T("refused.delivered")},
		{&records.Cause{Code: "of a later version"}, "english words"},
	} {
		if got := Because(l, x.c, "english words"); got != x.want {
			t.Errorf("%+v: %q, want %q", x.c, got, x.want)
		}
	}
	l.Set(lang.English)
	if got := Because(l, &records.Cause{Code: "refused", Args: []string{"Platform"}, Said: "身份证号缺失"}, ""); !strings.Contains(got, "“身份证号缺失”") {
		t.Error(got)
	}
}

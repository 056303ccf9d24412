package endpoint

import (
	"errors"
	"testing"
)

func TestOnlyTheLoopbackIsReachedWithoutBeingReadOnTheWay(t *testing.T) {
	for address, want := range map[string]bool{
		"https://a.example": false, "http://127.0.0.1:8042/x": false, "http://127.9.9.9": false, "http://[::1]:1": false, "http://localhost:80": false,
		"http://a.example": true, "http://10.0.0.1": true, "http://127.0.0.1.example": true, "http://[fe80::1]": true, "http://localhost.example": true,
	} {
		u, err := Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if InClear(u) != want {
			t.Errorf("%s: %v", address, !want)
		}
	}
}

func TestSecretsStayOnlyWhileTheServerIsTheSame(t *testing.T) {
	old := Access{User: "u", Password: "p", CA: "ca", Certificate: "c", PrivateKey: "k"}
	for name, x := range map[string]struct {
		next    Access
		address string
		want    Access
	}{
		"another path":     {Access{User: "u"}, "https://a/2", old},
		"another host":     {Access{User: "u"}, "https://b/1", Access{User: "u"}},
		"another port":     {Access{User: "u"}, "https://a:444/1", Access{User: "u"}},
		"not encrypted":    {Access{User: "u"}, "http://a/1", Access{User: "u"}},
		"another user":     {Access{User: "v"}, "https://a/1", Access{User: "v", CA: "ca", Certificate: "c", PrivateKey: "k"}},
		"another password": {Access{User: "u", Password: "q"}, "https://a/1", Access{User: "u", Password: "q", CA: "ca", Certificate: "c", PrivateKey: "k"}},
	} {
		if got := x.next.Keeping(old, x.address, "https://a/1"); got != x.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := (Access{}).Keeping(Access{Token: "t"}, "https://a", "https://a"); got.Token != "t" {
		t.Errorf("the token did not stay: %+v", got)
	}
}

func TestWhatIsWrongHasOneCodeEach(t *testing.T) {
	for address, code := range map[string]string{"http://a b\x01": "address", "a.example": "form", "ftp://a": "form", "https://": "form", "https://u@a": "inline", "https://a?x": "query", "https://a#x": "query"} {
		_, err := Parse(address)
		var e *Error
		if !errors.As(err, &e) || e.Code != code {
			t.Errorf("%s: %v, want %s", address, err, code)
		}
	}
}

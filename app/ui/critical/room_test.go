package critical

import (
	"testing"
	"time"

	"longying/app/ui/lang"
)

func TestHowLongNobodyWasToldIsSaidInMinutesThenInHours(t *testing.T) {
	l, err := lang.New(lang.English)
	if err != nil {
		t.Fatal(err)
	}
	for d, want := range map[time.Duration]string{-time.Minute: "0 min", 59 * time.Second: "0 min", 119 * time.Minute: "119 min", 3*time.Hour + 5*time.Minute: "3 h 5 min"} {
		if got := Waited(l, d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

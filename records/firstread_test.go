package records

import (
	"slices"
	"testing"
)

func TestAnAnswerWaitsForTheFirstReadWhateverItIsAndARefusalDoesNot(t *testing.T) {
	run := func(id, outcome string) Run { return Run{Model: ModelRef{ID: id}, Outcome: outcome} }
	runs := []Run{run("a", "proposed"), run("b", "below_threshold"), run("c", "refused"), run("d", "unsure")}
	if got := Unread([]string{"a", "b", "c", "e"}, runs); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("%v", got)
	}
}

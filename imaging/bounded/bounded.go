// Package bounded holds fuzz targets to the property that they share: whatever
// the bytes are, the answer is an error or something valid, in bounded memory
// and time. Only tests import it.
package bounded

import (
	"fmt"
	"runtime/debug"
	"testing"
	"time"
)

// longest is far more than any input of a fuzz target may take on a slow and
// busy machine: it finds what would not end.
const longest = time.Minute

// Run calls f. The test fails where the process takes more memory for it than
// most bytes, that of native libraries included, over what it ever had; the
// process ends with every stack where f does not return.
func Run(t testing.TB, most int64, f func()) {
	t.Helper()
	before := peak()
	watch := time.AfterFunc(longest, func() {
		debug.SetTraceback("all")
		panic(fmt.Sprintf("%s: an input took more than %v", t.Name(), longest))
	})
	f()
	watch.Stop()
	if grown := peak() - before; grown > most {
		t.Errorf("an input took %d MiB, over the %d that it may", grown>>20, most>>20)
	}
}

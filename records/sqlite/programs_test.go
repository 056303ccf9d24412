package sqlite

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// TestSeveralProcessesOnOneFolderLoseNoUpdate lets processes decide on the same
// findings at once, and kills them while they do: no version is acknowledged
// twice, none is missing.
func TestSeveralProcessesOnOneFolderLoseNoUpdate(t *testing.T) {
	if testing.Short() {
		t.Skip("runs processes for seconds")
	}
	folder := verdictsFolder(t)
	const processes = 3
	acknowledged, seen, rounds := map[string]int{}, map[string]int{}, soak(3, 40)
	killed := 0
	for range rounds {
		var mu sync.Mutex
		var all sync.WaitGroup
		for who := range processes {
			all.Go(func() {
				child := exec.Command(os.Args[0], "-test.run=^TestVerdictsUntilKilled$", "-test.timeout=60s")
				child.Env = append(os.Environ(), killedFolder+"="+folder)
				child.Stderr = os.Stderr
				out, err := child.StdoutPipe()
				if err == nil {
					err = child.Start()
				}
				if err != nil {
					t.Error(err)
					return
				}
				lines := bufio.NewScanner(out)
				for n := 0; lines.Scan(); {
					var uid string
					var version int
					if _, err := fmt.Sscanf(lines.Text(), "ack %s %d", &uid, &version); err != nil {
						continue
					}
					mu.Lock()
					seen[fmt.Sprintf("%s/%d", uid, version)]++
					acknowledged[uid] = max(acknowledged[uid], version)
					mu.Unlock()
					if n++; n == 30+10*who {
						child.Process.Kill()
					}
				}
				_ = child.Wait() // it was killed
			})
		}
		all.Wait()
		killed += processes
		versions := checkSurvivors(t, folder, acknowledged)
		if versions < len(seen) || versions > len(seen)+killed {
			t.Fatalf("%d versions, %d acknowledged, %d processes killed", versions, len(seen), killed)
		}
	}
	for what, times := range seen {
		if times != 1 {
			t.Errorf("%s was acknowledged %d times: an update is lost", what, times)
		}
	}
	t.Logf("%d rounds of %d processes, %d acknowledged verdicts", rounds, processes, len(seen))
}

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longying/app/samples"
	"longying/app/station"
)

func TestIsolatedCommandsPrintTheSame(t *testing.T) {
	l := newLine(t)
	here := station.NewSessions(station.SessionOptions{Library: l.env["LONGYING_ORT_LIBRARY"]})
	_, err := here.Runtime()
	if err := here.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	folder := t.TempDir()
	if err := samples.Extract(folder); err != nil {
		t.Fatal(err)
	}
	film := filepath.Join(folder, "film")
	in, apart := l.analysed(film), l.analysed("--isolate", film)
	if in != apart || !strings.Contains(in, `"proposed"`) && !strings.Contains(in, `"below_threshold"`) {
		t.Errorf("in this process\n%s\nisolated\n%s", in, apart)
	}
}

// analysed is what analyze prints; the exit code says whether a model refused.
func (l *line) analysed(args ...string) string {
	l.t.Helper()
	code, out, errs := l.run(append([]string{"analyze", "--json"}, args...)...)
	if code != 0 && code != 3 {
		l.t.Fatalf("analyze %v: exit code %d\n%s%s", args, code, out, errs)
	}
	return out
}

func TestDoctorSaysWhetherWorkersStartAndWhatModelsRunOn(t *testing.T) {
	l := newLine(t)
	l.env["LONGYING_PROVIDER"] = "TurboGPU"
	_, out, _ := l.run("doctor")
	for _, want := range []string{"ok       workers          JPEG, JPEG-LS and JPEG 2000 in up to ", "each model in one of at most"} {
		if !strings.Contains(out, want) {
			t.Errorf("doctor says\n%s\nwithout %q", out, want)
		}
	}
	if strings.Contains(out, "ok       ONNX Runtime") && !strings.Contains(out, "provider CPU; TurboGPU was asked for and is not used: there is no such provider") {
		t.Errorf("doctor says\n%s", out)
	}
}

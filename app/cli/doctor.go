package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"longying/app/catalogue"
	"longying/app/station"
	"longying/app/worker"
	"longying/imaging/slide/openslide"
	"longying/inference/ort"
	"longying/models"
	"longying/records/sqlite"
)

// check is one thing that doctor looked at.
type check struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Need bool   `json:"needed"` // false: the program does its job without
	What string `json:"what"`   // what was found
	Mend string `json:"mend,omitempty"`
}

// cmdDoctor says what is installed and what is missing, with how to mend it.
// Exit code 3 when something needed is missing.
func cmdDoctor(_ context.Context, c *call) error {
	if err := c.parse(c.raw, nil); err != nil {
		return err
	}
	checks := c.diagnose()
	bad := 0
	for _, k := range checks {
		if !k.OK && k.Need {
			bad++
		}
		if c.json {
			if err := c.emit(k); err != nil {
				return err
			}
			continue
		}
		mark := "ok     "
		if !k.OK {
			mark = "MISSING"
			if !k.Need {
				mark = "absent "
			}
		}
		c.printf("%s  %-16s %s\n", mark, k.Name, k.What)
		if !k.OK && k.Mend != "" {
			c.printf("         to mend: %s\n", k.Mend)
		}
	}
	if bad > 0 {
		return &partError{fmt.Sprintf("%d things need mending", bad)}
	}
	return nil
}

func (c *call) diagnose() []check {
	out := []check{{Name: "longying", OK: true, Need: true, What: fmt.Sprintf("%s, %s, %s/%s", Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)}}
	sessions := c.loader()
	defer sessions.Close()
	version, err := sessions.Runtime()
	k := check{Name: "ONNX Runtime", OK: err == nil, Need: true, What: version + ", provider " + c.provider(sessions), Mend: "run make setup, or name the library in LONGYING_ORT_LIBRARY"}
	if err != nil {
		k.What = err.Error()
	}
	out = append(out, k)
	out = append(out, c.diagnoseWorkers())
	k = check{Name: "OpenSlide", OK: true, Mend: "install the package libopenslide0 to open SVS, NDPI, MRXS and other scanners' slides; DICOM slides need it not"}
	if l, err := openslide.Load(); err != nil {
		k.OK, k.What = false, err.Error()
	} else {
		k.What = l.Version()
	}
	out = append(out, k)
	for _, e := range catalogue.List(c.homeOrNone()) {
		k := check{Name: "model", OK: e.Broken == nil, Need: true, What: fmt.Sprintf("%s %s, %s, hash matches", e.ID, e.Version, e.Origin),
			Mend: "install the program again: a shipped model does not match its card"}
		if e.Origin == catalogue.Installed {
			k.Mend = "longying models install FILE again, or longying models remove ID"
		}
		if e.Broken != nil {
			k.What = e.Broken.Error()
		}
		out = append(out, k)
	}
	display := c.Getenv("WAYLAND_DISPLAY")
	if display == "" {
		display = c.Getenv("DISPLAY")
	}
	out = append(out, check{Name: "display", OK: display != "", What: or(display, "none in this session"), Mend: "the desktop needs one; the command line does not"})
	return append(out, c.diagnoseHome())
}

// provider is what models run on: the CPU, or where another is asked for
// (LONGYING_PROVIDER) what the first shipped model says when it is loaded.
func (c *call) provider(loader station.ModelLoader) string {
	if ort.ProviderNamed(c.Getenv("LONGYING_PROVIDER")) == ort.CPU {
		return ort.CPU
	}
	packages, _ := models.LoadShipped() // broken ones have a line of their own
	if len(packages) == 0 {
		return ort.CPU
	}
	runner, err := loader.Load(packages[0])
	if err != nil {
		return err.Error()
	}
	defer runner.Close()
	return runner.Provider()
}

// diagnoseWorkers starts a worker process and has it decode nothing.
func (c *call) diagnoseWorkers() check {
	k := check{Name: "workers", Need: true, Mend: "install the program again, or allow it to start itself: the desktop decodes and analyses only in processes of its own"}
	d := worker.NewDecoder(worker.Options{Executable: c.Executable})
	err := errors.Join(d.Start(context.Background()), d.Close())
	if err != nil {
		k.What = err.Error()
		return k
	}
	k.OK = true
	k.What = fmt.Sprintf("JPEG, JPEG-LS and JPEG 2000 in up to %d processes of at most %d MiB, each model in one of at most %d MiB: always in the desktop, here with --isolate",
		d.Processes(), d.Memory()>>20, worker.RunMemory()>>20)
	return k
}

func (c *call) diagnoseHome() check {
	k := check{Name: "data folder", Need: true}
	home, err := station.Home(c.Getenv)
	if err != nil {
		k.What, k.Mend = err.Error(), "set LONGYING_HOME to a folder of your own"
		return k
	}
	k.What = home
	if station.Fresh(home) {
		k.OK = true
		k.What += ", empty: it is set up at the first start"
		return k
	}
	probe, err := os.CreateTemp(home, ".doctor-*")
	if err != nil {
		k.What, k.Mend = err.Error(), "make the folder writable for this user, or free some space"
		return k
	}
	name := probe.Name()
	probe.Close()
	os.Remove(name)
	k.OK = true
	if st, err := os.Stat(filepath.Join(home, sqlite.DatabaseFile)); err == nil {
		k.What += fmt.Sprintf(", database of %d KiB", st.Size()>>10)
	}
	return k
}

func or(v, otherwise string) string {
	if v == "" {
		return otherwise
	}
	return v
}

// Longying 陇影 is a desktop medical imaging assistant: one binary, a window and
// a command line over the same use cases.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"longying/app/cli"
	"longying/app/ui"
	"longying/app/worker"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "worker" { // started by this program, for native code
		os.Exit(worker.Main(os.Args[2:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	executable, err := os.Executable()
	if err != nil {
		executable = "" // then ONNX Runtime is not looked for beside the program
	}
	code := cli.Run(ctx, os.Args[1:], cli.Env{Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Executable: executable,
		Desktop: func(ctx context.Context, paths []string, sample bool) error {
			o := worker.Options{Executable: executable, Provider: os.Getenv("LONGYING_PROVIDER")}
			decoder, models, slides := worker.NewDecoder(o), worker.NewModels(o, os.Getenv("LONGYING_ORT_LIBRARY"), executable), worker.NewSlides(o)
			err := ui.Run(ctx, ui.Options{Paths: paths, Sample: sample, Getenv: os.Getenv, Executable: executable, Version: cli.Version, Decoder: decoder, Models: models, Slides: slides})
			return errors.Join(err, slides.Close(), models.Close(), decoder.Close())
		}})
	stop()
	os.Exit(code)
}

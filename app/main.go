// Longying 陇影 is a desktop medical imaging assistant: one binary, a window and
// a command line over the same use cases.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"longying/app/cli"
	"longying/app/ui"
	"longying/imaging/codec/native"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	executable, err := os.Executable()
	if err != nil {
		executable = "" // then ONNX Runtime is not looked for beside the program
	}
	decoder := native.Decoder{}
	code := cli.Run(ctx, os.Args[1:], cli.Env{Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Executable: executable, Decoder: decoder,
		Desktop: func(ctx context.Context, paths []string, sample bool) error {
			return ui.Run(ctx, ui.Options{Paths: paths, Sample: sample, Getenv: os.Getenv, Executable: executable, Version: cli.Version, Decoder: decoder})
		}})
	stop()
	os.Exit(code)
}

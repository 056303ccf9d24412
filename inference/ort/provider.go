package ort

import (
	"fmt"
	"strings"

	onnxruntime "github.com/yalue/onnxruntime_go"
)

// CPU is the provider that is always there and whose results the others are
// measured by.
const CPU = "CPU"

// Providers lists the execution providers that can be asked for. All but CPU
// need a library of ONNX Runtime that has them, and the machine.
func Providers() []string { return []string{CPU, "CUDA", "DirectML", "CoreML", "OpenVINO"} }

// ProviderNamed is the one of Providers that a person means, whatever the case of
// the letters; CPU for an empty name, the name itself where it is none.
func ProviderNamed(name string) string {
	name = strings.TrimSpace(name)
	if name == "" {
		return CPU
	}
	for _, p := range Providers() {
		if strings.EqualFold(p, name) {
			return p
		}
	}
	return name
}

// Refused words why a provider that was asked for is not used.
func Refused(provider string, reason error) string {
	return fmt.Sprintf("%s was asked for and is not used: %v", provider, reason)
}

// appendProvider sets what is used first; what it cannot do runs on the CPU.
func appendProvider(o *onnxruntime.SessionOptions, provider string) error {
	switch provider {
	case CPU:
		return nil
	case "CUDA":
		cuda, err := onnxruntime.NewCUDAProviderOptions()
		if err != nil {
			return err
		}
		defer cuda.Destroy()
		return o.AppendExecutionProviderCUDA(cuda)
	case "DirectML":
		// It works without memory patterns only.
		if err := o.SetMemPattern(false); err != nil {
			return err
		}
		return o.AppendExecutionProviderDirectML(0)
	case "CoreML":
		return o.AppendExecutionProviderCoreMLV2(map[string]string{})
	case "OpenVINO":
		return o.AppendExecutionProviderOpenVINO(map[string]string{})
	}
	return fmt.Errorf("there is no such provider; there are %s", strings.Join(Providers(), ", "))
}

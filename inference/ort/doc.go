// Package ort runs models with ONNX Runtime: the adapter of inference.Runner
// and the only importer of its Go binding.
//
// The library is loaded from a file that the caller names (FindLibrary), and
// there is one Environment a process, because the binding has one. Malformed
// models can crash native code: the desktop opens the Environment in a worker
// process, not in its own.
package ort

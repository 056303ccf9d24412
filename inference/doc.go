// Package inference turns pictures into predictions: Fits decides whether a
// model may be given a series at all, Preprocess applies the card's named steps,
// and the pipelines (Analyze, TypeRegion) make Predictions out of tensors.
//
// It knows no medicine beyond the card and no ONNX beyond the Runner interface;
// package inference/ort is the adapter to ONNX Runtime. A Prediction is what a
// model says. What the record says is a records.Finding.
package inference

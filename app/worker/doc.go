// Package worker runs native code in processes of its own: the decoders of
// codec/native, ONNX Runtime and OpenSlide. A stream, a model or a slide that
// makes a library crash, hang or grow costs one frame, one run or one tile,
// which is reported as a *Failure; the program goes on.
//
// Decoder is a codec.Decoder over a pool of processes, Models loads models each
// into a process of its own and gives an inference.Runner, Slides is a
// slide.Opener with a process for each open slide. All start the same binary as
// `longying worker` (Main), which is no command for people.
//
// What is decoded where: what native libraries decode goes to a worker: JPEG 2000,
// JPEG-LS and JPEG of 8 bits, and every stream of the JPEG family that does not
// say clearly what it is. What is decoded in Go (codec.InGo: native pixel data,
// deflated frames, RLE, JPEG Lossless and JPEG of 12 bits) stays in this process:
// Go that checks its bounds cannot take it down, its memory is bounded by the
// header, and a frame takes milliseconds, of which the way to another process
// and back would be a part that is felt.
//
// Pixels and tensors pass through memory that both processes map (Linux: a
// memfd, sealed so that neither can shrink it under the other); where there is
// none they pass through the pipes. What a worker says of lengths, shapes and
// places is checked before it is used; pixel values are not, and need not be:
// whoever shows a frame takes any value of its type. The memory is never given
// away: a frame is copied out of it once, so that a worker cannot change a
// picture afterwards.
//
// A worker has a limit of memory, writes no core dump, is the first that Linux
// ends when memory runs out, and ends when this process does, also by kill -9: its
// connection closes, and on Linux the kernel kills it.
package worker

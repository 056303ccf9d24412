// What Go calls of the native libraries: one call a frame. Each function checks
// that the stream is what the caller read in its header, and writes
// rows * columns * components values, pixel-interleaved, to out.
#ifndef LONGYING_CODEC_NATIVE_H
#define LONGYING_CODEC_NATIVE_H

#include <stddef.h>
#include <stdint.h>

// What out holds: integers of width bytes (1, 2 or 4) in host order. Values
// are read from the low bits of a sample as its precision says: with its sign
// where is_signed, else without.
typedef struct {
	uint32_t columns, rows, components;
	int width, is_signed;
} longying_layout;

enum {
	longying_ok = 0,
	longying_damaged = 1,     // the stream contradicts its syntax
	longying_unsupported = 2, // a form that the library does not have
	longying_memory = 3,
	longying_differs = 4, // the library reads another size than the header has
};

#define LONGYING_MESSAGE 256

// Decodes a JPEG 2000 codestream. ended is 0 where the end marker is to be
// added behind it; strict is 0 where what is there is wanted of a stream that
// is cut short.
int longying_jpeg2000(const uint8_t *data, size_t size, int ended, int strict, longying_layout want, void *out, char message[LONGYING_MESSAGE]);

// Decodes a JPEG-LS stream.
int longying_jpegls(const uint8_t *data, size_t size, int precision, longying_layout want, void *out, char message[LONGYING_MESSAGE]);

// Decodes a baseline, extended or progressive JPEG stream of 8 bits to bytes,
// without a change of colour. Anything that the library warns of is
// longying_damaged.
int longying_jpeg(const uint8_t *data, size_t size, longying_layout want, uint8_t *out);

#endif

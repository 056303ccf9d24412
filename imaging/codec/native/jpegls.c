#include <charls/charls.h>
#include <stdlib.h>
#include <string.h>

#include "native.h"

static int failed(charls_jpegls_errc code, char *message) {
	strncpy(message, charls_get_error_message(code), LONGYING_MESSAGE - 1);
	message[LONGYING_MESSAGE - 1] = 0;
	switch (code) {
	case CHARLS_JPEGLS_ERRC_NOT_ENOUGH_MEMORY:
		return longying_memory;
	case CHARLS_JPEGLS_ERRC_PARAMETER_VALUE_NOT_SUPPORTED:
	case CHARLS_JPEGLS_ERRC_BIT_DEPTH_FOR_TRANSFORM_NOT_SUPPORTED:
	case CHARLS_JPEGLS_ERRC_COLOR_TRANSFORM_NOT_SUPPORTED:
	case CHARLS_JPEGLS_ERRC_ENCODING_NOT_SUPPORTED:
	case CHARLS_JPEGLS_ERRC_JPEGLS_PRESET_EXTENDED_PARAMETER_TYPE_NOT_SUPPORTED:
		return longying_unsupported;
	default:
		return longying_damaged;
	}
}

// Samples of wide bytes to the layout: out[i * step + c] = the sample's low
// bits, with the sign where the layout has one.
#define PLACE(from, to)                                                                                             \
	do {                                                                                                            \
		const from *v = (const from *)samples;                                                                      \
		to *o = (to *)out + c;                                                                                      \
		if (up > 0) for (size_t i = 0; i < n; i++) o[i * step] = (to)((int32_t)((uint32_t)v[i] << up) >> up);       \
		else for (size_t i = 0; i < n; i++) o[i * step] = (to)v[i];                                                 \
	} while (0)

static void place(const void *samples, size_t wide, size_t n, size_t c, size_t step, int precision, longying_layout want, void *out) {
	int up = want.is_signed ? 32 - precision : 0;
	if (wide == 1 && want.width == 1) PLACE(uint8_t, uint8_t);
	else if (wide == 1 && want.width == 2) PLACE(uint8_t, uint16_t);
	else if (wide == 1) PLACE(uint8_t, uint32_t);
	else if (want.width == 2) PLACE(uint16_t, uint16_t);
	else PLACE(uint16_t, uint32_t);
}

static int decode(charls_jpegls_decoder *decoder, const uint8_t *data, size_t size, int precision, longying_layout want, void *out, char *message) {
	charls_jpegls_errc code = charls_jpegls_decoder_set_source_buffer(decoder, data, size);
	if (code == 0) code = charls_jpegls_decoder_read_header(decoder);
	charls_frame_info info;
	if (code == 0) code = charls_jpegls_decoder_get_frame_info(decoder, &info);
	charls_interleave_mode mode;
	if (code == 0) code = charls_jpegls_decoder_get_interleave_mode(decoder, &mode);
	if (code != 0) return failed(code, message);
	size_t wide = precision > 8 ? 2 : 1;
	if (info.width != want.columns || info.height != want.rows || info.component_count != (int32_t)want.components || info.bits_per_sample != precision || wide > (size_t)want.width) return longying_differs;

	size_t pixels = (size_t)want.columns * want.rows, bytes = pixels * want.components * wide;
	int planar = mode == CHARLS_INTERLEAVE_MODE_NONE && want.components > 1;
	void *samples = out;
	if (planar || wide != (size_t)want.width) {
		samples = malloc(bytes);
		if (samples == NULL) return longying_memory;
		memset(samples, *(const uint8_t *)out, bytes); // what the stream does not reach stays as out was
	}
	code = charls_jpegls_decoder_decode_to_buffer(decoder, samples, bytes, 0);
	if (planar) {
		for (size_t c = 0; c < want.components; c++) place((uint8_t *)samples + c * pixels * wide, wide, pixels, c, want.components, precision, want, out);
	} else if (samples != out || (want.is_signed && precision < 8 * want.width)) {
		place(samples, wide, pixels * want.components, 0, 1, precision, want, out);
	}
	if (samples != out) free(samples);
	return code == 0 ? longying_ok : failed(code, message);
}

int longying_jpegls(const uint8_t *data, size_t size, int precision, longying_layout want, void *out, char message[LONGYING_MESSAGE]) {
	message[0] = 0;
	charls_jpegls_decoder *decoder = charls_jpegls_decoder_create();
	if (decoder == NULL) return longying_memory;
	int code = decode(decoder, data, size, precision, want, out, message);
	charls_jpegls_decoder_destroy(decoder);
	return code;
}

#include <openjpeg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native.h"

// Debian builds OpenJPEG with its assertions, and its HTJ2K decoder asserts
// what a damaged stream can make false: the process would end for one frame.
// While a frame is decoded here, a failed assertion leaves its decoding
// instead. The library's allocations are whole where it asserts; the job of
// its one thread is not given back.
#ifdef __GLIBC__
static _Thread_local jmp_buf *escape;
static _Thread_local char *escape_message;

void __assert_fail(const char *assertion, const char *file, unsigned int line, const char *function) {
	if (escape != NULL) {
		snprintf(escape_message, LONGYING_MESSAGE, "it breaks the assertion %.160s", assertion);
		longjmp(*escape, 1);
	}
	fprintf(stderr, "%s:%u: %s: assertion failed: %s\n", file, line, function, assertion);
	abort();
}
#endif

// A codestream in memory, with its end marker behind it where it lacks one.
typedef struct {
	const uint8_t *data;
	size_t size, total, at;
} source;

static const uint8_t end_of_codestream[2] = {0xff, 0xd9};

static OPJ_SIZE_T source_read(void *buffer, OPJ_SIZE_T n, void *user) {
	source *s = user;
	if (s->at >= s->total) return (OPJ_SIZE_T)-1;
	if (n > s->total - s->at) n = s->total - s->at;
	size_t body = 0;
	if (s->at < s->size) {
		body = s->size - s->at < n ? s->size - s->at : n;
		memcpy(buffer, s->data + s->at, body);
	}
	if (n > body) memcpy((uint8_t *)buffer + body, end_of_codestream + (s->at + body - s->size), n - body);
	s->at += n;
	return n;
}

static OPJ_OFF_T source_skip(OPJ_OFF_T n, void *user) {
	source *s = user;
	if (n < 0 || (size_t)n > s->total - s->at) return -1;
	s->at += (size_t)n;
	return n;
}

static OPJ_BOOL source_seek(OPJ_OFF_T at, void *user) {
	source *s = user;
	if (at < 0 || (size_t)at > s->total) return OPJ_FALSE;
	s->at = (size_t)at;
	return OPJ_TRUE;
}

// The first message is the cause, the others follow from it.
static void keep_first(const char *text, void *user) {
	char *message = user;
	if (message[0] != 0) return;
	size_t n = strnlen(text, LONGYING_MESSAGE - 1);
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '.')) n--;
	memcpy(message, text, n);
	message[n] = 0;
}

static void ignore(const char *text, void *user) {
	(void)text;
	(void)user;
}

// A sample of prec bits as the layout wants it. A signed layout of an unsigned
// sample, and the reverse, takes its bits as they are: PS3.5 8.2.4 knows no
// other sign than the header's.
#define PLACE(type, expression)                                    \
	do {                                                           \
		type *o = (type *)out + c;                                 \
		for (size_t i = 0; i < n; i++) o[i * step] = (type)(expression); \
	} while (0)

#define PLACE_WIDTH(expression)                          \
	do {                                                 \
		if (want.width == 1) PLACE(uint8_t, expression); \
		else if (want.width == 2) PLACE(uint16_t, expression); \
		else PLACE(uint32_t, expression);                \
	} while (0)

static void place(const OPJ_INT32 *restrict v, size_t n, int prec, int is_signed, size_t c, size_t step, longying_layout want, void *restrict out) {
	int up = 32 - prec;
	uint32_t mask = (uint32_t)(((uint64_t)1 << prec) - 1);
	if (is_signed == want.is_signed) {
		if (step == 1 && c == 0) {
			step = 1; // known to the compiler, so that it copies whole vectors
			if (want.width == 1) for (size_t i = 0; i < n; i++) ((uint8_t *)out)[i] = (uint8_t)v[i];
			else if (want.width == 2) for (size_t i = 0; i < n; i++) ((uint16_t *)out)[i] = (uint16_t)v[i];
			else memcpy(out, v, n * sizeof *v);
		} else {
			PLACE_WIDTH(v[i]);
		}
	} else if (want.is_signed) {
		PLACE_WIDTH((int32_t)((uint32_t)v[i] << up) >> up);
	} else {
		PLACE_WIDTH((uint32_t)v[i] & mask);
	}
}

// Three components of eight bits at once: most of what is in colour.
static void place_rgb8(const opj_image_comp_t *comp, size_t n, uint8_t *restrict out) {
	const OPJ_INT32 *restrict r = comp[0].data, *restrict g = comp[1].data, *restrict b = comp[2].data;
	for (size_t i = 0; i < n; i++) {
		out[3 * i] = (uint8_t)r[i];
		out[3 * i + 1] = (uint8_t)g[i];
		out[3 * i + 2] = (uint8_t)b[i];
	}
}

// A component with fewer samples than the image has pixels, each repeated.
static int place_subsampled(const opj_image_t *image, const opj_image_comp_t *comp, size_t c, longying_layout want, void *out) {
	OPJ_INT32 *row = malloc((size_t)want.columns * sizeof *row);
	if (row == NULL) return longying_memory;
	for (uint32_t y = 0; y < want.rows; y++) {
		int64_t sy = (int64_t)(image->y0 + y) / comp->dy - comp->y0;
		if (sy < 0) sy = 0;
		if (sy >= comp->h) sy = comp->h - 1;
		const OPJ_INT32 *from = comp->data + (size_t)sy * comp->w;
		for (uint32_t x = 0; x < want.columns; x++) {
			int64_t sx = (int64_t)(image->x0 + x) / comp->dx - comp->x0;
			if (sx < 0) sx = 0;
			if (sx >= comp->w) sx = comp->w - 1;
			row[x] = from[sx];
		}
		void *to = (uint8_t *)out + (size_t)y * want.columns * want.components * (size_t)want.width;
		place(row, want.columns, (int)comp->prec, comp->sgnd != 0, c, want.components, want, to);
	}
	free(row);
	return longying_ok;
}

static int place_all(const opj_image_t *image, longying_layout want, void *out) {
	size_t n = (size_t)want.columns * want.rows;
	int plain = want.components == 3 && want.width == 1;
	for (uint32_t c = 0; c < image->numcomps; c++) {
		const opj_image_comp_t *comp = &image->comps[c];
		if (comp->data == NULL || comp->w == 0 || comp->h == 0 || comp->prec < 1 || comp->prec > 32 || (int)comp->prec > 8 * want.width) return longying_damaged;
		if (comp->w != want.columns || comp->h != want.rows || (comp->sgnd != 0) != want.is_signed) plain = 0;
	}
	if (plain) {
		place_rgb8(image->comps, n, out);
		return longying_ok;
	}
	for (uint32_t c = 0; c < image->numcomps; c++) {
		const opj_image_comp_t *comp = &image->comps[c];
		if (comp->w == want.columns && comp->h == want.rows) {
			place(comp->data, n, (int)comp->prec, comp->sgnd != 0, c, want.components, want, out);
			continue;
		}
		int code = place_subsampled(image, comp, c, want, out);
		if (code != longying_ok) return code;
	}
	return longying_ok;
}

static int decode_frame(opj_codec_t *codec, opj_stream_t *stream, opj_image_t **image, int strict, longying_layout want, void *out, char *message) {
	opj_dparameters_t parameters;
	opj_set_default_decoder_parameters(&parameters);
	opj_set_info_handler(codec, ignore, NULL);
	opj_set_warning_handler(codec, ignore, NULL);
	opj_set_error_handler(codec, keep_first, message);
	// Frames are decoded side by side, so a frame keeps to one thread, whatever
	// OPJ_NUM_THREADS says.
	if (!opj_setup_decoder(codec, &parameters) || !opj_decoder_set_strict_mode(codec, strict) || !opj_codec_set_threads(codec, 0)) return longying_memory;
	if (!opj_read_header(stream, codec, image)) return longying_damaged;
	opj_image_t *i = *image;
	if (i->x1 - i->x0 != want.columns || i->y1 - i->y0 != want.rows || i->numcomps != want.components) return longying_differs;
	if (!opj_decode(codec, stream, i)) return longying_damaged;
	return place_all(i, want, out);
}

static int decode(opj_codec_t *codec, opj_stream_t *stream, opj_image_t **image, int strict, longying_layout want, void *out, char *message) {
#ifdef __GLIBC__
	jmp_buf here;
	if (setjmp(here)) {
		escape = NULL;
		return longying_damaged;
	}
	escape = &here;
	escape_message = message;
#endif
	int code = decode_frame(codec, stream, image, strict, want, out, message);
#ifdef __GLIBC__
	escape = NULL;
#endif
	return code;
}

int longying_jpeg2000(const uint8_t *data, size_t size, int ended, int strict, longying_layout want, void *out, char message[LONGYING_MESSAGE]) {
	message[0] = 0;
	source s = {data, size, size + (ended ? 0 : sizeof end_of_codestream), 0};
	opj_codec_t *codec = opj_create_decompress(OPJ_CODEC_J2K);
	// Reads longer than this go past the stream's own buffer.
	opj_stream_t *stream = opj_stream_create(16384, OPJ_TRUE);
	opj_image_t *image = NULL;
	int code = longying_memory;
	if (codec != NULL && stream != NULL) {
		opj_stream_set_user_data(stream, &s, NULL);
		opj_stream_set_user_data_length(stream, s.total);
		opj_stream_set_read_function(stream, source_read);
		opj_stream_set_skip_function(stream, source_skip);
		opj_stream_set_seek_function(stream, source_seek);
		code = decode(codec, stream, &image, strict, want, out, message);
	}
	if (image != NULL) opj_image_destroy(image);
	if (stream != NULL) opj_stream_destroy(stream);
	if (codec != NULL) opj_destroy_codec(codec);
	return code;
}

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include "native.h"

// A progressive stream may have as many scans as its author likes, each a pass
// over the whole image; honest ones have about ten.
enum { most_scans = 200 };

// The jump goes from the library back into longying_jpeg: no frame of Go lies
// between.
typedef struct {
	struct jpeg_error_mgr base;
	jmp_buf leave;
} errors;

static void leave(j_common_ptr info) { longjmp(((errors *)info->err)->leave, 1); }

static void warn(j_common_ptr info, int level) {
	if (level < 0) leave(info);
}

static void say_nothing(j_common_ptr info) { (void)info; }

static void watch(j_common_ptr info) {
	if (((j_decompress_ptr)info)->input_scan_number > most_scans) leave(info);
}

int longying_jpeg(const uint8_t *data, size_t size, longying_layout want, uint8_t *out) {
	struct jpeg_decompress_struct info;
	struct jpeg_progress_mgr progress;
	errors err;
	memset(&info, 0, sizeof info);
	memset(&progress, 0, sizeof progress);
	info.err = jpeg_std_error(&err.base);
	err.base.error_exit = leave;
	err.base.emit_message = warn;
	err.base.output_message = say_nothing;
	progress.progress_monitor = watch;
	if (setjmp(err.leave)) {
		jpeg_destroy_decompress(&info);
		return longying_damaged;
	}
	jpeg_create_decompress(&info);
	info.progress = &progress;
	jpeg_mem_src(&info, data, size);
	jpeg_read_header(&info, TRUE);
	if (info.image_width != want.columns || info.image_height != want.rows || info.num_components != (int)want.components || info.data_precision != 8) {
		jpeg_destroy_decompress(&info);
		return longying_differs;
	}
	info.out_color_space = info.jpeg_color_space;
	info.dct_method = JDCT_ISLOW;
	info.do_fancy_upsampling = TRUE;
	info.do_block_smoothing = FALSE; // it would invent what later scans did not bring
	jpeg_start_decompress(&info);
	size_t row = (size_t)want.columns * want.components;
	if (info.output_width != want.columns || info.output_height != want.rows || info.output_components != (int)want.components) leave((j_common_ptr)&info);
	while (info.output_scanline < info.output_height) {
		JSAMPROW rows[8];
		JDIMENSION n = info.output_height - info.output_scanline;
		if (n > 8) n = 8;
		for (JDIMENSION i = 0; i < n; i++) rows[i] = out + (info.output_scanline + i) * row;
		jpeg_read_scanlines(&info, rows, n);
	}
	jpeg_finish_decompress(&info);
	jpeg_destroy_decompress(&info);
	return longying_ok;
}

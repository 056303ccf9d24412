#define _GNU_SOURCE
#include "openslide.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

// The program has SQLite inside; a library that brings its own keeps to it.
#ifndef RTLD_DEEPBIND
#define RTLD_DEEPBIND 0
#endif

int longying_openslide_load(openslide_api *api, const char *const *names, char *why, size_t room) {
	void *lib = NULL;
	why[0] = 0;
	for (; *names && !lib; names++) {
		lib = dlopen(*names, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
		if (!lib && !why[0]) snprintf(why, room, "%s", dlerror());
	}
	if (!lib) return -1;
	const struct { const char *name; void **to; bool may_lack; } functions[] = {
		{"openslide_get_version", (void **)&api->version, false},
		{"openslide_detect_vendor", (void **)&api->detect_vendor, false},
		{"openslide_open", (void **)&api->open, false},
		{"openslide_close", (void **)&api->close, false},
		{"openslide_get_error", (void **)&api->error, false},
		{"openslide_get_level_count", (void **)&api->level_count, false},
		{"openslide_get_level_dimensions", (void **)&api->level_dimensions, false},
		{"openslide_get_level_downsample", (void **)&api->level_downsample, false},
		{"openslide_read_region", (void **)&api->read_region, false},
		{"openslide_get_property_names", (void **)&api->property_names, false},
		{"openslide_get_property_value", (void **)&api->property_value, false},
		{"openslide_get_associated_image_names", (void **)&api->associated_names, false},
		{"openslide_get_associated_image_dimensions", (void **)&api->associated_dimensions, false},
		{"openslide_read_associated_image", (void **)&api->read_associated, false},
		{"openslide_get_icc_profile_size", (void **)&api->icc_size, true},
		{"openslide_read_icc_profile", (void **)&api->read_icc, true},
	};
	for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
		*functions[i].to = dlsym(lib, functions[i].name);
		if (!*functions[i].to && !functions[i].may_lack) {
			snprintf(why, room, "the library lacks %s: it is older than 3.4", functions[i].name);
			dlclose(lib);
			return -1;
		}
	}
	if (!api->icc_size || !api->read_icc) api->icc_size = NULL;
	// libtiff writes what it finds wrong to standard error besides; the error
	// that OpenSlide gives is enough.
	const char *const talk[] = {"TIFFSetErrorHandler", "TIFFSetWarningHandler"};
	for (int i = 0; i < 2; i++) {
		void *(*set)(void *) = (void *(*)(void *))dlsym(lib, talk[i]);
		if (set) set(NULL);
	}
	return 0;
}

const char *longying_openslide_version(openslide_api *api) { return api->version(); }
const char *longying_openslide_vendor(openslide_api *api, const char *path) { return api->detect_vendor(path); }
openslide_t *longying_openslide_open(openslide_api *api, const char *path) { return api->open(path); }
void longying_openslide_close(openslide_api *api, openslide_t *o) { api->close(o); }
const char *longying_openslide_error(openslide_api *api, openslide_t *o) { return api->error(o); }
int32_t longying_openslide_levels(openslide_api *api, openslide_t *o) { return api->level_count(o); }
void longying_openslide_size(openslide_api *api, openslide_t *o, int32_t level, int64_t *w, int64_t *h) { api->level_dimensions(o, level, w, h); }
double longying_openslide_downsample(openslide_api *api, openslide_t *o, int32_t level) { return api->level_downsample(o, level); }
const char *longying_openslide_property(openslide_api *api, openslide_t *o, const char *name) { return api->property_value(o, name); }
void longying_openslide_associated_size(openslide_api *api, openslide_t *o, const char *name, int64_t *w, int64_t *h) {
	api->associated_dimensions(o, name, w, h);
}
int64_t longying_openslide_icc_size(openslide_api *api, openslide_t *o) { return api->icc_size ? api->icc_size(o) : -2; }
void longying_openslide_icc(openslide_api *api, openslide_t *o, void *to) { api->read_icc(o, to); }

static const char *at(const char *const *list, int32_t i) {
	for (int32_t k = 0; list && list[k]; k++)
		if (k == i) return list[k];
	return NULL;
}
const char *longying_openslide_property_name(openslide_api *api, openslide_t *o, int32_t i) { return at(api->property_names(o), i); }
const char *longying_openslide_associated_name(openslide_api *api, openslide_t *o, int32_t i) { return at(api->associated_names(o), i); }

// over is a premultiplied channel over the background's.
static inline uint8_t over(uint32_t channel, uint32_t background, uint32_t alpha) {
	uint32_t v = channel + (background * (255 - alpha) + 127) / 255;
	return v > 255 ? 255 : v;
}

int64_t longying_openslide_tile(openslide_api *api, openslide_t *o, int32_t level, int64_t x, int64_t y, int32_t w, int32_t h,
		int32_t inside_w, int32_t inside_h, uint32_t background, uint8_t *rgb) {
	uint32_t *argb = malloc((size_t)w * h * 4);
	if (!argb) return -2;
	api->read_region(o, argb, x, y, level, w, h);
	if (api->error(o)) {
		free(argb);
		return -1;
	}
	const uint32_t r = background >> 16 & 255, g = background >> 8 & 255, b = background & 255;
	int64_t absent = 0;
	uint8_t *to = rgb;
	for (int32_t j = 0; j < h; j++) {
		for (int32_t i = 0; i < w; i++, to += 3) {
			uint32_t p = argb[(size_t)j * w + i], a = p >> 24;
			if (i >= inside_w || j >= inside_h) a = p = 0;
			else if (a == 0) absent++;
			if (a == 255) {
				to[0] = p >> 16, to[1] = p >> 8, to[2] = p;
				continue;
			}
			to[0] = over(p >> 16 & 255, r, a), to[1] = over(p >> 8 & 255, g, a), to[2] = over(p & 255, b, a);
		}
	}
	free(argb);
	return absent;
}

int longying_openslide_associated(openslide_api *api, openslide_t *o, const char *name, int64_t n, uint32_t background, uint8_t *rgba) {
	uint32_t *argb = malloc((size_t)n * 4);
	if (!argb) return -2;
	api->read_associated(o, name, argb);
	if (api->error(o)) {
		free(argb);
		return -1;
	}
	for (int64_t i = 0; i < n; i++, rgba += 4) {
		uint32_t p = argb[i], a = p >> 24;
		rgba[0] = over(p >> 16 & 255, background >> 16 & 255, a);
		rgba[1] = over(p >> 8 & 255, background >> 8 & 255, a);
		rgba[2] = over(p & 255, background & 255, a);
		rgba[3] = 255;
	}
	free(argb);
	return 0;
}

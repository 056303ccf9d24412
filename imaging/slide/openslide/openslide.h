// OpenSlide's functions, found at run time: the program starts without the
// library, and no header of it is needed to build. The declarations follow its
// public interface, which versions 3.4 and 4 share.
#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

typedef struct _openslide openslide_t;

typedef struct {
	const char *(*version)(void);
	const char *(*detect_vendor)(const char *path);
	openslide_t *(*open)(const char *path);
	void (*close)(openslide_t *);
	const char *(*error)(openslide_t *);
	int32_t (*level_count)(openslide_t *);
	void (*level_dimensions)(openslide_t *, int32_t level, int64_t *w, int64_t *h);
	double (*level_downsample)(openslide_t *, int32_t level);
	void (*read_region)(openslide_t *, uint32_t *to, int64_t x, int64_t y, int32_t level, int64_t w, int64_t h);
	const char *const *(*property_names)(openslide_t *);
	const char *(*property_value)(openslide_t *, const char *name);
	const char *const *(*associated_names)(openslide_t *);
	void (*associated_dimensions)(openslide_t *, const char *name, int64_t *w, int64_t *h);
	void (*read_associated)(openslide_t *, const char *name, uint32_t *to);
	// Since 4.0; NULL before.
	int64_t (*icc_size)(openslide_t *);
	void (*read_icc)(openslide_t *, void *to);
} openslide_api;

// longying_openslide_load fills api from the first library of names, which
// ends with NULL, that is there. It gives 0, else a text into why.
int longying_openslide_load(openslide_api *api, const char *const *names, char *why, size_t room);

const char *longying_openslide_version(openslide_api *api);
const char *longying_openslide_vendor(openslide_api *api, const char *path);
openslide_t *longying_openslide_open(openslide_api *api, const char *path);
void longying_openslide_close(openslide_api *api, openslide_t *o);
const char *longying_openslide_error(openslide_api *api, openslide_t *o);
int32_t longying_openslide_levels(openslide_api *api, openslide_t *o);
void longying_openslide_size(openslide_api *api, openslide_t *o, int32_t level, int64_t *w, int64_t *h);
double longying_openslide_downsample(openslide_api *api, openslide_t *o, int32_t level);
const char *longying_openslide_property_name(openslide_api *api, openslide_t *o, int32_t i);
const char *longying_openslide_property(openslide_api *api, openslide_t *o, const char *name);
const char *longying_openslide_associated_name(openslide_api *api, openslide_t *o, int32_t i);
void longying_openslide_associated_size(openslide_api *api, openslide_t *o, const char *name, int64_t *w, int64_t *h);
int64_t longying_openslide_icc_size(openslide_api *api, openslide_t *o);
void longying_openslide_icc(openslide_api *api, openslide_t *o, void *to);

// longying_openslide_tile reads w x h pixels from (x, y) of level 0 into rgb, 3
// bytes each, over the background; inside_w x inside_h of them lie on the level.
// It gives the number of those that the slide does not record, -1 on an error
// of OpenSlide, -2 without memory.
int64_t longying_openslide_tile(openslide_api *api, openslide_t *o, int32_t level, int64_t x, int64_t y, int32_t w, int32_t h,
	int32_t inside_w, int32_t inside_h, uint32_t background, uint8_t *rgb);

// longying_openslide_associated reads an associated picture of n pixels into
// rgba, not premultiplied and opaque, over the background. 0, -1 or -2.
int longying_openslide_associated(openslide_api *api, openslide_t *o, const char *name, int64_t n, uint32_t background, uint8_t *rgba);

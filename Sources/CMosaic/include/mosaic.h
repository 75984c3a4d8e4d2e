/* Sampling mosaic bundles from any language: the C interface of libmosaic.
 *
 * Every function returns MOSAIC_OK or a code of `mosaic_status`, and where it fails writes one line
 * of text to `error`, which may be null. No function ends the process, whatever it is given.
 *
 * A handle may be used by several threads: calls on one handle run one after the other, calls on
 * several side by side. A handle is a number, never an address, so that one that was closed, or never
 * was one, is refused. Closing does not disturb a call that is under way. A callback must not call
 * with the handle that calls it; that is refused as well.
 *
 * Memory that is passed in is read or written during the call only. The library keeps a table of open
 * handles and, in OpenBLAS, one number: how many threads a product of that library may use, for the
 * whole process. It sets it to 1 and runs threads of its own, unless it samples a network that is
 * mostly convolutions.
 */
#ifndef MOSAIC_H
#define MOSAIC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Grows when something is added; what is there keeps its meaning. */
#define MOSAIC_API_VERSION 1

/* The codes are those with which the command line exits. */
enum mosaic_status {
  MOSAIC_OK = 0,
  MOSAIC_USAGE = 64,       /* an argument is null, out of range or of the wrong size */
  MOSAIC_BAD_DATA = 65,    /* the bundle is damaged, or a result is not finite */
  MOSAIC_NO_INPUT = 66,    /* no such file */
  MOSAIC_UNSUPPORTED = 69, /* the bundle or the memory it needs is beyond this library */
  MOSAIC_INTERNAL = 70,    /* a fault of the library */
  MOSAIC_IO = 74,          /* reading failed */
  MOSAIC_CANCELLED = 130   /* the callback said so */
};

/* Text in UTF-8, cut where it would be longer, always ended by a zero. */
typedef struct mosaic_error {
  int32_t code;
  char text[508];
} mosaic_error;

/* An open bundle; 0 is none. */
typedef uint64_t mosaic_model;

/* Structures begin with their size, as `sizeof` gives it to the caller. */
typedef struct mosaic_options {
  size_t size;
  int32_t threads;       /* to compute with; 0: all cores */
  int32_t resident;      /* variants in memory: 0 the step's and the next, 1 the step's, 2 all */
  uint64_t memory_limit; /* bytes that a variant's weights may take; 0: the machine's memory */
  int32_t precision;     /* of products: 0 f32, 1 bf16, 2 f32 by weights of eight bits; one that the
                            processor has no instructions for is unsupported */
} mosaic_options;

typedef struct mosaic_description {
  size_t size;
  int64_t channels, height, width; /* of one sample */
  int64_t classes;                 /* 0: the network takes none */
  int64_t variants;
  int64_t steps;         /* that the bundle was made for */
  double guidance;       /* that the bundle was made for; 1 is none */
} mosaic_description;

typedef struct mosaic_request {
  size_t size;
  int64_t count;          /* samples */
  int64_t steps;          /* 0: the bundle's own */
  double guidance;        /* weight of classifier-free guidance; 0: the bundle's own, 1: none */
  uint64_t seed;
  const int64_t *classes; /* taken in turn; null draws them from the seed */
  int64_t class_count;
  const float *noise;     /* [count, channels, height, width] of unit variance; null draws it */
} mosaic_request;

typedef struct mosaic_progress {
  int64_t step, steps; /* this one, from 1, of all */
  int64_t variant;
  double seconds;      /* that the step took */
} mosaic_progress;

/* Called after each step, on the thread that samples. Anything but 0 ends the call. */
typedef int32_t (*mosaic_callback)(const mosaic_progress *progress, void *user);

/* MOSAIC_API_VERSION of the library. */
int32_t mosaic_api_version(void);

/* Opens a bundle and checks its manifest; weights are read when they are needed. `options` may be
 * null. The file stays open: one that takes its place has no effect until it is opened itself. */
int32_t mosaic_open(const char *path, const mosaic_options *options, mosaic_model *model,
                    mosaic_error *error);

int32_t mosaic_close(mosaic_model model, mosaic_error *error);

/* `description->size` is set by the caller. */
int32_t mosaic_describe(mosaic_model model, mosaic_description *description, mosaic_error *error);

/* Samples. `images` receives [count, channels, height, width]; `image_elements` is its length in
 * floats and has to be that product. `callback` and `user` may be null. */
int32_t mosaic_sample(mosaic_model model, const mosaic_request *request, float *images,
                      size_t image_elements, mosaic_callback callback, void *user,
                      mosaic_error *error);

/* The timesteps of a run of `steps` steps and their noise levels (log of the signal-to-noise ratio),
 * noisiest first, `steps` numbers each. */
int32_t mosaic_trajectory(mosaic_model model, int64_t steps, double *timesteps, double *log_snr,
                          mosaic_error *error);

/* One evaluation of the network, for samplers of the caller's own: states [count, channels, height,
 * width] as the network sees them, a class for each (null where it takes none), and the noise level
 * that chooses the variant. `guidance` as in a request. `output` receives as many floats as `states`
 * has: the network's prediction, without a learned variance. */
int32_t mosaic_denoise(mosaic_model model, const float *states, int64_t count,
                       const int64_t *classes, double timestep, double log_snr, double guidance,
                       float *output, size_t output_elements, mosaic_error *error);

#ifdef __cplusplus
}
#endif

#endif

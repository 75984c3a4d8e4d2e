/* Samples a bundle and prints what came out.
 *
 *   cc -I Sources/CMosaic/include docs/examples/sample.c -L .build/release -lMosaic -o sample
 *   LD_LIBRARY_PATH=.build/release ./sample model.mosaic 4
 */
#include <mosaic.h>
#include <stdio.h>
#include <stdlib.h>

static int32_t show(const mosaic_progress *progress, void *user) {
  (void)user;
  fprintf(stderr, "step %lld of %lld, variant %lld, %.1f ms\n", (long long)progress->step,
          (long long)progress->steps, (long long)progress->variant, 1e3 * progress->seconds);
  return 0; /* anything else ends the run */
}

static int fail(const mosaic_error *error) {
  fprintf(stderr, "%s\n", error->text);
  return error->code;
}

int main(int count, char **arguments) {
  if (count != 3) return fprintf(stderr, "usage: sample BUNDLE COUNT\n"), MOSAIC_USAGE;
  mosaic_error error;
  mosaic_model model;
  mosaic_options options = {.size = sizeof options, .threads = 0};
  if (mosaic_open(arguments[1], &options, &model, &error)) return fail(&error);

  mosaic_description description = {.size = sizeof description};
  if (mosaic_describe(model, &description, &error)) return fail(&error);

  mosaic_request request = {.size = sizeof request, .count = atoll(arguments[2]), .seed = 1};
  const size_t pixels = description.channels * description.height * description.width;
  const size_t elements = request.count > 0 ? request.count * pixels : 0;
  float *images = malloc(elements * sizeof *images + 1);
  if (!images) return fprintf(stderr, "not enough memory\n"), 1;
  if (mosaic_sample(model, &request, images, elements, show, NULL, &error)) return fail(&error);

  for (size_t image = 0; image < (size_t)request.count; image++) {
    double sum = 0;
    for (size_t i = 0; i < pixels; i++) sum += images[image * pixels + i];
    printf("image %zu: mean %.6f\n", image, sum / (double)pixels);
  }
  free(images);
  return mosaic_close(model, &error);
}

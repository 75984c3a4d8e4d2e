// What Mosaic calls of OpenBLAS: cblas, and LAPACK by its Fortran symbols (Debian's libopenblas
// carries no LAPACKE).
#ifndef COPENBLAS_H
#define COPENBLAS_H

#include <cblas.h>

// Cholesky factor of a symmetric positive definite matrix, solve with it, inverse from it.
// Column-major; uplo "L" or "U"; info > 0 names the leading minor that is not positive.
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *a, const int *lda,
             double *b, const int *ldb, int *info);
void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info);

char *openblas_get_corename(void);
char *openblas_get_config(void);

#endif

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
// Eigenvalues `il` to `iu`, counted from 1 and rising, of a symmetric matrix, with their vectors where
// jobz is "V": column-major z [n, iu - il + 1]. Destroys a.
void dsyevr_(const char *jobz, const char *range, const char *uplo, const int *n, double *a,
             const int *lda, const double *vl, const double *vu, const int *il, const int *iu,
             const double *abstol, int *m, double *w, double *z, const int *ldz, int *isuppz,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info);

char *openblas_get_corename(void);
char *openblas_get_config(void);

#endif

#ifndef CMOSAICSIMD_H
#define CMOSAICSIMD_H
#endif

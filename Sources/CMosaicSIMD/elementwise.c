#include "CMosaicSIMD.h"

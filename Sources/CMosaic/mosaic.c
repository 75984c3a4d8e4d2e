#include "mosaic.h"

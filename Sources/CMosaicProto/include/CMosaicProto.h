#include "mosaic.pb-c.h"

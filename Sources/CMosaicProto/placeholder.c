#include "CMosaicProto.h"

// libsamplefresh.dylib, which only version 1.1 has.
#include "sample_runtime.h"

SAMPLE_EXPORT uint32_t sample_fresh_token(void)
{
    return arc4random() | 1;
}

SAMPLE_EXPORT const char *sample_fresh_name(void)
{
    return "fresh";
}

// libsamplelegacy.dylib, which only version 1.0 has.
#include "sample_runtime.h"

SAMPLE_EXPORT int sample_legacy_answer(void)
{
    return 42;
}

SAMPLE_EXPORT const char *sample_legacy_name(void)
{
    return "legacy";
}

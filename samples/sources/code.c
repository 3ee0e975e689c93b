// libsamplecode.dylib. Version 1.1 multiplies where 1.0 added: one instruction differs, no size does.
#include "sample_runtime.h"

SAMPLE_EXPORT uint32_t sample_combine(uint32_t a, uint32_t b)
{
#if SAMPLE_VERSION >= 110
    return a * b;
#else
    return a + b;
#endif
}

SAMPLE_EXPORT uint32_t sample_invert(uint32_t a)
{
    return ~a;
}

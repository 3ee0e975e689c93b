// libsamplefat.dylib, a slice for each of two architectures. Version 1.1 adds a function to the x86_64 slice only, the first of the file.
#include "sample_runtime.h"

SAMPLE_EXPORT int sample_architecture(void)
{
#if defined(__x86_64__)
    return 64;
#else
    return 8;
#endif
}

#if SAMPLE_VERSION >= 110 && defined(__x86_64__)
SAMPLE_EXPORT int sample_only_here(int a)
{
    return a * 3;
}
#endif

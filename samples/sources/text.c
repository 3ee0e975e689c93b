// libsampletext.dylib. Version 1.1 says the same in a string of the same length.
#include "sample_runtime.h"

SAMPLE_EXPORT const char *sample_greeting(void)
{
#if SAMPLE_VERSION >= 110
    return "good evening to you";
#else
    return "good morning to you";
#endif
}

SAMPLE_EXPORT const char *sample_farewell(void)
{
    return "goodbye";
}

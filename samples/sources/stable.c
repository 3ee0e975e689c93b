// A library whose source is the same in both versions. build-binaries.sh links it under several names.
#include "sample_runtime.h"

SAMPLE_EXPORT int sample_popcount(uint64_t bits)
{
    int count = 0;
    for (; bits != 0; bits &= bits - 1)
    {
        count++;
    }

    return count;
}

SAMPLE_EXPORT void *sample_copy(const uint8_t *bytes, size_t length)
{
    uint8_t *copy = malloc(length);
    if (copy != NULL)
    {
        for (size_t i = 0; i < length; i++)
        {
            copy[i] = bytes[i];
        }
    }

    return copy;
}

SAMPLE_EXPORT const char *sample_stable_name(void)
{
    return "stable";
}

// libsample.1.dylib. Version 1.1 adds sample_blend and a local helper, makes sample_checksum longer (and has it call libz),
// changes one string and removes sample_legacy_count.
#include "sample_runtime.h"

#if SAMPLE_VERSION >= 110
extern unsigned long crc32(unsigned long crc, const uint8_t *bytes, unsigned int length);
#endif

static const uint32_t Weights[] = { 3, 5, 7, 11, 13, 17, 19, 23 };

SAMPLE_INTERNAL uint32_t mix(uint32_t a, uint32_t b)
{
    return (a ^ (b >> 3)) * 2654435761u;
}

SAMPLE_EXPORT uint32_t sample_add(uint32_t a, uint32_t b)
{
    return a + b;
}

SAMPLE_EXPORT uint32_t sample_checksum(const uint8_t *bytes, uint32_t length)
{
    uint32_t sum = 1;
    for (uint32_t i = 0; i < length; i++)
    {
        sum = mix(sum, bytes[i] * Weights[i & 7]);
    }

#if SAMPLE_VERSION >= 110
    sum ^= (uint32_t)crc32(0, bytes, length);
#endif
    return sum;
}

SAMPLE_EXPORT const char *sample_describe(int kind)
{
    switch (kind)
    {
    case 0:
        return "nothing to describe";
    case 1:
#if SAMPLE_VERSION >= 110
        return "one thing, described at greater length";
#else
        return "one thing";
#endif
    default:
        return "several things";
    }
}

#if SAMPLE_VERSION >= 110
SAMPLE_INTERNAL uint32_t channel(uint32_t a, uint32_t b, uint32_t alpha, int shift)
{
    return ((((a >> shift) & 255) * (255 - alpha)) + (((b >> shift) & 255) * alpha)) / 255 << shift;
}

SAMPLE_EXPORT uint32_t sample_blend(uint32_t a, uint32_t b, uint32_t alpha)
{
    return channel(a, b, alpha, 0) | channel(a, b, alpha, 8) | channel(a, b, alpha, 16);
}
#else
SAMPLE_EXPORT uint32_t sample_legacy_count(const char *text)
{
    return (uint32_t)strlen(text);
}
#endif

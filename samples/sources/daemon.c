// sampled, a daemon. Version 1.1 uses the new function of libsample.
#include "sample_runtime.h"

extern uint32_t sample_checksum(const uint8_t *bytes, uint32_t length);
extern const char *sample_describe(int kind);
#if SAMPLE_VERSION >= 110
extern uint32_t sample_blend(uint32_t a, uint32_t b, uint32_t alpha);
#endif

int main(int argc, char **argv)
{
    puts(sample_describe(argc));
    uint32_t sum = sample_checksum((const uint8_t *)argv[0], (uint32_t)strlen(argv[0]));
#if SAMPLE_VERSION >= 110
    sum = sample_blend(sum, 0x336699, 128);
    puts("sampled 1.1 is ready");
#else
    puts("sampled 1.0 is ready");
#endif
    return sum == 0;
}

// libsampletables.dylib. Version 1.1 has other values in a table of the same size: no section, symbol or instruction else differs.
#include "sample_runtime.h"

const uint16_t sample_table[] __attribute__((visibility("default"))) = {
#if SAMPLE_VERSION >= 110
    2, 3, 5, 7, 11, 13, 17, 19,
#else
    1, 1, 2, 3, 5, 8, 13, 21,
#endif
};

SAMPLE_EXPORT uint16_t sample_table_at(unsigned int index)
{
    return index < sizeof sample_table / sizeof sample_table[0] ? sample_table[index] : 0;
}

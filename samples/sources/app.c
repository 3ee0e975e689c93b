// SampleApp, the same in both versions.
#include "sample_runtime.h"

int main(void)
{
    return puts("SampleApp") < 0;
}

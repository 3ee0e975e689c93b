// launchd: its configuration is a section of the program, as it is on the phone.
#include "sample_runtime.h"

int main(void)
{
    return puts("launchd") < 0;
}

// The few declarations that the sample programs need from the system: no SDK is used to build them.
#pragma once

#include <stddef.h>
#include <stdint.h>

// 100 builds the binaries of version 1.0, 110 those of 1.1.
#ifndef SAMPLE_VERSION
#error "SAMPLE_VERSION is set by build-binaries.sh"
#endif

#define SAMPLE_EXPORT __attribute__((visibility("default"), noinline))
#define SAMPLE_INTERNAL __attribute__((noinline, used)) static

extern void *malloc(size_t size);
extern void free(void *block);
extern size_t strlen(const char *text);
extern int puts(const char *text);
extern uint32_t arc4random(void);

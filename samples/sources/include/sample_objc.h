// The root class and the string class as far as the sample framework uses them.
#pragma once

#include "sample_runtime.h"

typedef signed char BOOL;

__attribute__((objc_root_class))
@interface NSObject
+ (instancetype)alloc;
- (instancetype)init;
@end

@interface NSString : NSObject
- (NSString *)stringByAppendingString:(NSString *)other;
- (uint64_t)length;
@end

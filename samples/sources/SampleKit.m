// SampleKit.framework. Version 1.1 adds a class, an instance method and a property, removes a class method and changes a method's body.
#include "sample_objc.h"

#define SK_EXPORT_CLASS __attribute__((visibility("default")))

@protocol SKGreeting
- (NSString *)greetingForName:(NSString *)name;
@end

SK_EXPORT_CLASS
@interface SKGreeter : NSObject <SKGreeting>
@property (nonatomic, copy) NSString *prefix;
#if SAMPLE_VERSION >= 110
@property (nonatomic, copy) NSString *suffix;
- (NSString *)shoutForName:(NSString *)name;
#else
+ (SKGreeter *)legacyGreeter;
#endif
- (uint64_t)lengthForName:(NSString *)name;
@end

@implementation SKGreeter

- (NSString *)greetingForName:(NSString *)name
{
#if SAMPLE_VERSION >= 110
    return [[self.prefix stringByAppendingString:name] stringByAppendingString:self.suffix];
#else
    return [self.prefix stringByAppendingString:name];
#endif
}

- (uint64_t)lengthForName:(NSString *)name
{
    return [[self greetingForName:name] length];
}

#if SAMPLE_VERSION >= 110
- (NSString *)shoutForName:(NSString *)name
{
    return [[self greetingForName:name] stringByAppendingString:@"!"];
}
#else
+ (SKGreeter *)legacyGreeter
{
    SKGreeter *greeter = [[SKGreeter alloc] init];
    greeter.prefix = @"Hello, ";
    return greeter;
}
#endif

@end

@interface SKGreeter (SKCounting)
- (BOOL)isLongForName:(NSString *)name;
@end

@implementation SKGreeter (SKCounting)

- (BOOL)isLongForName:(NSString *)name
{
    return [self lengthForName:name] > 40;
}

@end

#if SAMPLE_VERSION >= 110
SK_EXPORT_CLASS
@interface SKFarewell : NSObject <SKGreeting>
@end

@implementation SKFarewell

- (NSString *)greetingForName:(NSString *)name
{
    return [@"Goodbye, " stringByAppendingString:name];
}

@end
#endif

SAMPLE_EXPORT SKGreeter *SKMakeGreeter(void)
{
    SKGreeter *greeter = [[SKGreeter alloc] init];
#if SAMPLE_VERSION >= 110
    greeter.prefix = @"Good day, ";
    greeter.suffix = @".";
#else
    greeter.prefix = @"Hello, ";
#endif
    return greeter;
}

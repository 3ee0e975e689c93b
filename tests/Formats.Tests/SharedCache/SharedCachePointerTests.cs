using System.Buffers.Binary;
using IpswDiff.Forge;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Formats.Tests.SharedCache;

public sealed class SharedCachePointerTests
{
    [Fact]
    public void Follows_the_pointers_of_a_cache_built_by_Apple()
    {
        var path = SampleFiles.Find("dsc/dyld_shared_cache_arm64-macOS-objc");
        Assert.SkipWhen(path is null, "the optional sample dsc/dyld_shared_cache_arm64-macOS-objc is absent");
        var cache = DyldSharedCache.Open(new MemoryByteSource(File.ReadAllBytes(path!)), "dyld_shared_cache_arm64-macOS-objc", _ => null);
        var image = cache.Images.Single(image => image.Path == "/usr/lib/libhello-1.0.dylib").Open();
        var list = image.Sections.Single(section => section.Name == "__objc_classlist");

        // The symbol table says where the class is; its first pointer is the metaclass.
        var test = Pointer(cache, list.Address);
        Assert.Equal(0x182068068UL, test);
        Assert.Equal(0x182068040UL, Pointer(cache, test));
        Assert.Equal(0UL, cache.DecodePointer(list.Address, 0));

        // Its libobjc is of version 15, whose method lists refer to references of selectors.
        Assert.Null(cache.FindSelectorBase());
    }

    private static ulong Pointer(DyldSharedCache cache, ulong address)
    {
        Span<byte> raw = stackalloc byte[8];
        cache.OpenAddress(address, 8).ReadExactly(0, raw);
        return cache.DecodePointer(address, BinaryPrimitives.ReadUInt64LittleEndian(raw));
    }
}

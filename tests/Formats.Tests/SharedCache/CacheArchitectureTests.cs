using IpswDiff.Forge.MachO;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Pairs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Formats.Tests.SharedCache;

public sealed class CacheArchitectureTests
{
    [Fact]
    public void The_magic_of_a_cache_of_macOS_27_leaves_the_dot_out()
    {
        var files = Write(new SharedCacheOptions { Arch = MachOArch.Arm64EX1, HeaderSize = SharedCacheOptions.ArchitectureHeader });
        Assert.StartsWith("dyld_v1arm64ex1\0", System.Text.Encoding.ASCII.GetString(files["dyld_shared_cache_arm64e_x1"], 0, 16), StringComparison.Ordinal);
        Assert.Equal("arm64e.x1", Open(files, "dyld_shared_cache_arm64e_x1").Arch);
    }

    [Theory]
    [InlineData("arm64e", 0x8000000Cu, "arm64e.x1")]
    [InlineData("arm64ex1", 13u, "arm64.sub13")]
    [InlineData("arm64ex2", 13u, "arm64.sub13")]
    [InlineData("arm64ex1", 0x80000002u, "arm64e")]
    [InlineData("nonsense", 3u, "arm64.x1")]
    public void What_the_header_states_counts_before_the_magic(string magic, uint subtype, string arch)
    {
        var options = new SharedCacheOptions { Arch = new MachOArch("arm64e", 0x0100000C, subtype, true, 0x4000), HeaderSize = SharedCacheOptions.ArchitectureHeader, MagicName = magic };
        var cache = Open(Write(options), options.Name);
        Assert.Equal(arch, cache.Arch);
        Assert.Equal(CpuArchitecture.Of(0x0100000C, subtype), cache.Architecture);
        Assert.True(cache.Is64Bit);
    }

    [Theory]
    [InlineData("arm64ex1", "arm64e.x1")]
    [InlineData("arm64x1", "arm64.x1")]
    [InlineData("arm64e", "arm64e")]
    [InlineData("arm64ex2", "arm64ex2")]
    public void A_shorter_header_leaves_it_to_the_magic(string magic, string arch)
    {
        var options = new SharedCacheOptions { MagicName = magic };
        Assert.Equal(arch, Open(Write(options), options.Name).Arch);
    }

    private static IReadOnlyDictionary<string, byte[]> Write(SharedCacheOptions options) => ExampleCaches.Builder(options, images: 3).Build().Files;

    private static DyldSharedCache Open(IReadOnlyDictionary<string, byte[]> files, string name) =>
        DyldSharedCache.Open(new MemoryByteSource(files[name]), name, other => files.TryGetValue(other, out var bytes) ? new MemoryByteSource(bytes) : null);
}

using System.Text.Json;
using IpswDiff.Forge.Img4;
using IpswDiff.Forge.Kernelcache;

namespace IpswDiff.EndToEnd;

/// <summary><c>inspect --json</c> of kernelcaches.</summary>
public class KernelcacheInspectTests
{
    [Theory]
    [InlineData(KernelcacheForm.Fileset)]
    [InlineData(KernelcacheForm.PrelinkedModules)]
    public void Lists_version_and_kexts(KernelcacheForm form)
    {
        var builder = KernelcacheBuilder.Example(form);
        var cache = Inspect(builder.Build());
        Assert.Equal("kernelcache", cache.GetProperty("type").GetString());
        AssertDescribes(builder, cache);
    }

    [Fact]
    public void A_payload_stays_an_IM4P_and_says_what_is_in_it()
    {
        var builder = KernelcacheBuilder.Example(KernelcacheForm.Fileset);
        var image = Inspect(new Im4pWriter("krnl", "Kernel-1") { Packing = Im4pPacking.Lzfse }.Write(builder.Build()));
        Assert.Equal("im4p", image.GetProperty("type").GetString());
        AssertDescribes(builder, image.GetProperty("kernelcache"));
    }

    private static void AssertDescribes(KernelcacheBuilder builder, JsonElement cache)
    {
        Assert.Equal("25.5.0", cache.GetProperty("version").GetString());
        Assert.Equal("12345.6.7~1", cache.GetProperty("xnu").GetString());
        Assert.Equal("2026-05-01T21:00:01-07:00", cache.GetProperty("date").GetString());
        var kexts = cache.GetProperty("kexts").EnumerateArray().ToDictionary(kext => kext.GetProperty("id").GetString()!);
        Assert.Equal(builder.Kexts.Select(kext => kext.Id).Append("com.apple.kernel").Order(), kexts.Keys.Order());
        foreach (var kext in builder.Kexts)
        {
            var found = kexts[kext.Id];
            Assert.Equal(kext.Version, found.GetProperty("version").GetString());
            Assert.Equal(kext.Image is null, found.GetProperty("uuid").ValueKind == JsonValueKind.Null);
            Assert.Equal(kext.Image is null ? null : kext.Address, found.GetProperty("address").ValueKind == JsonValueKind.Null ? (ulong?)null : found.GetProperty("address").GetUInt64());
        }
    }

    private static JsonElement Inspect(byte[] file)
    {
        using var folder = Cli.Scratch();
        File.WriteAllBytes(folder["kernelcache"], file);
        return JsonDocument.Parse(Cli.Run("inspect", "--json", folder["kernelcache"]).Expect(0).Output).RootElement;
    }
}

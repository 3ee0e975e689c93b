using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Pairs;

namespace IpswDiff.Forge.Tests.SharedCache;

/// <summary>Caches that Apple's builder wrote must satisfy the same checker, and be laid out as the Forge lays its own out.</summary>
public class RealCacheTests
{
    [Theory]
    [InlineData("dyld_shared_cache_arm64-macOS", 2)]
    [InlineData("dyld_shared_cache_arm64-macOS-objc", 8)]
    public void Passes_the_checker_and_has_the_layout_of_forged_ones(string name, int images)
    {
        var path = SampleFiles.Find("dsc/" + name);
        if (path is null)
        {
            Assert.Skip($"the optional sample dsc/{name} is absent");
        }

        var real = File.ReadAllBytes(path);
        var checkedReal = new CacheChecker(new Dictionary<string, byte[]>(StringComparer.Ordinal) { [name] = real }, name);
        Assert.Equal(images, checkedReal.Images.Count);

        var (written, files) = ExampleCaches.Builder(ExampleCaches.Kinds["macOS 11"], images).Build();
        var forged = files[written.Options.Name];
        Assert.Equal(Facts(real), Facts(forged));
        Assert.Equal(checkedReal.Base, written.BaseAddress);

        // The smaller one has nothing that points.
        Assert.Equal(name.EndsWith("objc", StringComparison.Ordinal), checkedReal.Pointers.Count > 0);
        Assert.All(checkedReal.Pointers.Values, target => Assert.True(checkedReal.Locate(target).Offset >= 0));
    }

    /// <summary>What does not depend on the contents: places and sizes of tables, protections, where signature and slide information are.</summary>
    private static List<(string What, long Value)> Facts(byte[] file)
    {
        var size = CacheChecker.U32(file, 0x10);
        var facts = new List<(string, long)> { ("magic", (long)CacheChecker.U64(file, 0)), ("header", size), ("platform", CacheChecker.U32(file, 0xD8)) };
        foreach (var field in new[] { 0x14, 0x18, 0x1C, 0x88, 0x90, 0x138, 0x13C })
        {
            facts.Add(($"0x{field:x}", CacheChecker.U32(file, field)));
        }

        var (signature, signatureSize) = ((long)CacheChecker.U64(file, 0x28), (long)CacheChecker.U64(file, 0x30));
        facts.Add(("the signature ends the file", file.Length - signature - signatureSize));
        var end = 0L;
        for (var i = 0; i < CacheChecker.U32(file, 0x14); i++)
        {
            var mapping = file.AsSpan(size + (i * 32), 32);
            facts.Add(("a mapping follows the one before", (long)CacheChecker.U64(mapping, 16) - end));
            end = (long)(CacheChecker.U64(mapping, 16) + CacheChecker.U64(mapping, 8));
            facts.Add(("protections", (long)CacheChecker.U64(mapping, 24)));
        }

        facts.Add(("the signature follows the mappings", signature - end));
        var data = file.AsSpan(CacheChecker.U32(file, 0x138) + 56, 56);
        var slide = (long)CacheChecker.U64(data, 24);
        var linkedit = (long)CacheChecker.U64(file.AsSpan(size + 64), 16);
        facts.Add(("slide information is in the last mapping", slide >= linkedit && slide + (long)CacheChecker.U64(data, 32) <= end ? 1 : 0));
        facts.Add(("slide version", CacheChecker.U32(file, slide)));
        return facts;
    }
}

using IpswDiff.Forge;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Formats.Tests.SharedCache;

public sealed class SharedCacheDamageTests
{
    [Theory]
    [InlineData(CacheGeneration.First)]
    [InlineData(CacheGeneration.WithSlides)]
    [InlineData(CacheGeneration.Numbered)]
    [InlineData(CacheGeneration.Named)]
    public void Survives_damage_in_any_file(CacheGeneration generation)
    {
        var fixture = new CacheFixture(generation, images: 3);
        foreach (var (name, original) in fixture.Files.ToList())
        {
            var faults = Mutator.Damage(original, 300, seed: (ulong)generation, hot: 0x800).Count(damaged => IsRefused(fixture, name, damaged));
            fixture.Files[name] = original;
            Assert.InRange(faults, 3, 300);
        }
    }

    [Fact]
    public void Survives_truncation_of_any_file()
    {
        var fixture = new CacheFixture(CacheGeneration.Named, images: 3);
        foreach (var (name, original) in fixture.Files.ToList())
        {
            foreach (var cut in Mutator.Truncate(original, 60))
            {
                // What a file ends with may be padding, but nothing before that.
                Assert.True(IsRefused(fixture, name, cut) || cut.Length > original.Length - 0x1000, $"{name} cut to {cut.Length}");
            }

            fixture.Files[name] = original;
        }
    }

    private static bool IsRefused(CacheFixture fixture, string name, byte[] damaged)
    {
        fixture.Files[name] = damaged;
        try
        {
            var cache = fixture.Open();
            return cache.Images.Where(IsRefused).ToList().Count + cache.Notes.Count > 0;
        }
        catch (FirmwareFormatException)
        {
            return true;
        }
    }

    private static bool IsRefused(SharedCacheImage image)
    {
        try
        {
            var macho = image.Open();
            Count(macho.Symbols);
            Count(image.OpenLocalSymbols());
            macho.ReadFunctionStarts();
            foreach (var section in macho.Sections)
            {
                macho.OpenSection(section).ReadUpTo(0, new byte[64]);
            }

            return false;
        }
        catch (FirmwareFormatException)
        {
            return true;
        }
    }

    private static void Count(SymbolTable? symbols)
    {
        if (symbols is not null)
        {
            foreach (var symbol in symbols)
            {
                Assert.True(symbol.Name.Length >= 0);
            }
        }
    }
}

using System.Buffers.Binary;
using IpswDiff.Forge;
using IpswDiff.Forge.Kernelcache;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Tests.Kernelcache;

/// <summary>Damaged kernelcaches: faults that say where and what, and nothing else.</summary>
public sealed class KernelcacheDamageTests
{
    [Theory]
    [MemberData(nameof(KernelcacheFileTests.Forms), MemberType = typeof(KernelcacheFileTests))]
    public void Survives_damage_anywhere(KernelcacheForm form)
    {
        var original = KernelcacheBuilder.Example(form).Build();
        var (read, refused) = (0, 0);
        foreach (var damaged in Mutator.Damage(original, 600, seed: 21, hot: 2600)
            .Concat(DamageInfo(original, 300))
            .Concat(Mutator.Truncate(original, 60)))
        {
            _ = ReadsEverything(damaged) ? read++ : refused++;
        }

        Assert.NotEqual(0, read);
        Assert.NotEqual(0, refused);
    }

    [Fact]
    public void Two_images_at_one_place_are_refused()
    {
        var bytes = KernelcacheBuilder.Example(KernelcacheForm.Fileset).Build();
        var image = MachOImage.Open(new MemoryByteSource(bytes));
        var commands = image.LoadCommands.Where(command => command.Kind == LoadCommandKind.FilesetEntry).ToArray();
        bytes.AsSpan(commands[0].Offset + 16, 8).CopyTo(bytes.AsSpan(commands[2].Offset + 16));
        Assert.Contains("two images", Reason(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_images_of_one_name_are_refused()
    {
        var builder = new KernelcacheBuilder(KernelcacheForm.Fileset);
        builder.AddKext("com.apple.a", "1", 1);
        builder.AddKext("com.apple.a", "1", 2);
        Assert.Contains("two images are called com.apple.a", Reason(builder.Build()), StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_outside_the_file_is_named()
    {
        var bytes = KernelcacheBuilder.Example(KernelcacheForm.Fileset).Build();
        var image = MachOImage.Open(new MemoryByteSource(bytes));
        var command = image.LoadCommands.Last(command => command.Kind == LoadCommandKind.FilesetEntry);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(command.Offset + 16), bytes.Length);
        Assert.Contains("com.apple.security.sandbox is said to begin", Reason(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_may_not_run_into_the_next()
    {
        var bytes = KernelcacheBuilder.Example(KernelcacheForm.Fileset).Build();
        var entry = MachOImage.Open(new MemoryByteSource(bytes)).FilesetEntries[1];
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan((int)entry.FileOffset + 20), 1 << 20);
        var fault = Assert.Throws<FirmwareFormatException>(() => KernelcacheFileTests.Open(bytes).Entries[1].OpenImage());
        Assert.StartsWith("com.apple.driver.AppleExample: ", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_list_of_kexts_leaves_the_images_of_a_fileset_readable()
    {
        var bytes = KernelcacheBuilder.Example(KernelcacheForm.Fileset).Build();
        bytes[bytes.AsSpan().IndexOf("_PrelinkInfoDictionary"u8)] = (byte)'<';
        var cache = KernelcacheFileTests.Open(bytes);
        Assert.NotNull(cache.Entries[2].OpenImage().UuidText);
        Assert.Contains("__PRELINK_INFO", Assert.Throws<FirmwareFormatException>(cache.ReadKextInfos).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kext_said_to_lie_nowhere_is_named()
    {
        var builder = KernelcacheBuilder.Example(KernelcacheForm.Prelinked);
        var bytes = builder.Build();
        var text = System.Text.Encoding.ASCII.GetBytes($"0x{builder.Kexts[1].Address:x}");
        bytes[bytes.AsSpan().IndexOf(text) + 3] = (byte)'0';
        Assert.Contains("com.apple.iokit.IOExampleFamily is said to begin at", Reason(bytes), StringComparison.Ordinal);
    }

    private static string Reason(byte[] bytes) => Assert.Throws<FirmwareFormatException>(() => KernelcacheFileTests.Open(bytes)).Reason;

    // Damage to the list and to the tables behind it, which lie near the end.
    private static IEnumerable<byte[]> DamageInfo(byte[] original, int count)
    {
        var start = original.AsSpan().IndexOf("<dict ID=\"0\">"u8);
        var info = original[start..];
        foreach (var damaged in Mutator.Damage(info, count, seed: 22, hot: 2500))
        {
            yield return [.. original.AsSpan(0, start), .. damaged];
        }
    }

    private static bool ReadsEverything(byte[] bytes)
    {
        try
        {
            var cache = KernelcacheFileTests.Open(bytes);
            foreach (var entry in cache.Entries)
            {
                var image = entry.OpenImage();
                image.CountCStrings();
                image.ReadFunctionStarts();
                image.Symbols?.CountKinds();
                foreach (var section in image.Sections)
                {
                    var source = image.OpenSection(section);
                    source.ReadUpTo(0, new byte[16]);
                }
            }

            return cache.ReadVersion() is not null && cache.ReadKextInfos().Sum(info => info.Personalities.Count) > 0;
        }
        catch (FirmwareFormatException)
        {
            return false;
        }
    }
}

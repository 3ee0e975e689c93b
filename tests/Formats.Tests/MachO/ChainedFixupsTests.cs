using System.Buffers.Binary;
using IpswDiff.Forge.MachO;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.Fixups;

namespace IpswDiff.Formats.Tests.MachO;

/// <summary>Pointers in the formats of chained fix-ups.</summary>
public class ChainedFixupsTests
{
    // Formats by the numbers of fixup-chains.h: rebase, authenticated rebase, bind, authenticated bind.
    [Theory]
    [InlineData(1, 0x0010000000005000UL, 0x5000UL, null)]
    [InlineData(9, 0x0010000000005000UL, 0x10005000UL, null)]
    [InlineData(12, 0x0010000000005000UL, 0x10005000UL, null)]
    [InlineData(1, 0x8010123400005000UL, 0x10005000UL, null)]
    [InlineData(12, 0xC010123400000001UL, 0UL, "_OBJC_CLASS_$_Other")]
    [InlineData(9, 0x4010000000010000UL, 0UL, "_OBJC_CLASS_$_NSObject")]
    [InlineData(2, 0x0010000000005000UL, 0x5000UL, null)]
    [InlineData(6, 0x0010000000005000UL, 0x10005000UL, null)]
    [InlineData(6, 0x8010000000000001UL, 0UL, "_OBJC_CLASS_$_Other")]
    public void Decodes_each_format_of_chained_pointers(int format, ulong raw, ulong address, string? import)
    {
        foreach (var importsFormat in (int[])[1, 2, 3])
        {
            var (image, fixups, location) = Chained(format, importsFormat);
            var decoder = ChainedFixups.Open(image, new MemoryByteSource(fixups));
            Assert.Equal(new MachOPointer(address, import), decoder.Decode(raw, location));
            Assert.True(decoder.Decode(0, location).IsNull);
        }
    }

    [Fact]
    public void Names_what_is_wrong_with_chained_pointers()
    {
        var (image, fixups, location) = Chained(6, 1);
        var decoder = ChainedFixups.Open(image, new MemoryByteSource(fixups));
        Assert.Contains("import 77", Assert.Throws<FirmwareFormatException>(() => decoder.Decode(0x8000000000000000UL | 77, location)).Message, StringComparison.Ordinal);
        (image, fixups, location) = Chained(99, 1);
        Assert.Contains("99", Assert.Throws<FirmwareFormatException>(() => ChainedFixups.Open(image, new MemoryByteSource(fixups)).Decode(1, location)).Message, StringComparison.Ordinal);
        BinaryPrimitives.WriteUInt32LittleEndian(fixups.AsSpan(16), 1 << 30);
        Assert.Throws<FirmwareFormatException>(() => ChainedFixups.Open(image, new MemoryByteSource(fixups)));
    }

    /// <summary>An image at 0x10000000 and fix-ups with two imports; pointers stand in its last segment with sections.</summary>
    private static (MachOImage Image, byte[] Fixups, ulong Location) Chained(int format, int importsFormat)
    {
        var builder = new MachOBuilder(MachOArch.Arm64e, MachOFileType.Dylib) { InstallName = "/a", BaseAddress = 0x10000000 };
        builder.AddCode([0, 0, 0, 0]);
        var section = builder.AddSection("__DATA", "__data", new byte[64]);
        var image = MachOImage.Open(new MemoryByteSource(builder.Build()));
        string[] names = ["_OBJC_CLASS_$_NSObject", "_OBJC_CLASS_$_Other"];
        var importSize = importsFormat switch { 1 => 4, 2 => 8, _ => 16 };
        var starts = 28;
        var segment = image.FindSegment("__DATA")!.Index;
        var segmentStarts = starts + 4 + (image.Segments.Count * 4);
        var imports = segmentStarts + 24;
        var symbols = imports + (2 * importSize);
        var bytes = new byte[symbols + 64];
        uint[] header = [0, (uint)starts, (uint)imports, (uint)symbols, 2, (uint)importsFormat, 0];
        for (var i = 0; i < header.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 4), header[i]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(starts), (uint)image.Segments.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(starts + 4 + (segment * 4)), (uint)(segmentStarts - starts));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(segmentStarts), 24);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(segmentStarts + 4), 0x4000);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(segmentStarts + 6), (ushort)format);
        var name = 1;
        for (var i = 0; i < names.Length; i++)
        {
            var entry = bytes.AsSpan(imports + (i * importSize));
            BinaryPrimitives.WriteUInt32LittleEndian(importsFormat == 3 ? entry[4..] : entry, importsFormat == 3 ? (uint)name : (uint)name << 9);
            System.Text.Encoding.ASCII.GetBytes(names[i]).CopyTo(bytes, symbols + name);
            name += names[i].Length + 1;
        }

        return (image, bytes, section.Address);
    }
}

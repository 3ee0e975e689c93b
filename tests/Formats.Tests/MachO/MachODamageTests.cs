using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.CodeSigning;
using IpswDiff.Forge;
using IpswDiff.Forge.MachO;

namespace IpswDiff.Formats.Tests.MachO;

/// <summary>Damaged input: faults that say where and what, and nothing else.</summary>
public sealed class MachODamageTests
{
    [Fact]
    public void Survives_damage_anywhere()
    {
        var survivors = 0;
        foreach (var original in Originals())
        {
            // Most structures lie in the first 2 KiB and in the signature at the end.
            foreach (var damaged in Mutator.Damage(original, 3000, seed: 11, hot: 2048).Concat(Mutator.Truncate(original, 200)))
            {
                survivors += ReadEverything(damaged) ? 1 : 0;
            }
        }

        Assert.NotEqual(0, survivors);
    }

    [Fact]
    public void Survives_damage_to_real_files()
    {
        var path = SampleFiles.Find("macho/ls-sequoia");
        if (path is null)
        {
            Assert.Skip("the optional sample macho/ls-sequoia is absent");
        }

        var original = File.ReadAllBytes(path);
        var faults = 0;
        foreach (var damaged in Mutator.Damage(original, 500, seed: 3, hot: 24).Concat(Mutator.Truncate(original, 50)))
        {
            faults += ReadEverything(damaged) ? 0 : 1;
        }

        Assert.NotEqual(0, faults);
    }

    [Fact]
    public void Load_commands_that_overrun_are_named()
    {
        Assert.Contains("load commands do not fit", Reason(bytes => Write(bytes, 16, 0x7FFF_FFFF)), StringComparison.Ordinal);
        Assert.Contains("is the file cut short", Reason(bytes => Write(bytes, 20, 0x7FFF_FFFF)), StringComparison.Ordinal);
        Assert.Contains("load command 0 (Segment64) states a size of 4294967295", Reason(bytes => Write(bytes, 36, uint.MaxValue)), StringComparison.Ordinal);
        Assert.Contains("states a size of 4 bytes", Reason(bytes => Write(bytes, 36, 4)), StringComparison.Ordinal);
        Assert.Contains("needs 72", Reason(bytes => Write(bytes, 36, 64)), StringComparison.Ordinal);
        Assert.Contains("sections do not fit", Reason(bytes => Write(bytes, 32 + 64, 4000)), StringComparison.Ordinal);
        Assert.Contains("pass the end of memory", Reason(bytes => bytes.AsSpan(32 + 24, 8).Fill(0xFF)), StringComparison.Ordinal);
    }

    [Fact]
    public void Strings_outside_their_command_are_named()
    {
        var reason = Reason(bytes => Write(bytes, Offset(bytes, LoadCommandKind.LoadDylib) + 8, 4096));
        Assert.Contains("the string of LoadDylib begins at byte 4096", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_symbol_table_is_refused()
    {
        var builder = ExampleImage.Create(MachOArch.Arm64, MachOFileType.Dylib);
        var second = new byte[24];
        second[0] = 2;
        second[4] = 24;
        builder.ExtraCommands.Add(second);
        var fault = Assert.Throws<FirmwareFormatException>(() => MachOFile.Open(new MemoryByteSource(builder.Build())));
        Assert.Contains("a second Symtab", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Sections_and_tables_outside_the_file_open_but_do_not_read()
    {
        var bytes = ExampleImage.Create(MachOArch.Arm64, MachOFileType.Dylib).Build()[..4096];
        var image = MachOImageTests.Open(bytes);
        Assert.Equal("__LINKEDIT", image.Segments[^1].Name);
        Assert.Contains("is it cut short", Assert.Throws<FirmwareFormatException>(() => image.Symbols!.CountKinds()).Reason, StringComparison.Ordinal);
        Assert.Throws<FirmwareFormatException>(() => image.OpenSection(image.FindSection("__DATA", "__data")!));
        Assert.Throws<FirmwareFormatException>(() => image.ReadCodeSignature());
        Assert.Throws<FirmwareFormatException>(() => image.ReadFunctionStarts());
    }

    [Fact]
    public void Addresses_without_bytes_are_refused()
    {
        var image = MachOImageTests.Open(ExampleImage.Create(MachOArch.Arm64, MachOFileType.Execute).Build());
        Assert.Throws<FirmwareFormatException>(() => image.OpenAddress(0, 1));
        Assert.Throws<FirmwareFormatException>(() => image.OpenAddress(image.BaseAddress, long.MaxValue));
        Assert.Throws<FirmwareFormatException>(() => image.OpenAddress(image.BaseAddress, -1));
        Assert.Equal(0, image.OpenSection(image.FindSection("__DATA", "__bss")!).Length);
    }

    [Fact]
    public void A_slice_outside_a_fat_file_is_named()
    {
        var bytes = FatBuilder.Build([(MachOArch.Arm64, ExampleImage.Create(MachOArch.Arm64, MachOFileType.Dylib).Build())]);
        var fault = Assert.Throws<FirmwareFormatException>(() => MachOFile.Open(new MemoryByteSource(bytes.AsMemory(0, bytes.Length - 1))));
        Assert.Contains("slice 0 (arm64)", fault.Reason, StringComparison.Ordinal);
        Assert.Equal(8, fault.Offset);
    }

    [Fact]
    public void A_slice_that_is_a_static_library_is_named()
    {
        var bytes = FatBuilder.Build([(MachOArch.Arm64, [.. "!<arch>\n"u8, .. new byte[100]])]);
        var fault = Assert.Throws<FirmwareFormatException>(() => MachOFile.Open(new MemoryByteSource(bytes)));
        Assert.Contains("static library", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Empty_tables_may_lie_anywhere()
    {
        var bytes = new MachOBuilder(MachOArch.Arm64, MachOFileType.Dylib).Build();
        Write(bytes, Offset(bytes, LoadCommandKind.Symtab) + 8, 0x7FFF_0000);
        Assert.Equal(0, MachOImageTests.Open(bytes).Symbols!.CountKinds().Total);
    }

    [Theory]
    [InlineData(new byte[] { 0x84 }, "end within a number")]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F }, "more than 64 bits")]
    [InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01 }, "more than 64 bits")]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0x7F }, "passes the end of memory")]
    public void Damaged_function_starts_are_refused(byte[] table, string reason)
    {
        var image = MachOImageTests.Open(new MachOBuilder(MachOArch.Arm64, MachOFileType.Dylib).Build());
        var fault = Assert.Throws<FirmwareFormatException>(() => FunctionStarts.Read(new MemoryByteSource(table), image));
        Assert.Contains(reason, fault.Reason, StringComparison.Ordinal);
    }

    private static IEnumerable<byte[]> Originals()
    {
        var builder = ExampleImage.Create(MachOArch.Arm64e, MachOFileType.Execute);
        builder.Signer!.HashTypes = [CodeHashType.Sha1, CodeHashType.Sha256];
        yield return builder.Build();
        yield return ExampleImage.Create(MachOArch.I386, MachOFileType.Dylib).Build();
        yield return FatBuilder.Build([(MachOArch.PowerPC, ExampleImage.Create(MachOArch.PowerPC, MachOFileType.Object).Build())], fat64: true);
    }

    /// <summary>Reads all that a reader offers; false for a fault. Any other exception fails the test.</summary>
    private static bool ReadEverything(byte[] bytes)
    {
        try
        {
            if (!MachOFile.TryOpen(new MemoryByteSource(bytes), out var file))
            {
                return false;
            }

            foreach (var image in file.Slices)
            {
                Read(image);
            }

            return true;
        }
        catch (FirmwareFormatException)
        {
            return false;
        }
    }

    private static void Read(MachOImage image)
    {
        var starts = image.ReadFunctionStarts();
        starts?.GetEnds(new ulong[starts.Count]);
        image.CountCStrings();
        if (image.Symbols is not null)
        {
            MachOImageTests.Names(image);
        }

        foreach (var section in image.Sections)
        {
            image.OpenSection(section);
        }

        if (image.ReadCodeSignature() is { } signature)
        {
            _ = signature.CdHash;
            signature.ReadEntitlements();
            signature.ReadRequirements();
            if (signature.ReadEntitlementsDer() is { } der)
            {
                DerEntitlements.Decode(der);
            }

            foreach (var directory in signature.CodeDirectories)
            {
                directory.ReadSpecialHash(CodeSlot.Entitlements);
                if (directory.CodeSlotCount > 0)
                {
                    directory.ReadCodeHash((int)Math.Min(int.MaxValue, directory.CodeSlotCount - 1));
                }
            }
        }
    }

    private static string Reason(Action<byte[]> damage)
    {
        var bytes = ExampleImage.Create(MachOArch.Arm64, MachOFileType.Dylib).Build();
        damage(bytes);
        return Assert.Throws<FirmwareFormatException>(() => MachOFile.Open(new MemoryByteSource(bytes))).Reason;
    }

    private static int Offset(byte[] bytes, LoadCommandKind kind) =>
        MachOImageTests.Open(bytes).LoadCommands.First(command => command.Kind == kind).Offset;

    private static void Write(byte[] bytes, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);
}

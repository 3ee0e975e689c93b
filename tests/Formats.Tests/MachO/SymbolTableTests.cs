using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Forge;
using IpswDiff.Forge.MachO;

namespace IpswDiff.Formats.Tests.MachO;

public sealed class SymbolTableTests
{
    [Fact]
    public void Classifies_symbols_as_the_linker_does()
    {
        var builder = new MachOBuilder(MachOArch.Arm64, MachOFileType.Dylib);
        var text = builder.AddCode(new byte[64]);
        builder.AddUndefined("_u");
        builder.AddExternal("_e", text, 0);
        builder.AddLocal("_l", text, 4);
        builder.AddDebug("/tmp/a.o");
        builder.Symbols.Add(new MachOSymbolPlan("_p", MachOSymbolPlan.PrivateExternal, text, 8, 0));
        builder.Symbols.Add(new MachOSymbolPlan("_common", 0x01, null, 16, 0));
        builder.Symbols.Add(new MachOSymbolPlan("_absolute", 0x03, null, 0x1234, 0));
        builder.Symbols.Add(new MachOSymbolPlan("_prebound", 0x0D, null, 0, 0));
        var image = MachOImageTests.Open(builder.Build());
        var kinds = new Dictionary<string, SymbolKind>(StringComparer.Ordinal);
        foreach (var symbol in image.Symbols!)
        {
            kinds.Add(Encoding.UTF8.GetString(symbol.Name), symbol.Kind);
        }

        Assert.Equal(SymbolKind.Undefined, kinds["_u"]);
        Assert.Equal(SymbolKind.External, kinds["_e"]);
        Assert.Equal(SymbolKind.Local, kinds["_l"]);
        Assert.Equal(SymbolKind.Debug, kinds["/tmp/a.o"]);
        Assert.Equal(SymbolKind.Local, kinds["_p"]);
        Assert.Equal(SymbolKind.External, kinds["_common"]);
        Assert.Equal(SymbolKind.External, kinds["_absolute"]);
        Assert.Equal(SymbolKind.Undefined, kinds["_prebound"]);
        Assert.Equal(new SymbolCounts(2, 3, 2, 1), image.Symbols.CountKinds());
    }

    [Fact]
    public void Tells_private_and_weak_definitions_from_others()
    {
        var builder = new MachOBuilder(MachOArch.Arm64, MachOFileType.Dylib);
        var text = builder.AddCode(new byte[64]);
        builder.AddExternal("_export", text, 0);
        builder.AddWeak("_weak", text, 4);
        builder.AddPrivate("_private", text, 8);
        builder.AddLocal("_local", text, 12);
        builder.Symbols.Add(new MachOSymbolPlan("_weak_private", MachOSymbolPlan.PrivateExternal, text, 16, MachOSymbolPlan.WeakDefinition));

        // Of these the same bits mean how a common symbol is aligned, how a weak import is bound, where a debugger's function lies.
        builder.Symbols.Add(new MachOSymbolPlan("_common", 0x01, null, 16, MachOSymbolPlan.WeakDefinition));
        builder.Symbols.Add(new MachOSymbolPlan("_import", MachOSymbolPlan.Undefined, null, 0, 0x1C0));
        builder.Symbols.Add(new MachOSymbolPlan("_stab", 0x30, null, 0, MachOSymbolPlan.WeakDefinition));
        var traits = new Dictionary<string, (bool IsPrivate, bool IsWeak)>(StringComparer.Ordinal);
        foreach (var symbol in MachOImageTests.Open(builder.Build()).Symbols!)
        {
            traits.Add(Encoding.UTF8.GetString(symbol.Name), (symbol.IsPrivateExternal, symbol.IsWeakDefinition));
        }

        Assert.Equal(["_private", "_weak_private"], traits.Where(static entry => entry.Value.IsPrivate).Select(static entry => entry.Key).Order(StringComparer.Ordinal));
        Assert.Equal(["_weak", "_weak_private"], traits.Where(static entry => entry.Value.IsWeak).Select(static entry => entry.Key).Order(StringComparer.Ordinal));
        Assert.Equal(8, traits.Count);
    }

    [Fact]
    public void A_name_outside_the_string_table_is_empty()
    {
        var builder = new MachOBuilder(MachOArch.Arm64, MachOFileType.Dylib);
        builder.AddUndefined("_good");
        builder.AddUndefined("_bad");
        var bytes = builder.Build();
        PatchNameIndex(bytes, 1, 0xFFFF_FFF0);
        Assert.Equal(["_good", string.Empty], MachOImageTests.Names(MachOImageTests.Open(bytes)));
    }

    [Theory]
    [InlineData(40_000, 12)]
    [InlineData(3, 200_000)]
    [InlineData(700, 65_536)]
    public void Reads_the_same_names_whole_and_in_pages(int count, int length)
    {
        // A table is read in pages when it is out of proportion to its symbols; both ways must agree at every seam.
        var builder = new MachOBuilder(MachOArch.Arm64, MachOFileType.Dylib);
        var names = Enumerable.Range(0, count)
            .Select(i => i.ToString("d8", CultureInfo.InvariantCulture) + new string('x', Math.Max(0, length - 8 - (i % 5)))).ToList();
        names.ForEach(name => builder.AddUndefined(name));
        Assert.Equal(names, MachOImageTests.Names(MachOImageTests.Open(builder.Build())));
    }

    [Fact]
    public void Reads_names_that_jump_about_in_a_huge_table()
    {
        var random = new ForgeRandom(5);
        var table = new byte[20 << 20];
        var expected = new Dictionary<uint, string>();
        for (var at = 1; at < table.Length - 64; at += 50 + random.Next(300_000))
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"_name{at}");
            Encoding.ASCII.GetBytes(name).CopyTo(table, at);
            expected.Add((uint)at, name);
        }

        using var reader = new StringTableReader(new MemoryByteSource(table), expected.Count);
        foreach (var (index, name) in expected.OrderBy(pair => (pair.Key * 2654435761u) >> 3))
        {
            Assert.Equal(name, Encoding.ASCII.GetString(reader.GetName(index)));
        }

        Assert.True(reader.GetName((uint)table.Length).IsEmpty);
    }

    [Fact]
    public void The_last_name_may_lack_its_end()
    {
        using var reader = new StringTableReader(new MemoryByteSource("\0_a\0_tail"u8.ToArray()), 2);
        Assert.Equal("_tail", Encoding.ASCII.GetString(reader.GetName(4)));
    }

    [Theory]
    [InlineData(8 << 20, 100_000)]
    [InlineData(32 << 20, 4)]
    public void A_table_without_ends_is_refused(int size, int symbols)
    {
        var table = new byte[size];
        Array.Fill(table, (byte)'x');
        using var reader = new StringTableReader(new MemoryByteSource(table), symbols);
        Assert.Throws<FirmwareFormatException>(() => reader.GetName(0).Length);
    }

    [Fact]
    public void Names_that_all_share_one_long_tail_are_refused()
    {
        var table = new byte[1 << 20];
        Array.Fill(table, (byte)'x', 0, table.Length - 1);
        using var reader = new StringTableReader(new MemoryByteSource(table), 100);
        var fault = Assert.Throws<FirmwareFormatException>(() =>
        {
            for (var i = 0u; i < 100; i++)
            {
                reader.GetName(i);
            }
        });
        Assert.Contains("overlap", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Enumeration_allocates_nothing_for_a_symbol()
    {
        var builder = new MachOBuilder(MachOArch.Arm64, MachOFileType.Dylib);
        for (var i = 0; i < 50_000; i++)
        {
            builder.AddUndefined(string.Create(CultureInfo.InvariantCulture, $"_symbol{i}"));
        }

        var image = MachOImageTests.Open(builder.Build());
        Walk(image);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var total = Walk(image);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(Enumerable.Range(0, 50_000).Sum(static i => 7 + i.ToString(CultureInfo.InvariantCulture).Length), total);
        Assert.InRange(allocated, 0, 10_000);
    }

    private static long Walk(MachOImage image)
    {
        var total = 0L;
        foreach (var symbol in image.Symbols!)
        {
            total += symbol.Name.Length;
        }

        return total;
    }

    private static void PatchNameIndex(byte[] bytes, int symbol, uint index)
    {
        var image = MachOImageTests.Open(bytes);
        var command = image.LoadCommands.Single(static command => command.Kind == LoadCommandKind.Symtab);
        var offset = BinaryPrimitives.ReadUInt32LittleEndian(image.GetCommandBytes(command)[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan((int)offset + (symbol * 16)), index);
    }
}

using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Reports;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;
using IpswDiff.Forge.MachO;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Tests.Binaries;

public sealed class SymbolComparisonTests
{
    private static readonly DiffOptions Options = new() { OldPath = "old", NewPath = "new", Functions = true, Budget = MemoryBudget.Divide(256 << 20, 1) };

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Says_what_became_of_each_name_and_nothing_of_one_for_another(bool isReversed, bool is32Bit)
    {
        var (old, @new) = (Planted(isReversed, is32Bit), Planted(!isReversed, is32Bit));
        var change = Compare(old, @new);
        Assert.Equal(SymbolPlants.Says(isReversed), SymbolLines.Of(change));
        var (before, after) = SymbolPlants.Counts;
        Assert.Equal(isReversed ? (after, before) : (before, after), (change.Old!.Symbols, change.New!.Symbols));
        Assert.Equal(change.New.Symbols, new BinaryComparison(BinaryPolicy.Standalone, Options).Describe(@new).Symbols);
    }

    [Fact]
    public void Parts_that_a_compiler_split_off_are_residue()
    {
        var change = Compare(
            Image(static (image, text) => image.AddExternal("_whole", text, 0)),
            Image(static (image, text) =>
            {
                image.AddLocal("_whole.cold.1", text, 16);
                image.AddExternal("_whole", text, 0);
            }));
        Assert.Equal(["+ local _whole.cold.1"], SymbolLines.Of(change));
        var symbols = new SliceChange { Arch = change.Arch, Old = change.Old, New = change.Old, What = ["symbols"], Symbols = change.Symbols };
        var item = new ReportItem { Path = "/x" };
        Assert.Equal(ChangeClass.Residue, ItemSignal.Of(ItemClasses.OfBinaries, ItemGroup.Changed, item, new ItemDetails { Path = "/x", Slices = [symbols] }).Class);
        Assert.Contains("1 parts and clones a compiler split off", BinaryChangeText.Body(symbols, PageStyle.FoldResidue), StringComparison.Ordinal);
    }

    [Fact]
    public void Images_that_differ_in_a_debuggers_entries_alone_have_the_same_symbols()
    {
        var change = Compare(
            Image(static (image, text) => image.AddExternal("_f", text, 0)),
            Image(static (image, text) =>
            {
                image.AddDebug("/build/f.o");
                image.AddDebug("_f", MachOSymbolPlan.StabFunction);
                image.AddExternal("_f", text, 0);
            }));
        Assert.DoesNotContain("symbols", change.What);
        Assert.Equal((1, 1), (change.Old!.Symbols, change.New!.Symbols));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Images_that_differ_in_a_kind_alone_are_not_the_same(bool isPrivate)
    {
        // Name, order and place are the same.
        var change = Compare(
            Image((image, text) => _ = isPrivate ? image.AddLocal("_f", text, 0) : image.AddExternal("_f", text, 0)),
            Image((image, text) => _ = isPrivate ? image.AddPrivate("_f", text, 0) : image.AddWeak("_f", text, 0)));
        Assert.Equal(isPrivate ? ["~ local -> private _f"] : ["~ export -> weak _f"], SymbolLines.Of(change));
        Assert.Contains("symbols", change.What);
    }

    [Fact]
    public void A_function_is_not_taken_for_the_part_split_off_it()
    {
        // The whole changes and halves; the part comes, as large as the whole was.
        var old = Image(static (image, text) =>
        {
            Function(image, text, "_f", 0x40, 0x80, 1);
            text.Bytes = text.Bytes[..0xC0];
        });
        var @new = Image(static (image, text) =>
        {
            Function(image, text, "_f.cold.1", 0x40, 0x80, 2);
            Function(image, text, "_f", 0xC0, 0x40, 3);
            text.Bytes = text.Bytes[..0x100];
        });
        var functions = Compare(old, @new).Functions!;
        Assert.Equal([("_f", 0x80L, 0x40L)], functions.Changed.Select(static function => (function.Name, function.OldSize, function.NewSize)));
        Assert.Equal([new FunctionSize("_f.cold.1", 0x80)], functions.Added);
        Assert.Empty(functions.Removed);
    }

    private static void Function(MachOBuilder image, MachOSectionPlan text, string name, int offset, int size, uint seed)
    {
        for (var i = 0; i < size; i += 4)
        {
            // Additions of registers, none of them with an address.
            BitConverter.TryWriteBytes(text.Bytes.AsSpan(offset + i), 0x8B020020u + (((uint)i + seed) % 31));
        }

        image.AddFunction(text, offset);
        _ = name.Contains(".cold", StringComparison.Ordinal) ? image.AddLocal(name, text, offset) : image.AddExternal(name, text, offset);
    }

    private static MachOImage Planted(bool isNew, bool is32Bit) => Image((image, text) => SymbolPlants.Add(image, text, isNew), is32Bit ? MachOArch.Armv7 : MachOArch.Arm64e);

    private static MachOImage Image(Action<MachOBuilder, MachOSectionPlan> edit, MachOArch? arch = null)
    {
        var image = new MachOBuilder(arch ?? MachOArch.Arm64, MachOFileType.Dylib) { InstallName = "/usr/lib/a.dylib" };
        image.AddDylib("/usr/lib/libSystem.B.dylib");
        edit(image, image.AddCode(new byte[0x200]));
        return MachOImage.Open(new MemoryByteSource(image.Build()));
    }

    private static SliceChange Compare(MachOImage old, MachOImage @new) => new BinaryComparison(BinaryPolicy.Standalone, Options).Compare(old, @new);
}

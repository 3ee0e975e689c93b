using System.Buffers.Binary;
using CsCheck;
using IpswDiff.Diffing.Binaries.Code;
using IpswDiff.Forge.MachO;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Tests.Binaries;

public sealed class FunctionFingerprintsTests
{
    private const uint Return = 0xD65F03C0;
    private const uint Nop = 0xD503201F;
    private const uint Pacibsp = 0xD503237F;

    [Theory]
    [InlineData("arm64", 0, 0)]
    [InlineData("arm64", 4, 0)]
    [InlineData("arm64", 4096, 12345 * 8)]
    [InlineData("arm64", 2_000_000, 0)]
    [InlineData("arm64", 40, 3_000_000)]
    [InlineData("x86_64", 4096, 12345 * 8)]
    [InlineData("x86_64", 2_000_001, 0)]
    [InlineData("x86_64", 3, 3_000_000)]
    public void Relocated_code_keeps_its_fingerprints(string arch, int codePadding, int dataPadding)
    {
        using var code = CompiledCode.Open();
        var expected = ByName(code.Build("a", arch: arch));
        Assert.Equal(CompiledCode.Functions.Length, CompiledCode.Functions.Count(expected.ContainsKey));
        Assert.Equal(CompiledCode.Functions.Length, CompiledCode.Functions.Select(name => expected[name]).Distinct().Count());

        // Near targets are reached by shorter forms unless the linker is told not to use them.
        foreach (var options in (string[][])[[], ["-ignore_optimization_hints"], ["-no_fixup_chains"]])
        {
            var found = ByName(code.Build("b", CompiledCode.Functions.Reverse(), codePadding, dataPadding, linkerOptions: options, arch: arch));
            foreach (var name in CompiledCode.Functions)
            {
                Assert.True(expected[name] == found[name], $"{name} with {string.Join(' ', options)}");
            }
        }
    }

    [Theory]
    [InlineData("1234.5678 +", "1234.5678 -", "_scale")]
    [InlineData("bytes[7] ^= n", "bytes[7] |= n", "_touch")]
    [InlineData("n < 2", "n < 3", "_fib")]
    [InlineData("i < 10", "i < 9", "_find")]
    [InlineData("case 5: return outside(\"five\")", "case 5: return outside(\"five\", n)", "_choose")]
    public void A_changed_function_changes_its_fingerprint_alone(string from, string to, string function)
    {
        using var code = CompiledCode.Open();
        foreach (var arch in (string[])["arm64", "x86_64"])
        {
            var before = ByName(code.Build("a", arch: arch));
            var after = ByName(code.Build("b", change: source => source.Replace(from, to, StringComparison.Ordinal), arch: arch));
            Assert.Equal([function], CompiledCode.Functions.Where(name => before[name] != after[name]));
        }
    }

    [Fact]
    public void Any_other_instruction_gives_another_fingerprint()
    {
        using var code = CompiledCode.Open();
        var image = code.Build("a");
        var section = image.FindSection("__TEXT", "__text")!;
        var functions = FunctionFingerprints.Read(image);
        var bytes = image.OpenSection(section).ReadBytes(0, (int)section.Size);
        var words = (from index in Enumerable.Range(0, functions.Count)
                     where functions.Sizes[index] < 10_000
                     from word in Enumerable.Range(0, (int)functions.Sizes[index] / 4)
                     select (Function: index, Offset: (int)(functions.Starts[index] - section.Address) + (word * 4))).ToArray();

        // An add of a constant, a move and a return are no address of anything, whatever stood there.
        Gen.Select(Gen.Int[0, words.Length - 1], Gen.OneOf(Gen.Const(0x91000400u), Gen.Const(0xAA0103E0u), Gen.Const(Return), Gen.Const(0xF9400000u))).Sample((at, word) =>
        {
            var (function, offset) = words[at];
            var old = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(offset));
            if (old == Nop || old == 0 || old == word)
            {
                return;
            }

            var changed = bytes.ToArray();
            BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(offset), word);
            var start = (int)(functions.Starts[function] - section.Address);
            var size = (int)functions.Sizes[function];
            Assert.NotEqual(Of(bytes.AsSpan(start, size)), Of(changed.AsSpan(start, size)));
        });
    }

    [Fact]
    public void The_table_of_plain_instructions_agrees_with_looking_at_each() => Gen.UInt.Array[0, 300].Sample(words =>
    {
        // Half of them work on a register that an adrp has just written.
        for (var i = 1; i < words.Length; i += 2)
        {
            words[i - 1] = 0x90000000 | (words[i - 1] & 0x60FFFFFF);
            words[i] = (words[i] & ~0x3E0u) | ((words[i - 1] & 31) << 5);
        }

        var (all, each) = (new List<uint>(), new List<uint>());
        var atOnce = new Arm64Tokens<ListSink>(new ListSink(all), (ulong)words.Length * 4, 0, new PageLabels());
        atOnce.Add(Bytes(words));
        var oneByOne = new Arm64Tokens<ListSink>(new ListSink(each), (ulong)words.Length * 4, 0, new PageLabels());
        foreach (var word in words)
        {
            oneByOne.Add(word);
        }

        Assert.Equal(each, all);
    });

    [Fact]
    public void Padding_behind_a_function_does_not_count()
    {
        var plain = Of([0x52800020, Return]);
        Assert.Equal(plain, Of([0x52800020, Return, Nop, Nop]));
        Assert.Equal(plain, Of([0x52800020, Return, 0, 0, 0]));
        Assert.NotEqual(plain, Of([0x52800020, 0, Return]));
        Assert.NotEqual(plain, Of([0x52800020, Return, Return]));
    }

    [Fact]
    public void Branches_within_a_function_keep_their_distance()
    {
        // b +8 over one instruction, and b +12 over two.
        Assert.NotEqual(Of([0x14000002, Return, Return, Return]), Of([0x14000003, Return, Return, Return]));
        Assert.Equal(Of([0x14000400, Return]), Of([0x14008000, Return]));
        Assert.NotEqual(Of([0x14000400, Return]), Of([0x94000400, Return]));
        Assert.Equal(Of([0xB4001000, Return]), Of([0xB4002000, Return]));
        Assert.NotEqual(Of([0xB4001000, Return]), Of([0xB4001001, Return]));
        Assert.NotEqual(Of([0x36000040, Return, Return, Return]), Of([0x36000060, Return, Return, Return]));
    }

    [Fact]
    public void Offsets_from_other_registers_count()
    {
        // adrp x8; ldr x0, [x8, #n] is an address; ldr x0, [x9, #n] is a field, and so is [x8, #n] once x8 was written or may have been.
        Assert.Equal(Of([0x90000008, 0xF9400500, Return]), Of([0xB0000008, 0xF9400900, Return]));
        Assert.NotEqual(Of([0x90000008, 0xF9400520, Return]), Of([0x90000008, 0xF9400920, Return]));
        Assert.NotEqual(Of([0x90000008, 0xAA0903E8, 0xF9400500, Return]), Of([0x90000008, 0xAA0903E8, 0xF9400900, Return]));
        Assert.NotEqual(Of([0x90000008, 0x94100000, 0xF9400500, Return]), Of([0x90000008, 0x94100000, 0xF9400900, Return]));
        Assert.NotEqual(Of([0x90000008, 0xF9400500, Return]), Of([0x90000009, 0xF9400500, Return]));
        Assert.NotEqual(Of([0x90000008, 0x91002108, Return]), Of([0x90000008, 0x91002109, Return]));
    }

    [Fact]
    public void Functions_without_a_table_begin_where_return_addresses_are_signed()
    {
        uint[] words = [Return, Pacibsp, 0x52800020, Return, Pacibsp, 0x52800040, Return];
        var builder = new MachOBuilder(MachOArch.Arm64e, MachOFileType.Dylib) { InstallName = "/usr/lib/a.dylib" };
        var text = builder.AddCode(Bytes(words));
        var functions = FunctionFingerprints.Read(MachOImage.Open(new MemoryByteSource(builder.Build())));
        Assert.Equal([text.Address + 4, text.Address + 16], functions.Starts.ToArray());
        Assert.Equal([12L, 12L], functions.Sizes.ToArray());
        Assert.Equal([Of(words.AsSpan(1, 3)), Of(words.AsSpan(4, 3))], functions.Values.ToArray());
        Assert.True(functions.IsExact);
    }

    [Fact]
    public void A_function_longer_than_the_buffer_is_read_whole()
    {
        var words = new uint[300_000];
        Array.Fill(words, 0x91000400u);
        var before = Of(words);
        words[^1] = 0x91000800;
        Assert.NotEqual(before, Of(words));
    }

    private static Dictionary<string, ulong> ByName(MachOImage image)
    {
        var functions = FunctionFingerprints.Read(image);
        var names = new Dictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var symbol in image.Symbols!)
        {
            var index = functions.Starts.BinarySearch(symbol.Value);
            if (symbol.Kind == SymbolKind.External && index >= 0)
            {
                names[System.Text.Encoding.UTF8.GetString(symbol.Name)] = functions.Values[index];
            }
        }

        return names;
    }

    [Theory]
    [InlineData("an early exit clears the page that a later block uses", true,
        "14000090 600000B4 F44F41A9 C0035FD6 880640F9", "140000B0 600000B4 F44F41A9 C0035FD6 880A40F9")]
    [InlineData("a page is moved to another register", true, "08000090 E90308AA 200540F9 C0035FD6",
        "080000B0 E90308AA 200940F9 C0035FD6")]
    [InlineData("a call that does not return loses no page of the block behind it", true,
        "08000090 400000B4 00040094 000540F9 C0035FD6", "080000B0 400000B4 00080094 000940F9 C0035FD6")]
    [InlineData("a block that is branched to from before a page was set has none", false,
        "610000B4 00000090 C0035FD6 000440F9", "610000B4 00000090 C0035FD6 000840F9")]
    public void Pages_are_followed_along_branches(string why, bool isSame, string left, string right)
    {
        var (old, @new) = (Convert.FromHexString(left.Replace(" ", string.Empty, StringComparison.Ordinal)),
            Convert.FromHexString(right.Replace(" ", string.Empty, StringComparison.Ordinal)));
        Assert.True(isSame == (Of(old) == Of(@new)), why);
    }

    private static ulong Of(ReadOnlySpan<byte> code) => FunctionFingerprints.OfCode(new MemoryByteSource(code.ToArray()), InstructionSet.Arm64);

    private static ulong Of(ReadOnlySpan<uint> words) => Of(Bytes(words));

    private static byte[] Bytes(ReadOnlySpan<uint> words) => System.Runtime.InteropServices.MemoryMarshal.AsBytes(words).ToArray();

    private readonly struct ListSink(List<uint> tokens) : ITokenSink
    {
        public void Add(uint token) => tokens.Add(token);
    }
}

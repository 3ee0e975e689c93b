using CsCheck;
using IpswDiff.Diffing.Binaries.Code;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Tests.Binaries;

public sealed class X86TokensTests
{
    [Theory]
    [InlineData("E800100000C3", "E800200000C3", true)] // call outside
    [InlineData("E800100000C3", "E900100000C3", false)] // call, jmp
    [InlineData("EB00C3", "EB01C3", false)] // a near jump
    [InlineData("0F8400100000C3", "0F8400110000C3", true)] // je outside
    [InlineData("0F8400100000C3", "0F8500100000C3", false)] // je, jne
    [InlineData("E90100000090C3C3", "E90000000090C3C3", false)] // jmp within
    [InlineData("488D0500100000C3", "488D0500200000C3", true)] // lea rax, [rip + n]
    [InlineData("488D0500100000C3", "488D0D00100000C3", false)] // rax, rcx
    [InlineData("C7050010000001000000C3", "C7050020000001000000C3", true)] // mov [rip + n], 1
    [InlineData("C7050010000001000000C3", "C7050010000002000000C3", false)] // 1, 2
    [InlineData("3D00100000C3", "3D00200000C3", false)] // cmp eax, n
    [InlineData("488B8700100000C3", "488B8700200000C3", false)] // mov rax, [rdi + n]
    [InlineData("C3", "C390", true)] // padding
    [InlineData("C3", "C3660F1F440000", true)]
    [InlineData("C3", "C3CCCCCC", true)]
    [InlineData("C3", "C3000000", true)]
    [InlineData("C3", "C30000C3", false)]
    [InlineData("C3", "C3C3", false)]
    [InlineData("0F0BC3", "CC0F0BC3", false)] // a trap that is no padding
    public void What_moves_is_left_out_and_nothing_else(string left, string right, bool isSame) =>
        Assert.Equal(isSame, Of(Convert.FromHexString(left)) == Of(Convert.FromHexString(right)));

    [Fact]
    public void Where_code_is_cut_into_pieces_does_not_matter() => Gen.Select(Gen.Byte.Array[1, 400], Gen.Int[15, 60]).Sample((code, piece) =>
    {
        var (whole, pieces) = (new List<uint>(), new List<uint>());
        var atOnce = new X86Tokens<ListSink>(new ListSink(whole), (ulong)code.Length, 0);
        Assert.Equal(code.Length, atOnce.Add(code, isLast: true));
        var inPieces = new X86Tokens<ListSink>(new ListSink(pieces), (ulong)code.Length, 0);
        for (var at = 0; at < code.Length;)
        {
            var length = Math.Min(piece, code.Length - at);
            at += inPieces.Add(code.AsSpan(at, length), at + length == code.Length);
        }

        Assert.Equal(whole, pieces);
    });

    [Fact]
    public void A_function_longer_than_the_buffer_is_read_whole()
    {
        // 300,000 times lea of an address that moves, then ret.
        var code = Enumerable.Repeat<byte[]>([0x48, 0x8D, 0x05, 0, 0, 0, 0x70], 300_000).SelectMany(bytes => bytes).Append((byte)0xC3).ToArray();
        var before = Of(code);
        code[^3]++;
        Assert.Equal(before, Of(code));
        code[^6]++;
        Assert.NotEqual(before, Of(code));
    }

    private static ulong Of(byte[] code) => FunctionFingerprints.OfCode(new MemoryByteSource(code), InstructionSet.X86);

    private readonly struct ListSink(List<uint> tokens) : ITokenSink
    {
        public void Add(uint token) => tokens.Add(token);
    }
}

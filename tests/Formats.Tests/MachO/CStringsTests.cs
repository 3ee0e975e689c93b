using System.Text;
using CsCheck;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Forge.MachO;

namespace IpswDiff.Formats.Tests.MachO;

public sealed class CStringsTests
{
    [Fact]
    public void Hands_out_every_string_with_its_place()
    {
        Assert.Equal(["0:ab:True", "3::True", "4:c:True", "6:d:False"], List("ab\0\0c\0d"u8.ToArray()));
        Assert.Empty(List([]));
        Assert.Equal(["0::True"], List([0]));
    }

    [Fact]
    public void Agrees_with_a_simple_split_whatever_the_bytes()
    {
        Gen.Int[0, 3].Array[0, 300_000].Sample(
            values =>
            {
                var bytes = values.Select(static value => (byte)value).ToArray();
                var expected = Encoding.Latin1.GetString(bytes).Split('\0').ToList();
                var terminated = expected.Take(expected.Count - 1).ToList();
                var actual = new List<string>();
                foreach (var text in new CStrings(new MemoryByteSource(bytes)))
                {
                    actual.Add(Encoding.Latin1.GetString(text.Bytes));
                }

                Assert.Equal(expected[^1].Length == 0 ? terminated : expected, actual);
                Assert.Equal(terminated.Count(static text => text.Length > 0), new CStrings(new MemoryByteSource(bytes)).CountNonEmpty());
            },
            iter: 30);
    }

    [Fact]
    public void A_string_longer_than_a_piece_comes_in_pieces()
    {
        var bytes = new byte[CStrings.MaxPiece + 10];
        Array.Fill(bytes, (byte)'x', 0, CStrings.MaxPiece + 5);
        var lengths = new List<(int, bool)>();
        foreach (var text in new CStrings(new MemoryByteSource(bytes)))
        {
            lengths.Add((text.Bytes.Length, text.IsTerminated));
        }

        Assert.Equal([(CStrings.MaxPiece, false), (5, true), (0, true), (0, true), (0, true), (0, true)], lengths);
        Assert.Equal(1, new CStrings(new MemoryByteSource(bytes)).CountNonEmpty());
    }

    [Fact]
    public void Counts_the_strings_of_literal_sections_only()
    {
        var builder = new MachOBuilder(MachOArch.Arm64, MachOFileType.Dylib);
        builder.AddCStrings(["a", "", "b"]);
        builder.AddCStrings(["method:"], name: "__objc_methname");
        builder.AddSection("__TEXT", "__const", "not\0counted\0"u8.ToArray());
        Assert.Equal(3, MachOImageTests.Open(builder.Build()).CountCStrings());
    }

    private static List<string> List(byte[] bytes)
    {
        var list = new List<string>();
        foreach (var text in new CStrings(new MemoryByteSource(bytes)))
        {
            list.Add($"{text.Offset}:{Encoding.UTF8.GetString(text.Bytes)}:{text.IsTerminated}");
        }

        return list;
    }
}

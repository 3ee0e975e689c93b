using System.Buffers.Binary;
using System.Text;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Tests.MachO;

public sealed class SymbolScanTests
{
    [Theory]
    [InlineData(40, 100)]
    [InlineData(20_000, 9_000)]
    [InlineData(9_000, 600_000)]
    public void Visits_every_symbol_once_with_its_place(int symbols, int names)
    {
        var (table, expected, _) = Build(symbols, names, seed: symbols);
        var seen = new string?[symbols];
        foreach (var (ordinal, name) in Scan(table.Scan()))
        {
            Assert.Null(seen[ordinal]);
            seen[ordinal] = name;
        }

        Assert.Equal(expected, seen);
    }

    [Fact]
    public void Visits_those_asked_for_alone()
    {
        var (table, expected, _) = Build(20_000, 400_000, seed: 4);
        uint[] wanted = [0, 1, 8191, 8192, 8193, 16_000, 19_999];
        Assert.Equal(
            wanted.Select(ordinal => (ordinal, expected[ordinal])),
            Scan(table.Scan(wanted)).OrderBy(found => found.Ordinal));
        Assert.Empty(Scan(table.Scan([])));
    }

    [Fact]
    public void Reads_little_more_of_a_shared_string_table_than_it_needs()
    {
        // 2,000 names of one image, strewn over the names of a thousand others.
        var (table, expected, source) = Build(2_000, 1_500_000, seed: 9);
        Assert.Equal(2_000, Scan(table.Scan()).Count);
        var needed = expected.Sum(name => name.Length + 1) + (2_000 * 16);
        Assert.InRange(source.Read, needed, needed + (2_000 * 512));
    }

    [Fact]
    public void Reads_names_longer_than_any_window()
    {
        var name = new string('n', 300_000);
        var strings = Encoding.ASCII.GetBytes("\0" + new string('x', 900_000) + "\0" + name + "\0short\0");
        var (table, _) = Table([(uint)(strings.Length - 6), (uint)900_002], strings);
        Assert.Equal([(0u, "short"), (1u, name)], Scan(table.Scan()).OrderBy(found => found.Ordinal));
    }

    private static List<(uint Ordinal, string Name)> Scan(SymbolScan scan)
    {
        var found = new List<(uint, string)>();
        try
        {
            while (scan.MoveNext())
            {
                found.Add((scan.Ordinal, Encoding.ASCII.GetString(scan.Current.Name)));
            }
        }
        finally
        {
            scan.Dispose();
        }

        return found;
    }

    private static (SymbolTable Table, string[] Names, CountingSource Source) Build(int symbols, int names, int seed)
    {
        var random = new Random(seed);
        var strings = new MemoryStream();
        strings.WriteByte(0);
        var offsets = new uint[names];
        for (var i = 0; i < names; i++)
        {
            offsets[i] = (uint)strings.Position;
            strings.Write(Encoding.ASCII.GetBytes($"_name_{i:x}"));
            strings.WriteByte(0);
        }

        var picked = Enumerable.Range(0, symbols).Select(_ => random.Next(names)).ToArray();
        var (table, source) = Table([.. picked.Select(name => offsets[name])], strings.ToArray());
        return (table, [.. picked.Select(name => $"_name_{name:x}")], source);
    }

    private static (SymbolTable Table, CountingSource Source) Table(uint[] indexes, byte[] strings)
    {
        var bytes = new byte[(indexes.Length * 16) + strings.Length];
        for (var i = 0; i < indexes.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 16), indexes[i]);
        }

        strings.CopyTo(bytes, indexes.Length * 16);
        var source = new CountingSource(bytes);
        var range = new SymtabRange(0, (uint)indexes.Length, indexes.Length * 16, (uint)strings.Length);
        return (new SymbolTable(new FileMachOBacking(source), range, is64: true, bigEndian: false), source);
    }

    private sealed class CountingSource(byte[] bytes) : ByteSource
    {
        public long Read { get; private set; }

        public override long Length => bytes.Length;

        protected override void ReadCore(long offset, Span<byte> destination)
        {
            Read += destination.Length;
            bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
        }
    }
}

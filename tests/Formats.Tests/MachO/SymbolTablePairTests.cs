using System.Buffers.Binary;
using System.Text;
using CsCheck;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Tests.MachO;

public sealed class SymbolTablePairTests
{
    private static readonly Gen<string> Name = Gen.Frequency(
        (8, Gen.Char['a', 'c'].Array[0, 6].Select(chars => new string(chars))),
        (1, Gen.Int[200, 3000].Select(length => new string('n', length))));

    private static readonly Gen<(string Name, byte Type)> Symbol = Gen.Select(Name, Gen.Int[0, 3].Select(i => (byte)(0x640F0E01 >> (i * 8))));

    [Fact]
    public void Tables_are_the_same_if_their_names_and_kinds_are_wherever_they_lie()
    {
        var (same, different) = (0, 0);
        Gen.Select(Symbol.Array[1, 40], Gen.Int[0, 100], Gen.Int[0, 100], Gen.Int[0, 3], Gen.Int[0, 39], Symbol).Sample((symbols, seed, otherSeed, change, place, symbol) =>
        {
            var others = symbols.ToArray();
            if (change == 0)
            {
                others[place % others.Length] = symbol;
            }

            var isSame = symbols.SequenceEqual(others);
            Assert.Equal(isSame, Table(symbols, seed).HasSameNames(Table(others, otherSeed)));
            Interlocked.Increment(ref isSame ? ref same : ref different);
        }, iter: 1000);
        Assert.True(same > 300 && different > 100, $"{same} same, {different} different");
    }

    [Fact]
    public void Tables_of_several_batches_are_compared_to_the_end()
    {
        var symbols = Enumerable.Range(0, 20_000).Select(i => ($"_name{i}", (byte)0x0F)).ToArray();
        Assert.True(Table(symbols, 1).HasSameNames(Table(symbols, 2)));
        var others = symbols.ToArray();
        others[^1] = ("_name19998", 0x0F);
        Assert.False(Table(symbols, 1).HasSameNames(Table(others, 2)));
        others[^1] = ("_name19999", 0x0E);
        Assert.False(Table(symbols, 1).HasSameNames(Table(others, 2)));
        Assert.False(Table(symbols, 1).HasSameNames(Table(symbols[..^1], 2)));
    }

    [Theory]
    [InlineData(0x0F, 0x80, false)]
    [InlineData(0x1E, 0, false)]
    [InlineData(0x0F, 0x100, true)]
    public void Weak_and_private_symbols_are_others(byte type, ushort description, bool isSame)
    {
        // The type of the other is what this one is without the bit in question.
        var other = Raw([1], "\0abc\0"u8.ToArray(), [(byte)(type & ~0x10)]);
        Assert.Equal(isSame, Raw([1], "\0abc\0"u8.ToArray(), [type], description: description).HasSameNames(other));
    }

    [Fact]
    public void The_last_name_may_lack_its_end()
    {
        var (table, other) = (Raw([1], "\0abc"u8.ToArray()), Raw([1], "\0abc\0"u8.ToArray()));
        Assert.False(table.HasSameNames(other));
        Assert.True(other.HasSameNames(Raw([3], "\0x\0abc\0"u8.ToArray())));
    }

    [Fact]
    public void Indices_outside_the_strings_are_no_proof()
    {
        var table = Raw([1, 900], "\0abc\0"u8.ToArray());
        Assert.False(table.HasSameNames(table));
    }

    /// <summary>Lays names out in an order of its own, some of them once for several symbols, with bytes of others between them.</summary>
    private static SymbolTable Table((string Name, byte Type)[] symbols, int seed)
    {
        var random = new Random(seed);
        var strings = new MemoryStream();
        strings.Write(new byte[1 + random.Next(3)]);
        var places = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (var name in seed % 2 == 0 ? symbols.Select(symbol => symbol.Name) : symbols.Select(symbol => symbol.Name).OrderBy(_ => random.Next()))
        {
            if (random.Next(4) == 0)
            {
                strings.Write(Encoding.ASCII.GetBytes(new string('x', random.Next(2000)) + "\0"));
            }

            if (!places.ContainsKey(name) || random.Next(2) == 0)
            {
                places[name] = (uint)strings.Length;
                strings.Write(Encoding.ASCII.GetBytes(name + "\0"));
            }
        }

        return Raw([.. symbols.Select(symbol => places[symbol.Name])], strings.ToArray(), [.. symbols.Select(symbol => symbol.Type)], random.Next());
    }

    private static SymbolTable Raw(uint[] indices, byte[] strings, byte[]? types = null, int value = 0, ushort description = 0)
    {
        var entries = new byte[indices.Length * 16];
        for (var i = 0; i < indices.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(entries.AsSpan(i * 16), indices[i]);
            entries[(i * 16) + 4] = types?[i] ?? 0x0F;
            BinaryPrimitives.WriteUInt16LittleEndian(entries.AsSpan((i * 16) + 6), description);

            // Addresses do not count; an undefined symbol has none.
            BinaryPrimitives.WriteInt32LittleEndian(entries.AsSpan((i * 16) + 8), types?[i] == 0x01 ? 0 : value + i);
        }

        var file = new MemoryByteSource((byte[])[.. entries, .. strings]);
        return new SymbolTable(
            new FileMachOBacking(file), new SymtabRange(0, (uint)indices.Length, entries.Length, (uint)strings.Length), is64: true, bigEndian: false);
    }
}

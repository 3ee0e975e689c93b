using System.Buffers.Binary;
using System.Text;

namespace IpswDiff.Forge.MachO.Swift;

/// <summary>Bytes that refer to each other by distances of 32 bits, whose places are known at the end.</summary>
internal sealed class RelativeBlob
{
    private readonly List<byte> _bytes = [];
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<(int At, string Target)> _distances = [];

    /// <summary>Names the place that comes next, at a multiple of four.</summary>
    public RelativeBlob Place(string name)
    {
        Align();
        _places.Add(name, _bytes.Count);
        return this;
    }

    public int this[string place] => _places[place];

    public bool Has(string place) => _places.ContainsKey(place);

    public RelativeBlob Word(uint value)
    {
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(word, value);
        _bytes.AddRange(word);
        return this;
    }

    public RelativeBlob Half(ushort value)
    {
        _bytes.Add((byte)value);
        _bytes.Add((byte)(value >> 8));
        return this;
    }

    /// <summary>The distance to a place; null for none.</summary>
    public RelativeBlob To(string? place)
    {
        if (place is not null)
        {
            _distances.Add((_bytes.Count, place));
        }

        return Word(0);
    }

    public RelativeBlob Byte(byte value)
    {
        _bytes.Add(value);
        return this;
    }

    public RelativeBlob Text(string text)
    {
        _bytes.AddRange(Encoding.UTF8.GetBytes(text));
        return Byte(0);
    }

    public byte[] ToArray()
    {
        Align();
        var bytes = _bytes.ToArray();
        foreach (var (at, target) in _distances)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), _places[target] - at);
        }

        return bytes;
    }

    private void Align()
    {
        while (_bytes.Count % 4 != 0)
        {
            _bytes.Add(0);
        }
    }
}

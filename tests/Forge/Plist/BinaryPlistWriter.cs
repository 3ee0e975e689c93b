using System.Buffers.Binary;
using System.Text;

namespace IpswDiff.Forge.Plist;

/// <summary>
/// Writes binary property lists: objects in the order in which they are met, equal strings once, the smallest sizes that hold the
/// offsets and the references.
/// </summary>
public sealed class BinaryPlistWriter
{
    private readonly List<object> _objects = [];
    private readonly Dictionary<string, int> _strings = new(StringComparer.Ordinal);
    private readonly Dictionary<object, int[]> _children = new(ReferenceEqualityComparer.Instance);

    private BinaryPlistWriter()
    {
    }

    public static byte[] Write(object value)
    {
        var writer = new BinaryPlistWriter();
        writer.Collect(value);
        return writer.Serialise();
    }

    private int Collect(object value)
    {
        if (value is string text)
        {
            if (_strings.TryGetValue(text, out var known))
            {
                return known;
            }

            _strings.Add(text, _objects.Count);
        }

        var number = _objects.Count;
        _objects.Add(value is ValueType ? new Box(value) : value);
        var stored = _objects[number];
        switch (value)
        {
            case PlistDict dict:
                _children[stored] = [.. dict.Entries.Select(entry => Collect(entry.Key)).ToArray(), .. dict.Entries.Select(entry => Collect(entry.Value)).ToArray()];
                break;
            case object[] array:
                _children[stored] = [.. array.Select(Collect)];
                break;
        }

        return number;
    }

    private byte[] Serialise()
    {
        var stream = new MemoryStream();
        stream.Write("bplist00"u8);
        var referenceSize = SizeFor((ulong)_objects.Count);
        var offsets = new List<long>();
        foreach (var value in _objects)
        {
            offsets.Add(stream.Position);
            WriteObject(stream, value, referenceSize);
        }

        var table = stream.Position;
        var offsetSize = SizeFor((ulong)table);
        foreach (var offset in offsets)
        {
            WriteSized(stream, (ulong)offset, offsetSize);
        }

        stream.Write(new byte[6]);
        stream.WriteByte((byte)offsetSize);
        stream.WriteByte((byte)referenceSize);
        WriteSized(stream, (ulong)_objects.Count, 8);
        WriteSized(stream, 0, 8);
        WriteSized(stream, (ulong)table, 8);
        return stream.ToArray();
    }

    private void WriteObject(MemoryStream stream, object value, int referenceSize)
    {
        switch (value)
        {
            case Box box:
                WriteScalar(stream, box.Value);
                break;
            case string text when text.All(char.IsAscii):
                WriteMarker(stream, 0x50, text.Length);
                stream.Write(Encoding.ASCII.GetBytes(text));
                break;
            case string text:
                WriteMarker(stream, 0x60, text.Length);
                foreach (var unit in text)
                {
                    WriteSized(stream, unit, 2);
                }

                break;
            case byte[] data:
                WriteMarker(stream, 0x40, data.Length);
                stream.Write(data);
                break;
            case PlistReference reference:
                var size = SizeFor(reference.Number);
                stream.WriteByte((byte)(0x80 | (size - 1)));
                WriteSized(stream, reference.Number, size);
                break;
            default:
                var children = _children[value];
                WriteMarker(stream, value is PlistDict ? 0xD0 : 0xA0, value is PlistDict ? children.Length / 2 : children.Length);
                foreach (var child in children)
                {
                    WriteSized(stream, (ulong)child, referenceSize);
                }

                break;
        }
    }

    private static void WriteScalar(MemoryStream stream, object value)
    {
        switch (value)
        {
            case bool truth:
                stream.WriteByte(truth ? (byte)9 : (byte)8);
                break;
            case int number:
                WriteInteger(stream, number);
                break;
            case long number:
                WriteInteger(stream, number);
                break;
            case ulong number:
                WriteInteger(stream, number);
                break;
            case Int128 number:
                WriteInteger(stream, number);
                break;
            case double real:
                stream.WriteByte(0x23);
                WriteSized(stream, BitConverter.DoubleToUInt64Bits(real), 8);
                break;
            case DateTime date:
                stream.WriteByte(0x33);
                WriteSized(stream, BitConverter.DoubleToUInt64Bits(ForgePlist.AbsoluteTime(date)), 8);
                break;
            default:
                throw new ArgumentException($"no property list holds a {value.GetType()}", nameof(value));
        }
    }

    // Negative numbers take eight bytes, numbers beyond 63 bits sixteen.
    private static void WriteInteger(MemoryStream stream, Int128 value)
    {
        var power = value < long.MinValue || value > long.MaxValue ? 4
            : value < 0 || value > uint.MaxValue ? 3
            : value > ushort.MaxValue ? 2
            : value > byte.MaxValue ? 1
            : 0;
        stream.WriteByte((byte)(0x10 | power));
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt128BigEndian(bytes, value);
        stream.Write(bytes[(16 - (1 << power))..]);
    }

    private static void WriteMarker(MemoryStream stream, int kind, int count)
    {
        if (count < 15)
        {
            stream.WriteByte((byte)(kind | count));
            return;
        }

        stream.WriteByte((byte)(kind | 15));
        WriteInteger(stream, count);
    }

    private static int SizeFor(ulong value) => value <= byte.MaxValue ? 1 : value <= ushort.MaxValue ? 2 : value <= uint.MaxValue ? 4 : 8;

    private static void WriteSized(MemoryStream stream, ulong value, int size)
    {
        for (var shift = (size - 1) * 8; shift >= 0; shift -= 8)
        {
            stream.WriteByte((byte)(value >> shift));
        }
    }

    private sealed record Box(object Value);
}

using System.Buffers.Binary;
using System.Text;

namespace IpswDiff.Formats.DeviceTree;

/// <summary>A property of a device-tree node. Its kind is not recorded: <see cref="DeviceTreeKinds"/> tells it, and the members what it can be.</summary>
public sealed class DeviceTreeProperty
{
    internal DeviceTreeProperty(string name, ReadOnlyMemory<byte> value, bool isPlaceholder)
    {
        Name = name;
        Value = value;
        IsPlaceholder = isPlaceholder;
    }

    /// <summary>The name, at most 32 characters.</summary>
    public string Name { get; }

    /// <summary>The value, without padding.</summary>
    public ReadOnlyMemory<byte> Value { get; }

    /// <summary>Whether the boot loader fills the value in from the system's configuration.</summary>
    public bool IsPlaceholder { get; }

    /// <summary>
    /// The value as texts, of which each ends with a NUL (the last may be padded with more); null when it is not printable text. That it
    /// can be read so does not make it a text: small numbers can, too.
    /// </summary>
    public IReadOnlyList<string>? Texts
    {
        get
        {
            var bytes = Value.Span;
            if (bytes.Length < 2 || bytes[^1] != 0 || bytes[0] == 0)
            {
                return null;
            }

            bytes = bytes.TrimEnd((byte)0);
            var last = bytes[0];
            foreach (var value in bytes)
            {
                if (value is not 0 and (< 0x20 or > 0x7E) || (value == 0 && last == 0))
                {
                    return null;
                }

                last = value;
            }

            return Encoding.ASCII.GetString(bytes).Split('\0');
        }
    }

    /// <summary>The value as a little-endian number, when it has 1, 2, 4 or 8 bytes; else null.</summary>
    public ulong? Number => Value.Length switch
    {
        1 => Value.Span[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(Value.Span),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(Value.Span),
        8 => BinaryPrimitives.ReadUInt64LittleEndian(Value.Span),
        _ => null,
    };
}

using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Exclave;

/// <summary>A row of the table of a bundle of type 4.</summary>
/// <param name="Type">A number for what it holds.</param>
/// <param name="Name">Four characters (stored back to front).</param>
/// <param name="Offset">First byte in the bundle.</param>
/// <param name="Size">Bytes.</param>
public sealed record ExclaveRange(uint Type, string Name, long Offset, long Size)
{
    internal static ExclaveRange Read(ref SpanReader reader, ByteSource source)
    {
        var at = reader.Offset;
        var type = reader.ReadUInt32();
        Span<byte> name = stackalloc byte[4];
        reader.ReadBytes(4).CopyTo(name);
        name.Reverse();
        var range = new ExclaveRange(type, Encoding.Latin1.GetString(name.TrimEnd((byte)0)), reader.ReadOffset64(), reader.ReadOffset64());
        return range.Offset > source.Length - range.Size && range.Size != 0
            ? throw ExclaveBundle.Fault(at, $"range {range.Name}, 0x{range.Size:x} bytes at 0x{range.Offset:x}, leaves the bundle of 0x{source.Length:x} bytes; is it cut short?")
            : range;
    }
}

/// <summary>A piece of a bundle that its configuration names.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">A number by which the table of contents refers to it.</param>
/// <param name="Offset">First byte in the bundle.</param>
/// <param name="Size">Bytes.</param>
public sealed record ExclaveAsset(string Name, int Type, long Offset, long Size);

/// <summary>Where a segment or section of a program lies in a bundle.</summary>
/// <param name="Name">Its name without underscores: <c>TEXT</c>, <c>DATA</c>, <c>HEADER</c>.</param>
/// <param name="Offset">First byte in the bundle.</param>
/// <param name="Size">Bytes.</param>
public readonly record struct ExclavePart(string Name, long Offset, long Size);

using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO;

/// <summary>What the files of this folder share: numbers of the format, its faults, names.</summary>
internal static class MachOFormat
{
    internal const string Name = "Mach-O";

    internal const uint Magic32 = 0xFEEDFACE;
    internal const uint Magic64 = 0xFEEDFACF;
    internal const uint FatMagic32 = 0xCAFEBABE;
    internal const uint FatMagic64 = 0xCAFEBABF;

    // A Java class file begins with the same four bytes; what follows is its version, never below 45.
    internal const uint MaxFatSlices = 42;

    private const int MaxPooledNames = 4096;

    private static readonly ConcurrentDictionary<UInt128, string> Names = new();

    private static int s_pooledNames;

    internal static FirmwareFormatException Fault(long offset, string reason) => new(Name, offset, reason);

    /// <summary>
    /// The text of a 16-byte segment or section name. The few hundred names in use repeat in every file, so they are shared.
    /// </summary>
    internal static string SharedName(ReadOnlySpan<byte> field)
    {
        var key = BinaryPrimitives.ReadUInt128BigEndian(field);
        if (Names.TryGetValue(key, out var name))
        {
            return name;
        }

        var end = field[..16].IndexOf((byte)0);
        name = Encoding.Latin1.GetString(end < 0 ? field[..16] : field[..end]);
        if (Volatile.Read(ref s_pooledNames) < MaxPooledNames && Names.TryAdd(key, name))
        {
            Interlocked.Increment(ref s_pooledNames);
        }

        return name;
    }
}

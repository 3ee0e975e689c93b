using System.Buffers.Binary;
using System.Text;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.SharedCache;

/// <summary>
/// The header of one file of a cache. It grew with every generation; the mappings follow it at once, so that their offset is its size
/// and says which fields it has. A field that it has not reads as zero.
/// </summary>
internal sealed class SharedCacheHeader
{
    private readonly byte[] _bytes;

    private readonly string _magicArch;

    private SharedCacheHeader(byte[] bytes, string magicArch)
    {
        _bytes = bytes;
        _magicArch = magicArch;
        var cpuType = ReadUInt32(SharedCacheFormat.CpuType);
        Architecture = cpuType != 0 ? CpuArchitecture.Of(cpuType, ReadUInt32(SharedCacheFormat.CpuSubtype)) : OfMagic(magicArch);
    }

    /// <summary>
    /// The processor: what the header states, since macOS 27, before what the magic says, which has no room for every name. Null where
    /// neither is known.
    /// </summary>
    internal CpuArchitecture? Architecture { get; }

    /// <summary>The processor's name, or what follows <c>dyld_v1</c> in the magic.</summary>
    internal string Arch => Architecture?.Name ?? _magicArch;

    /// <summary>Bytes of the header.</summary>
    internal int Size => _bytes.Length;

    /// <summary>Identity of this file; empty before there was the field.</summary>
    internal Guid Uuid => ReadGuid(SharedCacheFormat.Uuid);

    /// <summary>Whether pointers and symbol table entries have 64 bits.</summary>
    internal bool Is64Bit => Architecture?.Is64Bit ?? !_magicArch.StartsWith("armv", StringComparison.Ordinal);

    // The processor's name follows, set flush right in eight bytes.
    private static ReadOnlySpan<byte> Magic => "dyld_v1"u8;

    /// <summary>Whether a file that begins with <paramref name="head"/> has the magic of a cache.</summary>
    internal static bool Matches(ReadOnlySpan<byte> head) => head.Length >= SharedCacheFormat.MagicLength && head.StartsWith(Magic);

    // Two names are too long for the magic, which leaves their dot out.
    private static CpuArchitecture? OfMagic(string arch) => CpuArchitecture.FromFileName(arch switch
    {
        "arm64ex1" => "arm64e.x1",
        "arm64x1" => "arm64.x1",
        _ => arch,
    });

    /// <summary>Reads the header.</summary>
    /// <exception cref="FirmwareFormatException">There is none, or its size is impossible.</exception>
    internal static SharedCacheHeader Read(ByteSource source)
    {
        Span<byte> start = stackalloc byte[SharedCacheFormat.MappingCount];
        var read = source.ReadUpTo(0, start);
        if (!Matches(start[..read]))
        {
            throw SharedCacheFormat.Fault(0, "there is no magic dyld_v1");
        }

        if (read < start.Length)
        {
            throw SharedCacheFormat.Fault(0, "the file is too short for a header; is it cut short?");
        }

        var text = start[Magic.Length..SharedCacheFormat.MagicLength];
        var end = text.IndexOf((byte)0);
        var arch = Encoding.Latin1.GetString(end < 0 ? text : text[..end]).Trim();
        var size = BinaryPrimitives.ReadUInt32LittleEndian(start[SharedCacheFormat.MappingOffset..]);
        if (size is < SharedCacheFormat.SmallestHeader or > SharedCacheFormat.LargestHeader || size > source.Length)
        {
            throw SharedCacheFormat.Fault(SharedCacheFormat.MappingOffset, $"a header of 0x{size:x} bytes is impossible");
        }

        return new SharedCacheHeader(source.ReadBytes(0, (int)size), arch);
    }

    /// <summary>Whether the header reaches beyond the field of <paramref name="size"/> bytes at <paramref name="offset"/>.</summary>
    internal bool Has(int offset, int size) => offset + size <= _bytes.Length;

    internal uint ReadUInt32(int offset) => Has(offset, 4) ? BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset)) : 0;

    internal ulong ReadUInt64(int offset) => Has(offset, 8) ? BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(offset)) : 0;

    internal Guid ReadGuid(int offset) => Has(offset, 16) ? new Guid(_bytes.AsSpan(offset, 16), bigEndian: true) : Guid.Empty;
}

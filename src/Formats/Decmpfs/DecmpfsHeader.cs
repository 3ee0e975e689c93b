using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Decmpfs;

/// <summary>
/// The header of a <c>com.apple.decmpfs</c> attribute (<c>decmpfs_disk_header</c> of xnu's <c>sys/decmpfs.h</c>): magic, compression
/// type, size of the contents, little endian.
/// </summary>
internal readonly record struct DecmpfsHeader(uint Type, long Size)
{
    /// <summary>Bytes of the header.</summary>
    internal const int Length = 16;

    /// <summary>The attribute's name.</summary>
    internal const string AttributeName = "com.apple.decmpfs";

    /// <summary>The name of the attribute that is the resource fork.</summary>
    internal const string ResourceForkName = "com.apple.ResourceFork";

    internal const string Format = "decmpfs";

    private const uint Magic = 0x636D7066;

    /// <summary>Whether the contents lie in the resource fork rather than after the header.</summary>
    internal bool IsInResourceFork => Type != (uint)DecmpfsType.Stored && (Type & 1) == 0;

    /// <summary>Reads the header at the front of an attribute's value; false where there is none.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> attribute, out DecmpfsHeader header)
    {
        header = default;
        if (attribute.Length < Length || BinaryPrimitives.ReadUInt32LittleEndian(attribute) != Magic)
        {
            return false;
        }

        var size = BinaryPrimitives.ReadUInt64LittleEndian(attribute[8..]);
        header = new DecmpfsHeader(BinaryPrimitives.ReadUInt32LittleEndian(attribute[4..]), (long)size);
        return size <= long.MaxValue;
    }

    /// <summary>Reads the header at the front of an attribute's value.</summary>
    /// <exception cref="FirmwareFormatException">There is none.</exception>
    internal static DecmpfsHeader Read(ByteSource attribute)
    {
        Span<byte> bytes = stackalloc byte[Length];
        var count = attribute.ReadUpTo(0, bytes);
        return TryRead(bytes[..count], out var header)
            ? header
            : throw new FirmwareFormatException(Format, 0, "the attribute of a compressed file has no valid header");
    }
}

/// <summary>How contents are compressed: odd types keep them in the attribute, even ones in blocks in the resource fork.</summary>
internal enum DecmpfsType : uint
{
    /// <summary>Stored in the attribute as they are.</summary>
    Stored = 1,

    ZlibAttribute = 3,
    ZlibResource = 4,
    LzvnAttribute = 7,
    LzvnResource = 8,
    PlainAttribute = 9,
    PlainResource = 10,
    LzfseAttribute = 11,
    LzfseResource = 12,
    LzBitmapAttribute = 13,
    LzBitmapResource = 14,
}

using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Pbzx;

namespace IpswDiff.Formats.AppleArchive;

/// <summary>Constants of Apple Archives (<c>AADefs.h</c> of the macOS SDK) and how one is told from other files.</summary>
public static class AppleArchiveFormat
{
    /// <summary>The format's name in messages.</summary>
    public const string Name = "Apple Archive";

    internal const int PrefixSize = 6;

    // Entry types, the characters of the TYP field.
    internal const byte RegularFile = (byte)'F';
    internal const byte Directory = (byte)'D';
    internal const byte Symlink = (byte)'L';
    internal const byte Metadata = (byte)'M';

    // Operations of asset archives, the characters of the YOP field of metadata entries.
    internal const byte OperationCopy = (byte)'C';
    internal const byte OperationExtract = (byte)'E';
    internal const byte OperationManifest = (byte)'M';
    internal const byte OperationPatch = (byte)'P';
    internal const byte OperationRemove = (byte)'R';
    internal const byte OperationFixup = (byte)'O';

    /// <summary>Bytes that <see cref="HasMagic"/> wants to see.</summary>
    internal const int MagicLength = 4;

    /// <summary>Whether a file that begins with <paramref name="prefix"/> is an archive that is not compressed.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> prefix) => prefix.StartsWith("AA01"u8) || prefix.StartsWith("YAA1"u8);

    /// <summary>Whether <paramref name="source"/> is an archive that is not compressed.</summary>
    internal static bool IsArchive(ByteSource source)
    {
        Span<byte> magic = stackalloc byte[MagicLength];
        return HasMagic(magic[..source.ReadUpTo(0, magic)]);
    }

    /// <summary>The archive in <paramref name="source"/> with the compression around it, if any, undone.</summary>
    /// <param name="source">An archive, or a pbzx stream of one.</param>
    /// <param name="cache">Where decoded chunks live; the process's cache by default.</param>
    /// <exception cref="FirmwareFormatException">It is neither, or damaged.</exception>
    public static ByteSource Unwrap(ByteSource source, BlockCache? cache = null)
    {
        var plain = PbzxSource.Matches(source) ? PbzxSource.Open(source, cache) : source;
        return plain.Length == 0 || IsArchive(plain)
            ? plain
            : throw new FirmwareFormatException(Name, 0, "no archive begins here (neither AA01 nor YAA1)");
    }
}

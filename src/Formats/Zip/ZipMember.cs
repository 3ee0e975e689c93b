namespace IpswDiff.Formats.Zip;

/// <summary>One entry of the central directory.</summary>
public sealed record ZipMember
{
    /// <summary>The name as stored, <c>/</c> between parts. It is data: check <see cref="HasUnsafeName"/> before it becomes a path.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes in the archive.</summary>
    public required long CompressedSize { get; init; }

    /// <summary>Bytes after unpacking.</summary>
    public required long Size { get; init; }

    /// <summary>CRC-32 of the unpacked bytes.</summary>
    public required uint Crc32 { get; init; }

    /// <summary>How the bytes are stored.</summary>
    public required ZipMethod Method { get; init; }

    /// <summary>Where the member's local header begins.</summary>
    public required long LocalHeaderOffset { get; init; }

    /// <summary><c>st_mode</c> with its type bits, when the archive was made on a Unix.</summary>
    public int? UnixMode { get; init; }

    /// <summary>Whether this is a folder.</summary>
    public bool IsDirectory { get; init; }

    /// <summary>Whether the bytes are the target of a symbolic link.</summary>
    public bool IsSymlink => (UnixMode & ZipConstants.UnixTypeMask) == ZipConstants.UnixSymlink;

    /// <summary>Whether the bytes are encrypted; such a member can be listed, not opened.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>Whether the name could lead out of a folder it is unpacked into, or name a device: absolute, with <c>..</c>, <c>\</c>, <c>:</c> or NUL.</summary>
    public bool HasUnsafeName =>
        Name.Length == 0 || Name[0] == '/' || Name.AsSpan().IndexOfAny('\\', '\0', ':') >= 0 || Name.Split('/').Contains("..");

    /// <summary>The place in the archive where the next structure begins, which this member may not reach.</summary>
    internal long End { get; init; }
}

using System.IO.Hashing;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Ar;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Pairs;

/// <summary>By what a binary can be found again under another path.</summary>
internal static class BinaryIdentities
{
    // Longer files than any binary of a firmware may be nothing but holes.
    private const long LongestWhole = 1L << 30;

    /// <summary>The identity of a binary: UUIDs, cdhashes, and a hash of everything.</summary>
    /// <exception cref="FirmwareFormatException">The binary is damaged.</exception>
    public static BinaryIdentity IdentityOf(FileSide side)
    {
        var slices = side.MachO()!.Slices;
        return new BinaryIdentity(
            [.. slices.Select(slice => slice.UuidText ?? string.Empty)],
            [.. slices.Select(slice => slice.ReadCodeSignature()?.CdHash ?? string.Empty)],
            side.Entry.ContentHash ?? HashOf(side.Content));
    }

    /// <summary>The identity of a static library: a hash of everything.</summary>
    /// <exception cref="FirmwareFormatException">The library cannot be read.</exception>
    public static BinaryIdentity IdentityOf(StaticLibrary library, FileSide side)
    {
        // Object files have no identities of their own; as many empty ones as there are archives tell nothing and pair nothing.
        var none = library.Slices.Select(static _ => string.Empty).ToArray();
        return new BinaryIdentity(none, none, side.Entry.ContentHash ?? HashOf(side.Content));
    }

    private static string HashOf(ByteSource content)
    {
        if (content.Length > LongestWhole)
        {
            return BlockHash.Of(content);
        }

        var hash = new XxHash128();
        using var stream = new ByteSourceStream(content);
        hash.Append(stream);
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}

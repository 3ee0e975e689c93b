using System.Numerics;
using System.Text;
using IpswDiff.Formats.HfsPlus;

namespace IpswDiff.Formats.Apfs;

/// <summary>
/// How names compare (Apple File System Reference, <c>j_drec_hashed_key_t</c>): by canonical decomposition, on case-insensitive volumes
/// also folded; the hash in a directory record's key is the low 22 bits of the CRC-32C over their code points.
/// </summary>
internal static class ApfsName
{
    private const uint HashMask = 0x3FFFFF;

    /// <summary>The form in which equal names are equal text.</summary>
    internal static string Normalize(string name, bool foldCase)
    {
        if (Ascii.IsValid(name))
        {
            return foldCase ? name.ToLowerInvariant() : name;
        }

        var decomposed = HfsDecomposition.Decompose(name);

        // Upper case first, so that letters with two lower-case forms (sigma) meet.
        return foldCase ? decomposed.ToUpperInvariant().ToLowerInvariant() : decomposed;
    }

    /// <summary>The hash of a name in its normal form, as it is compared in keys.</summary>
    internal static uint Hash(string normalized)
    {
        var hash = uint.MaxValue;
        foreach (var rune in normalized.EnumerateRunes())
        {
            hash = BitOperations.Crc32C(hash, (uint)rune.Value);
        }

        return hash & HashMask;
    }
}

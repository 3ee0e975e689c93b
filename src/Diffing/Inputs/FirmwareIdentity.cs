using System.Security.Cryptography;
using System.Text;
using IpswDiff.Diffing.Options;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Inputs;

/// <summary>
/// A firmware's name: a hash of its manifest, which holds the digests of everything else, so that the same firmware has
/// the same name whatever its file is called and whether it is packed.
/// </summary>
internal static class FirmwareIdentity
{
    private const string Manifest = "BuildManifest.plist";
    private const int NameBytes = 16;

    // A BuildManifest has one identity a board and variant; the largest known ones are of 3 MB.
    private const int LongestManifest = 64 << 20;

    /// <summary>
    /// By what the unpacked contents of a firmware are found again, as 32 hexadecimal digits: its identity, and which
    /// file of that identity it is. A manifest says what ought to lie beside it; another file may say the same and hold
    /// something else, so contents never stand for those of another file. Where nobody knows one file from another,
    /// each call makes a name of its own.
    /// </summary>
    /// <exception cref="DiffFailedException">It names no build and no product.</exception>
    /// <exception cref="FirmwareFormatException">Its manifest cannot be read.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public static string OfContents(FirmwareInput input)
    {
        var text = $"{Of(input)}\0{input.Revision.Value ?? Guid.NewGuid().ToString("N")}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, NameBytes));
    }

    /// <summary>The identity of a whole firmware, as 32 hexadecimal digits.</summary>
    /// <exception cref="DiffFailedException">It names no build and no product.</exception>
    /// <exception cref="FirmwareFormatException">Its manifest cannot be read.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public static string Of(FirmwareInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Info is not { Build: { Length: > 0 } build, Products: { Count: > 0 } products })
        {
            throw new DiffFailedException($"{input.Info.Path}: this {input.Info.Kind} names no build and no product; only whole firmwares, IPSWs and OTAs, are registered and unpacked");
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{InputKinds.Comparable(input.Info.Kind)}\0{build}\0{string.Join('\0', products)}\0"));
        if (input.Members.FirstOrDefault(member => Path.GetFileName(member.Name) == Manifest && member.Size <= LongestManifest) is { } manifest)
        {
            using var bytes = manifest.Open();
            hash.AppendData(bytes.Source.ReadBytes(0, checked((int)bytes.Source.Length)));
        }
        else
        {
            // An update without a manifest: its members by name, size and, where it keeps one, checksum stand for it.
            foreach (var member in input.Members)
            {
                hash.AppendData(Encoding.UTF8.GetBytes($"{member.Name}\0{member.Size}\0{member.Crc32}\0"));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, NameBytes));
    }
}

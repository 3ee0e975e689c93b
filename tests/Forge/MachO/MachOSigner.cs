using System.Security.Cryptography;
using System.Text;
using IpswDiff.Forge.Plist;
using IpswDiff.Formats.MachO.CodeSigning;

namespace IpswDiff.Forge.MachO;

/// <summary>
/// Writes an embedded signature: one code directory for each hash type, requirements, entitlements as XML and DER, launch constraints
/// and an empty CMS blob, as <c>codesign -s -</c> does.
/// </summary>
public sealed class MachOSigner(string identifier)
{
    private const int PageBits = 12;
    private const int DirectoryHeader = 88;
    private const uint Version = 0x20400;

    public string Identifier { get; } = identifier;

    public string? TeamId { get; set; }

    /// <summary>CS_ADHOC by default.</summary>
    public uint Flags { get; set; } = 2;

    public PlistDict? Entitlements { get; set; }

    /// <summary>Whether entitlements are written in DER.</summary>
    public bool WriteDer { get; set; } = true;

    /// <summary>Whether entitlements are written as XML.</summary>
    public bool WriteXml { get; set; } = true;

    /// <summary>What the XML says where it does not say the same as the DER.</summary>
    public PlistDict? XmlEntitlements { get; set; }

    /// <summary>Hash types, the first for the first code directory.</summary>
    public IReadOnlyList<CodeHashType> HashTypes { get; set; } = [CodeHashType.Sha256];

    /// <summary>Launch constraints by slot.</summary>
    public Dictionary<CodeSlot, PlistDict> LaunchConstraints { get; } = [];

    /// <summary>The entitlements as the XML blob holds them.</summary>
    public byte[]? EntitlementsXml => WriteXml && (XmlEntitlements ?? Entitlements) is { } entitlements ? XmlPlistWriter.Write(entitlements) : null;

    /// <summary>Bytes of the signature of <paramref name="codeLimit"/> bytes of code.</summary>
    internal int Measure(long codeLimit) => Write([], codeLimit).Length;

    /// <summary>The signature of everything before it.</summary>
    internal byte[] Sign(ReadOnlySpan<byte> code) => Write(code, code.Length);

    /// <summary>Writes the signature; without <paramref name="code"/> the hashes of its pages are zeros.</summary>
    private byte[] Write(ReadOnlySpan<byte> code, long codeLimit)
    {
        var special = new SortedDictionary<CodeSlot, byte[]>
        {
            [CodeSlot.Requirements] = Blob(0xFADE0C01, [0, 0, 0, 0]),
        };
        if (EntitlementsXml is { } xml)
        {
            special[CodeSlot.Entitlements] = Blob(0xFADE7171, xml);
        }

        if (WriteDer && Entitlements is not null)
        {
            special[CodeSlot.DerEntitlements] = Blob(0xFADE7172, DerWriter.Write(Entitlements));
        }

        foreach (var (slot, constraint) in LaunchConstraints)
        {
            special[slot] = Blob(0xFADE8181, DerWriter.Write(constraint));
        }

        var blobs = new List<(CodeSlot Slot, byte[] Bytes)>();
        for (var i = 0; i < HashTypes.Count; i++)
        {
            var slot = i == 0 ? CodeSlot.CodeDirectory : CodeSlot.AlternateCodeDirectories + (uint)(i - 1);
            blobs.Add((slot, Directory(code, codeLimit, HashTypes[i], special)));
        }

        blobs.InsertRange(1, special.Select(static blob => (blob.Key, blob.Value)));
        blobs.Add((CodeSlot.Cms, Blob(0xFADE0B01, [])));
        return SuperBlob(blobs);
    }

    private static byte[] SuperBlob(List<(CodeSlot Slot, byte[] Bytes)> blobs)
    {
        var writer = new MachOWriter(bigEndian: true);
        var offset = 12 + (8 * blobs.Count);
        writer.UInt32(0xFADE0CC0);
        writer.UInt32((uint)(offset + blobs.Sum(static blob => blob.Bytes.Length)));
        writer.UInt32((uint)blobs.Count);
        foreach (var (slot, bytes) in blobs)
        {
            writer.UInt32((uint)slot);
            writer.UInt32((uint)offset);
            offset += bytes.Length;
        }

        foreach (var (_, bytes) in blobs)
        {
            writer.Bytes(bytes);
        }

        return writer.ToArray();
    }

    private byte[] Directory(ReadOnlySpan<byte> code, long codeLimit, CodeHashType type, SortedDictionary<CodeSlot, byte[]> special)
    {
        var hashSize = HashSize(type);
        var specialCount = special.Keys.Max(static slot => (int)slot);
        var pages = (int)((codeLimit + (1 << PageBits) - 1) >> PageBits);
        var identifier = Encoding.UTF8.GetBytes(Identifier + '\0');
        var team = TeamId is null ? [] : Encoding.UTF8.GetBytes(TeamId + '\0');
        var hashOffset = DirectoryHeader + identifier.Length + team.Length + (specialCount * hashSize);

        var writer = new MachOWriter(bigEndian: true);
        writer.UInt32(0xFADE0C02);
        writer.UInt32((uint)(hashOffset + (pages * hashSize)));
        writer.UInt32(Version);
        writer.UInt32(Flags);
        writer.UInt32((uint)hashOffset);
        writer.UInt32((uint)DirectoryHeader);
        writer.UInt32((uint)specialCount);
        writer.UInt32((uint)pages);
        writer.UInt32(codeLimit);
        writer.Byte((byte)hashSize);
        writer.Byte((byte)type);
        writer.Byte(0);
        writer.Byte(PageBits);
        writer.Zeros(8);
        writer.UInt32(TeamId is null ? 0u : (uint)(DirectoryHeader + identifier.Length));
        writer.Zeros(DirectoryHeader - writer.Length);
        writer.Bytes(identifier);
        writer.Bytes(team);
        for (var slot = specialCount; slot > 0; slot--)
        {
            writer.Bytes(special.TryGetValue((CodeSlot)slot, out var blob) ? Hash(type, blob) : new byte[hashSize]);
        }

        for (var page = 0; page < pages; page++)
        {
            var start = page << PageBits;
            writer.Bytes(code.IsEmpty ? new byte[hashSize] : Hash(type, code[start..Math.Min(start + (1 << PageBits), code.Length)]));
        }

        return writer.ToArray();
    }

    private static byte[] Blob(uint magic, byte[] payload)
    {
        var writer = new MachOWriter(bigEndian: true);
        writer.UInt32(magic);
        writer.UInt32((uint)(8 + payload.Length));
        writer.Bytes(payload);
        return writer.ToArray();
    }

    private static int HashSize(CodeHashType type) => type switch
    {
        CodeHashType.Sha256 => 32,
        CodeHashType.Sha384 => 48,
        _ => 20,
    };

    private static byte[] Hash(CodeHashType type, ReadOnlySpan<byte> bytes) => type switch
    {
        CodeHashType.Sha1 => SHA1.HashData(bytes),
        CodeHashType.Sha384 => SHA384.HashData(bytes),
        _ => SHA256.HashData(bytes)[..HashSize(type)],
    };
}

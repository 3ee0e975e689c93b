using System.Security.Cryptography;
using System.Text;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO.Versions;

namespace IpswDiff.Formats.MachO.CodeSigning;

/// <summary>
/// A code directory: hashes of an image's pages and of what belongs to it (<c>CS_CodeDirectory</c> of XNU's <c>cs_blobs.h</c>,
/// versions up to 0x20600; later ones only add fields).
/// </summary>
public sealed class CodeDirectory
{
    /// <summary>CS_ADHOC: signed without an identity.</summary>
    public const uint FlagAdHoc = 0x2;

    /// <summary>CS_RUNTIME: hardened runtime.</summary>
    public const uint FlagRuntime = 0x10000;

    /// <summary>CS_LINKER_SIGNED: signed by the linker.</summary>
    public const uint FlagLinkerSigned = 0x20000;

    /// <summary>Bytes of a hash that identify code (<c>CS_CDHASH_LEN</c>).</summary>
    public const int CdHashLength = 20;

    private const int MinimumSize = 44;
    private const int MaximumFixedSize = 108;
    private const int MaxText = 16 << 10;

    private readonly ByteSource _source;
    private readonly long _origin;
    private readonly uint _hashOffset;
    private string? _cdHash;

    private CodeDirectory(ByteSource source, long origin)
    {
        _source = source;
        _origin = origin;
        if (source.Length < MinimumSize)
        {
            throw Fault(0, $"a code directory of {source.Length} bytes is too short");
        }

        Span<byte> buffer = stackalloc byte[MaximumFixedSize];
        var reader = new SpanReader(
            buffer[..source.ReadUpTo(0, buffer)], CodeSignatureFormat.Name, origin, bigEndian: true);
        if (reader.ReadUInt32() != CodeSignatureFormat.MagicCodeDirectory)
        {
            throw Fault(0, "the blob in a code directory's slot is none");
        }

        reader.Skip(4);
        Version = reader.ReadUInt32();
        Flags = reader.ReadUInt32();
        _hashOffset = reader.ReadUInt32();
        var identifierOffset = reader.ReadUInt32();
        SpecialSlotCount = reader.ReadUInt32();
        CodeSlotCount = reader.ReadUInt32();
        CodeLimit = reader.ReadUInt32();
        HashSize = reader.ReadByte();
        HashType = (CodeHashType)reader.ReadByte();
        Platform = reader.ReadByte();
        PageSizeBits = reader.ReadByte();
        reader.Skip(4);
        var teamOffset = 0u;
        if (Version >= 0x20100)
        {
            ScatterOffset = reader.ReadUInt32();
        }

        if (Version >= 0x20200)
        {
            teamOffset = reader.ReadUInt32();
        }

        if (Version >= 0x20300)
        {
            reader.Skip(4);
            var codeLimit64 = reader.ReadOffset64();
            CodeLimit = codeLimit64 == 0 ? CodeLimit : codeLimit64;
        }

        if (Version >= 0x20400)
        {
            ExecutableSegmentBase = reader.ReadUInt64();
            ExecutableSegmentLimit = reader.ReadUInt64();
            ExecutableSegmentFlags = reader.ReadUInt64();
        }

        if (Version >= 0x20500)
        {
            Runtime = new PackedVersion(reader.ReadUInt32());
            PreEncryptOffset = reader.ReadUInt32();
        }

        if (Version >= 0x20600)
        {
            LinkageHashType = reader.ReadByte();
            LinkageApplicationType = reader.ReadByte();
            LinkageApplicationSubtype = reader.ReadUInt16();
            LinkageOffset = reader.ReadUInt32();
            LinkageSize = reader.ReadUInt32();
        }

        CheckSlots();
        Identifier = ReadText(identifierOffset, "identifier") ?? string.Empty;
        TeamId = ReadText(teamOffset, "team identifier");
    }

    /// <summary>Version of the structure, for example 0x20400.</summary>
    public uint Version { get; }

    /// <summary>Flags (<c>CS_*</c>).</summary>
    public uint Flags { get; }

    /// <summary>Whether the image was signed without an identity.</summary>
    public bool IsAdHoc => (Flags & FlagAdHoc) != 0;

    /// <summary>Identifier, for example <c>com.apple.ls</c>.</summary>
    public string Identifier { get; }

    /// <summary>Team of the signer, or null.</summary>
    public string? TeamId { get; }

    /// <summary>Hash function of all slots and of the directory itself.</summary>
    public CodeHashType HashType { get; }

    /// <summary>Bytes of one slot.</summary>
    public int HashSize { get; }

    /// <summary>Platform number, zero when the code belongs to none.</summary>
    public int Platform { get; }

    /// <summary>A page's size as a power of two; zero: one page for everything.</summary>
    public int PageSizeBits { get; }

    /// <summary>Bytes of the image that are hashed, from its header on.</summary>
    public long CodeLimit { get; }

    /// <summary>How many pages have a hash.</summary>
    public uint CodeSlotCount { get; }

    /// <summary>How many special slots there are: they have the numbers 1 to this, see <see cref="CodeSlot"/>.</summary>
    public uint SpecialSlotCount { get; }

    /// <summary>Offset of the scatter vector in the directory, zero without.</summary>
    public uint ScatterOffset { get; }

    /// <summary>Offset of the executable segment; from version 0x20400.</summary>
    public ulong ExecutableSegmentBase { get; }

    /// <summary>Bytes of the executable segment; from version 0x20400.</summary>
    public ulong ExecutableSegmentLimit { get; }

    /// <summary>Flags of the executable segment (<c>CS_EXECSEG_*</c>); from version 0x20400.</summary>
    public ulong ExecutableSegmentFlags { get; }

    /// <summary>Version of the hardened runtime; from version 0x20500.</summary>
    public PackedVersion Runtime { get; }

    /// <summary>Offset of the hashes before encryption, zero without; from version 0x20500.</summary>
    public uint PreEncryptOffset { get; }

    /// <summary>Hash type of the linkage; from version 0x20600.</summary>
    public byte LinkageHashType { get; }

    /// <summary>Application type of the linkage; from version 0x20600.</summary>
    public byte LinkageApplicationType { get; }

    /// <summary>Application subtype of the linkage; from version 0x20600.</summary>
    public ushort LinkageApplicationSubtype { get; }

    /// <summary>Offset of the linkage in the directory; from version 0x20600.</summary>
    public uint LinkageOffset { get; }

    /// <summary>Bytes of the linkage; from version 0x20600.</summary>
    public uint LinkageSize { get; }

    /// <summary>
    /// The code-directory hash: the directory's own hash cut to 20 bytes, 40 lower-case hexadecimal digits. Computed at first use.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The hash type is not known, or a layer underneath is damaged.</exception>
    public string CdHash => _cdHash ??= Convert.ToHexStringLower(ComputeHash().AsSpan(0, CdHashLength));

    /// <summary>The kernel's order of preference among hash types; -1 for one it does not know.</summary>
    internal int Rank => HashType switch
    {
        CodeHashType.Sha1 => 0,
        CodeHashType.Sha256Truncated => 1,
        CodeHashType.Sha256 => 2,
        CodeHashType.Sha384 => 3,
        _ => -1,
    };

    /// <summary>The stored hash of page <paramref name="index"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such page.</exception>
    public byte[] ReadCodeHash(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, CodeSlotCount);
        return _source.ReadBytes(_hashOffset + ((long)index * HashSize), HashSize);
    }

    /// <summary>The stored hash of a special slot; null when the directory has no such slot or the slot is all zeros.</summary>
    public byte[]? ReadSpecialHash(CodeSlot slot)
    {
        if (slot == CodeSlot.CodeDirectory || (uint)slot > SpecialSlotCount)
        {
            return null;
        }

        var hash = _source.ReadBytes(_hashOffset - ((long)slot * HashSize), HashSize);
        return hash.AsSpan().ContainsAnyExcept((byte)0) ? hash : null;
    }

    internal static CodeDirectory Open(ByteSource source, long origin) => new(source, origin);

    private void CheckSlots()
    {
        if (HashSize == 0)
        {
            throw Fault(36, "a code directory with hashes of no length");
        }

        if ((ulong)SpecialSlotCount * (uint)HashSize > _hashOffset)
        {
            throw Fault(24, $"{SpecialSlotCount} special slots do not fit before the hashes at 0x{_hashOffset:x}");
        }

        // The slots of a scattered or huge image are not what stands in CodeSlotCount alone, but never more than the directory holds.
        if (_hashOffset > _source.Length || CodeSlotCount > (ulong)(_source.Length - _hashOffset) / (uint)HashSize)
        {
            throw Fault(28, $"{CodeSlotCount} page hashes at 0x{_hashOffset:x} leave the code directory of 0x{_source.Length:x} bytes");
        }
    }

    private string? ReadText(uint offset, string what)
    {
        if (offset == 0)
        {
            return null;
        }

        if (offset >= _source.Length)
        {
            throw Fault(0, $"the {what} at 0x{offset:x} lies outside the code directory of 0x{_source.Length:x} bytes");
        }

        Span<byte> brief = stackalloc byte[256];
        brief = brief[.._source.ReadUpTo(offset, brief)];
        var end = brief.IndexOf((byte)0);
        if (end >= 0)
        {
            return Encoding.UTF8.GetString(brief[..end]);
        }

        var text = _source.ReadBytes(offset, (int)Math.Min(MaxText, _source.Length - offset)).AsSpan();
        end = text.IndexOf((byte)0);
        return end >= 0 ? Encoding.UTF8.GetString(text[..end]) : throw Fault(offset, $"the {what} has no end within {text.Length} bytes");
    }

    private byte[] ComputeHash()
    {
        var name = HashType switch
        {
            CodeHashType.Sha1 => HashAlgorithmName.SHA1,
            CodeHashType.Sha256 or CodeHashType.Sha256Truncated => HashAlgorithmName.SHA256,
            CodeHashType.Sha384 => HashAlgorithmName.SHA384,
            _ => throw Fault(37, $"hash type {(byte)HashType} is not known"),
        };
        using var hash = IncrementalHash.CreateHash(name);
        var buffer = BoundedArrayPool<byte>.Shared.Rent((int)Math.Min(64 << 10, _source.Length));
        try
        {
            for (var offset = 0L; offset < _source.Length;)
            {
                var count = _source.ReadUpTo(offset, buffer);
                hash.AppendData(buffer, 0, count);
                offset += count;
            }

            return hash.GetHashAndReset();
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private FirmwareFormatException Fault(long offset, string reason) => CodeSignatureFormat.Fault(_origin + offset, reason);
}

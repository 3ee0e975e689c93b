using System.IO.Compression;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Zip;

/// <summary>
/// A ZIP archive (PKWARE APPNOTE.TXT), Zip64 included. The central directory alone says what is inside; stored members are read in
/// place, deflated ones are unpacked when they are opened, never beyond the size the directory declares.
/// </summary>
public sealed class ZipArchiveReader : IFormatReader<ZipArchiveReader>
{
    // Deflate cannot do better than 258 bytes from two bits.
    private const long MaxDeflateRatio = 1032;
    private const int ChunkLength = 1 << 20;

    private readonly ByteSource _source;
    private readonly ZipMember[] _members;
    private readonly Dictionary<string, ZipMember> _byName;

    private ZipArchiveReader(ByteSource source, ZipMember[] members)
    {
        _source = source;
        _members = members;
        _byName = new Dictionary<string, ZipMember>(members.Length, StringComparer.Ordinal);
        foreach (var member in members)
        {
            _byName.TryAdd(member.Name, member);
        }
    }

    /// <summary>The members in the order of the central directory, folders included.</summary>
    public IReadOnlyList<ZipMember> Members => _members;

    /// <summary>Reads the central directory.</summary>
    /// <exception cref="FirmwareFormatException">The archive is damaged, split, or its members overlap.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static ZipArchiveReader Open(ByteSource source) => new(source, ZipDirectoryReader.Read(source));

    /// <inheritdoc/>
    public static int HeadLength => 4;

    /// <summary>Whether a file that begins with <paramref name="head"/> may be a ZIP archive: a member stands at its front, or it is empty.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) => head.StartsWith("PK\x03\x04"u8) || head.StartsWith("PK\x05\x06"u8);

    /// <summary>The first member of that exact name, or null.</summary>
    public ZipMember? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>
    /// A member's bytes at any offset: in place where it is stored (its CRC is not checked then, for that would read all of it), else
    /// unpacked and verified.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The member is damaged, encrypted, or packed with a method that is not read.</exception>
    /// <exception cref="IOException">Storage or the temporary folder failed.</exception>
    public OwnedByteSource OpenMember(ZipMember member, ZipUnpackOptions? options = null)
    {
        var data = LocateData(member);
        if (member.Method == ZipMethod.Stored)
        {
            return new OwnedByteSource(data);
        }

        options ??= ZipUnpackOptions.Default;
        using var stream = Unpack(member, data);
        if (member.Size <= options.MemoryLimit)
        {
            var bytes = GC.AllocateUninitializedArray<byte>((int)member.Size);
            stream.ReadExactly(bytes);
            stream.VerifyEnd();
            return new OwnedByteSource(new MemoryByteSource(bytes));
        }

        var file = TemporaryByteSource.Write(options.TemporaryFolder, sink => CopyTo(stream, sink));
        return new OwnedByteSource(file, file);
    }

    /// <summary>
    /// A member's bytes from front to back, unpacked on the way, nothing kept. Size and CRC are verified when the end is reached.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The member is damaged, encrypted, or packed with a method that is not read; reading may throw it too.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public Stream OpenStream(ZipMember member) => Unpack(member, LocateData(member));

    private static void CopyTo(VerifiedStream stream, ByteSink sink)
    {
        var buffer = BoundedArrayPool<byte>.Shared.Rent(ChunkLength);
        try
        {
            for (int count; (count = stream.Read(buffer)) > 0;)
            {
                sink(buffer.AsSpan(0, count));
            }
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static VerifiedStream Unpack(ZipMember member, ByteSource data)
    {
        Stream packed = new ByteSourceStream(data);
        return new VerifiedStream(
            member.Method == ZipMethod.Stored ? packed : new DeflateStream(packed, CompressionMode.Decompress), member);
    }

    // The local header repeats what the directory says, but only it knows where the bytes begin.
    private ByteSource LocateData(ZipMember member)
    {
        if (member.IsEncrypted)
        {
            throw Fault(member, "the member is encrypted");
        }

        if (member.Method is not (ZipMethod.Stored or ZipMethod.Deflate))
        {
            throw Fault(member, $"the member is packed with method {(int)member.Method} ({member.Method}), only stored and deflated members are read");
        }

        if (member.Method == ZipMethod.Stored ? member.Size != member.CompressedSize : member.Size / MaxDeflateRatio > member.CompressedSize)
        {
            throw Fault(member, $"{member.CompressedSize} bytes cannot hold the {member.Size} that are declared");
        }

        var header = new SpanReader(
            _source.ReadBytes(member.LocalHeaderOffset, ZipConstants.LocalHeaderLength), ZipConstants.Format, member.LocalHeaderOffset);
        if (header.ReadUInt32() != ZipConstants.LocalHeaderSignature)
        {
            throw Fault(member, "no local header where the central directory points");
        }

        header.Skip(4);
        var method = header.ReadUInt16();
        if (method != (int)member.Method)
        {
            throw Fault(member, $"the local header says method {method}, the central directory {(int)member.Method}");
        }

        header.Skip(16);
        var start = member.LocalHeaderOffset + ZipConstants.LocalHeaderLength + header.ReadUInt16() + header.ReadUInt16();
        if (member.CompressedSize > member.End - start)
        {
            throw Fault(member, $"{member.CompressedSize} bytes from 0x{start:x} overlap what begins at 0x{member.End:x}");
        }

        return _source.Slice(start, member.CompressedSize);
    }

    private static FirmwareFormatException Fault(ZipMember member, string reason) =>
        new FirmwareFormatException(ZipConstants.Format, member.LocalHeaderOffset, reason).In(member.Name);
}

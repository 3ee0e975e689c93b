using System.Buffers.Binary;
using IpswDiff.Forge.Compression;
using IpswDiff.Forge.Samples;

namespace IpswDiff.Forge.FileTree;

/// <summary>The two places of a compressed file: its <c>com.apple.decmpfs</c> attribute and, for the even types, its resource fork.</summary>
public sealed record DecmpfsEncoding(byte[] Attribute, ForgeContent? ResourceFork);

/// <summary>
/// Writes decmpfs (xnu <c>bsd/sys/decmpfs.h</c>): a 16-byte header in the attribute, then either the data or 64 KiB chunks in the
/// resource fork. Chunks that do not get smaller are stored after a marker byte. The output depends on the input alone.
/// </summary>
public static class Decmpfs
{
    public const string Attribute = "com.apple.decmpfs";
    public const string ResourceForkAttribute = "com.apple.ResourceFork";
    public const int ChunkSize = 64 * 1024;

    private const uint Magic = 0x636D7066;
    private const int ForkHeaderLength = 0x100;
    private const int WorthEncodingAgain = 1 << 20;

    public static DecmpfsEncoding Encode(ForgeContent content, ForgeCompression type)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(type, ForgeCompression.None);
        var header = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), (uint)type);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), content.Length);
        if (type == ForgeCompression.Stored)
        {
            return new DecmpfsEncoding([.. header, .. content.ToArray()], null);
        }

        if (((int)type & 1) != 0)
        {
            return new DecmpfsEncoding([.. header, .. EncodeChunk(content.ToArray(), type)], null);
        }

        // A large fork is made a second time when it is written, so that no more than one is ever held.
        var fork = Fork(content, type);
        return new DecmpfsEncoding(header, fork.Length < WorthEncodingAgain
            ? ForgeContent.FromBytes(fork)
            : ForgeContent.FromStream(fork.Length, () => new MemoryStream(Fork(content, type), writable: false)));
    }

    private static byte[] Fork(ForgeContent content, ForgeCompression type)
    {
        var chunks = new List<byte[]>();
        using var stream = content.Open();
        var buffer = new byte[ChunkSize];
        for (long at = 0; at < content.Length;)
        {
            var chunk = buffer.AsSpan(0, (int)Math.Min(ChunkSize, content.Length - at));
            stream.ReadExactly(chunk);
            chunks.Add(EncodeChunk(chunk, type));
            at += chunk.Length;
        }

        return type is ForgeCompression.ZlibResourceFork or ForgeCompression.PlainResourceFork ? ClassicFork(chunks) : OffsetFork(chunks);
    }

    private static byte[] EncodeChunk(ReadOnlySpan<byte> chunk, ForgeCompression type)
    {
        var (encoded, storedMarker) = type switch
        {
            ForgeCompression.ZlibAttribute or ForgeCompression.ZlibResourceFork => (FixedDeflate.CompressZlib(chunk), 0xFF),
            ForgeCompression.LzvnAttribute or ForgeCompression.LzvnResourceFork => (LzvnEncoder.Encode(chunk), 0x06),
            ForgeCompression.LzfseAttribute or ForgeCompression.LzfseResourceFork => (LzfseChunk.Encode(chunk), 0xFF),
            _ => (null, 0xCC),
        };
        return encoded is not null && encoded.Length <= chunk.Length ? encoded : [(byte)storedMarker, .. chunk];
    }

    // zlib: a resource fork with one resource: a table of (offset, length) that counts from the table, the chunks, then the map.
    private static byte[] ClassicFork(List<byte[]> chunks)
    {
        var tableLength = 4 + (chunks.Count * 8);
        var dataLength = 4 + tableLength + chunks.Sum(chunk => chunk.Length);
        var fork = new byte[ForkHeaderLength + dataLength + ResourceMap.Length];
        BinaryPrimitives.WriteInt32BigEndian(fork, ForkHeaderLength);
        BinaryPrimitives.WriteInt32BigEndian(fork.AsSpan(4), ForkHeaderLength + dataLength);
        BinaryPrimitives.WriteInt32BigEndian(fork.AsSpan(8), dataLength);
        BinaryPrimitives.WriteInt32BigEndian(fork.AsSpan(12), ResourceMap.Length);
        BinaryPrimitives.WriteInt32BigEndian(fork.AsSpan(ForkHeaderLength), dataLength - 4);
        var table = fork.AsSpan(ForkHeaderLength + 4);
        BinaryPrimitives.WriteInt32LittleEndian(table, chunks.Count);
        var offset = tableLength;
        for (var i = 0; i < chunks.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(table[(4 + (i * 8))..], offset);
            BinaryPrimitives.WriteInt32LittleEndian(table[(8 + (i * 8))..], chunks[i].Length);
            chunks[i].CopyTo(table[offset..]);
            offset += chunks[i].Length;
        }

        ResourceMap.CopyTo(fork.AsSpan(ForkHeaderLength + dataLength));
        return fork;
    }

    // LZVN and LZFSE: where each chunk begins and where the last one ends, then the chunks.
    private static byte[] OffsetFork(List<byte[]> chunks)
    {
        var offset = (chunks.Count + 1) * 4;
        var fork = new byte[offset + chunks.Sum(chunk => chunk.Length)];
        for (var i = 0; i < chunks.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(fork.AsSpan(i * 4), offset);
            chunks[i].CopyTo(fork, offset);
            offset += chunks[i].Length;
        }

        BinaryPrimitives.WriteInt32LittleEndian(fork.AsSpan(chunks.Count * 4), offset);
        return fork;
    }

    // The map that names the one resource 'cmpf' 1 (Inside Macintosh: More Macintosh Toolbox, "Resource Manager").
    private static ReadOnlySpan<byte> ResourceMap =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 28, 0, 50, 0, 0,
        (byte)'c', (byte)'m', (byte)'p', (byte)'f', 0, 0, 0, 10, 0, 1, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
}

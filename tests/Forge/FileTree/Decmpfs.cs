using System.Buffers.Binary;
using System.IO.Compression;

namespace IpswDiff.Forge.FileTree;

/// <summary>The two places of a compressed file: its <c>com.apple.decmpfs</c> attribute and, for the even types, its resource fork.</summary>
public sealed record DecmpfsEncoding(byte[] Attribute, ForgeContent? ResourceFork);

/// <summary>
/// Writes decmpfs (xnu <c>bsd/sys/decmpfs.h</c>): a 16-byte header in the attribute, then either the data or 64 KiB chunks in the
/// resource fork. Chunks that do not get smaller are stored after a marker byte.
/// </summary>
public static class Decmpfs
{
    public const string Attribute = "com.apple.decmpfs";
    public const string ResourceForkAttribute = "com.apple.ResourceFork";
    public const int ChunkSize = 64 * 1024;

    private const uint Magic = 0x636D7066;
    private const int ForkHeaderLength = 0x100;
    private const byte ZlibStored = 0xFF;
    private const byte PlainStored = 0xCC;

    /// <exception cref="NotSupportedException">There is no encoder for the type.</exception>
    public static DecmpfsEncoding Encode(ForgeContent content, ForgeCompression type)
    {
        var header = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), (uint)type);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), content.Length);
        switch (type)
        {
            case ForgeCompression.ZlibAttribute or ForgeCompression.PlainAttribute:
                return new DecmpfsEncoding([.. header, .. EncodeChunk(content.ToArray(), type)], null);
            case ForgeCompression.ZlibResourceFork:
                return new DecmpfsEncoding(header, ForgeContent.FromBytes(ZlibFork(EncodeChunks(content, type))));
            default:
                throw new NotSupportedException($"decmpfs type {(int)type}");
        }
    }

    private static List<byte[]> EncodeChunks(ForgeContent content, ForgeCompression type)
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

        return chunks;
    }

    private static byte[] EncodeChunk(ReadOnlySpan<byte> chunk, ForgeCompression type)
    {
        if (type is ForgeCompression.PlainAttribute or ForgeCompression.PlainResourceFork)
        {
            return [PlainStored, .. chunk];
        }

        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(chunk);
        }

        return compressed.Length <= chunk.Length ? compressed.ToArray() : [ZlibStored, .. chunk];
    }

    // A resource fork with one resource: a table of (offset, length) that counts from the table, then the chunks, then the map.
    private static byte[] ZlibFork(List<byte[]> chunks)
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

    // The map that names the one resource 'cmpf' 1 (Inside Macintosh: More Macintosh Toolbox, "Resource Manager").
    private static ReadOnlySpan<byte> ResourceMap =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 28, 0, 50, 0, 0,
        (byte)'c', (byte)'m', (byte)'p', (byte)'f', 0, 0, 0, 10, 0, 1, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
}

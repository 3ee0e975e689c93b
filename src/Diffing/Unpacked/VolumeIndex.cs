using System.IO.Compression;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Unpacked;

/// <summary>
/// The entries of an unpacked volume in path order, read block by block: nothing but the table of blocks is held. Immutable and safe for
/// concurrent use.
/// </summary>
internal sealed class VolumeIndex
{
    // A block holds 64 KiB and the entry that passed them.
    private const int LongestBlock = 1 << 20;

    private readonly ByteSource _source;
    private readonly IndexBlock[] _blocks;

    /// <param name="source">The packed blocks.</param>
    /// <param name="blocks">Where they are.</param>
    /// <exception cref="FirmwareFormatException">The table does not fit the blocks.</exception>
    public VolumeIndex(ByteSource source, IReadOnlyList<IndexBlock> blocks)
    {
        _source = source;
        _blocks = [.. blocks];
        long end = 0;
        for (var i = 0; i < blocks.Count; i++)
        {
            var block = blocks[i];
            var isInOrder = i == 0 || PathOrder.Compare(blocks[i - 1].First, block.First) < 0;
            if (block.Offset != end || block.PackedLength <= 0 || block.PackedLength > source.Length - end
                || block.Length is <= 0 or > LongestBlock || block.Entries <= 0 || !isInOrder)
            {
                throw new FirmwareFormatException(EntryCodec.Format, block.Offset, $"block {i} of {blocks.Count} is not where the one before it ends, or not in order");
            }

            end += block.PackedLength;
        }
    }

    /// <summary>The entries from <paramref name="first"/> on.</summary>
    /// <exception cref="FirmwareFormatException">A block is damaged.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public IEnumerable<FileEntry> From(string first)
    {
        for (var i = Math.Max(0, BlockOf(first)); i < _blocks.Length; i++)
        {
            foreach (var entry in ReadBlock(_blocks[i]))
            {
                if (PathOrder.Compare(entry.Path, first) >= 0)
                {
                    yield return entry;
                }
            }
        }
    }

    /// <summary>The entry at <paramref name="path"/>, or null.</summary>
    /// <exception cref="FirmwareFormatException">A block is damaged.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public FileEntry? Find(string path) =>
        BlockOf(path) is >= 0 and var block ? ReadBlock(_blocks[block]).Find(entry => entry.Path == path) : null;

    // -1 where no block begins at or before the path.
    private int BlockOf(string path) => OrderedSearch.LastAtOrBefore<IndexBlock, string>(_blocks, path);

    private List<FileEntry> ReadBlock(IndexBlock block)
    {
        var unpacked = BoundedArrayPool<byte>.Shared.Rent(block.Length);
        try
        {
            Unpack(block, unpacked.AsSpan(0, block.Length));
            return Parse(block, unpacked.AsSpan(0, block.Length));
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(unpacked);
        }
    }

    private void Unpack(IndexBlock block, Span<byte> destination)
    {
        try
        {
            using var packed = new MemoryStream(_source.ReadBytes(block.Offset, block.PackedLength), writable: false);
            using var unpacker = new DeflateStream(packed, CompressionMode.Decompress);
            if (unpacker.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false) == destination.Length && unpacker.ReadByte() < 0)
            {
                return;
            }
        }
        catch (InvalidDataException fault)
        {
            throw new FirmwareFormatException(EntryCodec.Format, block.Offset, $"the block cannot be unpacked: {fault.Message}");
        }

        throw new FirmwareFormatException(EntryCodec.Format, block.Offset, "the block has another length than its table says");
    }

    private static List<FileEntry> Parse(IndexBlock block, ReadOnlySpan<byte> bytes)
    {
        var reader = new SpanReader(bytes, EntryCodec.Format, block.Offset);
        var entries = new List<FileEntry>(Math.Min(block.Entries, bytes.Length));
        var before = string.Empty;
        while (reader.Remaining > 0)
        {
            var entry = EntryCodec.Read(ref reader, before);
            if (entries.Count > 0 && PathOrder.Compare(before, entry.Path) >= 0)
            {
                throw new FirmwareFormatException(EntryCodec.Format, block.Offset, $"{entry.Path} comes after {before}");
            }

            entries.Add(entry);
            before = entry.Path;
        }

        return entries.Count == block.Entries && entries[0].Path == block.First
            ? entries
            : throw new FirmwareFormatException(EntryCodec.Format, block.Offset, "the block holds other entries than its table says");
    }
}

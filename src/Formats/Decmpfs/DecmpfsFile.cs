using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Decmpfs;

/// <summary>
/// The contents of a file compressed by the file system (decmpfs), of APFS or HFS+: one run in the attribute, or blocks of 64 KiB in the
/// resource fork, decoded as they are read.
/// </summary>
internal sealed class DecmpfsFile : BlockedByteSource
{
    /// <summary>Decoded bytes of every block but the last.</summary>
    internal const int BlockSize = 0x10000;

    // An attribute holds under 4 KiB in practice; this stops a header that promises the world.
    private const long MaximumInline = 16L << 20;
    private const int MaximumStored = 4 * BlockSize;

    private readonly ByteSource _stored;
    private readonly DecmpfsType _type;
    private readonly DecmpfsBlock[] _blocks;

    private DecmpfsFile(ByteSource stored, DecmpfsType type, DecmpfsBlock[] blocks, long length, BlockCache? cache)
        : base(cache)
    {
        _stored = stored;
        _type = type;
        _blocks = blocks;
        Length = length;
    }

    public override long Length { get; }

    protected override string Kind => DecmpfsHeader.Format;

    private bool IsInline => _blocks.Length == 1;

    /// <summary>Opens a compressed file.</summary>
    /// <param name="attribute">The value of <c>com.apple.decmpfs</c>.</param>
    /// <param name="resourceFork">Opens the resource fork, null where the file has none; called only when the type wants it.</param>
    /// <param name="cache">Where decoded blocks live; the process's own by default.</param>
    /// <exception cref="FirmwareFormatException">The header or the table of blocks is damaged, or the type is not known.</exception>
    internal static ByteSource Open(ByteSource attribute, Func<ByteSource?> resourceFork, BlockCache? cache = null)
    {
        var header = DecmpfsHeader.Read(attribute);
        var type = (DecmpfsType)header.Type;
        if (!Enum.IsDefined(type))
        {
            throw new FirmwareFormatException(DecmpfsHeader.Format, 4, $"compression type {header.Type} is not known");
        }

        if (header.Size == 0)
        {
            return new MemoryByteSource(ReadOnlyMemory<byte>.Empty);
        }

        if (type == DecmpfsType.Stored)
        {
            return attribute.Slice(DecmpfsHeader.Length, header.Size);
        }

        if (header.IsInResourceFork)
        {
            var fork = resourceFork() ?? throw new FirmwareFormatException(
                DecmpfsHeader.Format, 4, $"compression type {header.Type} keeps its blocks in the resource fork, and there is none");
            return new DecmpfsFile(fork, type, DecmpfsBlockTable.Read(fork, type, header.Size), header.Size, cache);
        }

        var stored = attribute.Length - DecmpfsHeader.Length;
        if (header.Size > MaximumInline || stored is 0 or > MaximumInline)
        {
            throw new FirmwareFormatException(DecmpfsHeader.Format, 8, $"{stored} bytes in an attribute cannot be {header.Size}");
        }

        return new DecmpfsFile(attribute, type, [new DecmpfsBlock(DecmpfsHeader.Length, (int)stored)], header.Size, cache);
    }

    protected override long FindBlock(long offset, out long start, out int length)
    {
        if (IsInline)
        {
            start = 0;
            length = (int)Length;
            return 0;
        }

        var index = offset / BlockSize;
        start = index * BlockSize;
        length = (int)Math.Min(BlockSize, Length - start);
        return index;
    }

    protected override void DecodeBlock(long index, Span<byte> destination)
    {
        var block = _blocks[index];
        if (block.Length is <= 0 or > MaximumStored && !IsInline)
        {
            throw new FirmwareFormatException(DecmpfsHeader.Format, block.Offset, $"a block of {block.Length} stored bytes is out of range");
        }

        var stored = BoundedArrayPool<byte>.Shared.Rent(block.Length);
        try
        {
            _stored.ReadExactly(block.Offset, stored.AsSpan(0, block.Length));
            var count = DecmpfsCodec.Decode(_type, stored.AsSpan(0, block.Length), block.Offset, destination);
            if (count != destination.Length)
            {
                throw new FirmwareFormatException(
                    DecmpfsHeader.Format, block.Offset, $"block {index} decodes to {count} bytes instead of {destination.Length}");
            }
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(stored);
        }
    }
}

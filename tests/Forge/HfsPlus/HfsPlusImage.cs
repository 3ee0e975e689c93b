using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Partitions;
using IpswDiff.Formats.HfsPlus;

namespace IpswDiff.Forge.HfsPlus;

/// <summary>
/// An HFS+ or HFSX volume from a tree of files. Where everything lies is decided when it is made; the bytes are written in order,
/// as often as wanted. A directory under several names becomes a hard-linked one.
/// </summary>
public sealed class HfsPlusImage : DiskContent
{
    private const int EndSize = 1024;

    private readonly HfsPlusOptions _options;
    private readonly HfsAllocation _allocation;
    private readonly HfsForkPlan _allocationFile;
    private readonly HfsForkPlan _extentsFile;
    private readonly HfsForkPlan _catalogFile;
    private readonly HfsForkPlan _attributesFile;
    private readonly HfsInodes _inodes;
    private readonly HfsCatalogWriter _catalog;
    private readonly uint _totalBlocks;

    public HfsPlusImage(ForgeTree tree, HfsPlusOptions options)
    {
        _options = options;
        _allocation = new HfsAllocation(options.BlockSize, BlocksFor(HfsFormat.VolumeHeaderOffset + HfsFormat.VolumeHeaderSize));
        _inodes = new HfsInodes(tree, options, _allocation);
        _catalog = new HfsCatalogWriter(_inodes);
        var compare = options.CaseSensitive ? HfsFormat.BinaryCompare : HfsFormat.CaseFolding;
        var catalog = HfsTreeWriter.Write(
            new(options.CatalogNodeSize, 516, options.IsHfsx ? compare : (byte)0, VariableIndexKeys: true), _catalog.Records(options.IsHfsx && options.CaseSensitive));
        CatalogLength = catalog.Length;
        _catalogFile = _allocation.Add(ForgeContent.FromBytes(catalog), options.FragmentedCatalog);
        _attributesFile = AddAttributes();
        _extentsFile = _allocation.Add(ForgeContent.FromBytes(HfsTreeWriter.Write(
            new(options.ExtentsNodeSize, 10, 0, VariableIndexKeys: false), ExtentRecords())));

        // The bitmap covers itself and the end, where the alternate header is.
        var rest = _allocation.Next + (uint)options.FreeBlocks + BlocksFor(EndSize);
        var bitmapBlocks = 1u;
        while (bitmapBlocks * (long)options.BlockSize * 8 < rest + bitmapBlocks)
        {
            bitmapBlocks++;
        }

        _totalBlocks = rest + bitmapBlocks;
        var bitmap = new byte[bitmapBlocks * (long)options.BlockSize];
        _allocationFile = _allocation.Add(ForgeContent.FromBytes(bitmap));
        Mark(bitmap);
        Length = _options.Wrapped ? HfsWrapper.LengthFor(VolumeLength) : VolumeLength;
    }

    /// <summary>Length of the whole in bytes.</summary>
    public override long Length { get; }

    public override Guid GptType => PartitionTypes.HfsPlus;

    public override string AppleType => _options.IsHfsx ? "Apple_HFSX" : "Apple_HFS";

    /// <summary>Where the volume begins, behind its wrapper.</summary>
    public long VolumeOffset => _options.Wrapped ? HfsWrapper.VolumeOffset : 0;

    /// <summary>Length of the volume without its wrapper.</summary>
    public long VolumeLength => _totalBlocks * (long)_options.BlockSize;

    /// <summary>Length of the catalog file.</summary>
    public long CatalogLength { get; }

    /// <summary>Where the catalog file's first extent begins, from the beginning of the whole.</summary>
    public long CatalogOffset => OffsetOf(_catalogFile);

    /// <summary>Where the extents overflow file begins.</summary>
    public long ExtentsOffset => OffsetOf(_extentsFile);

    /// <summary>Where the attributes file begins.</summary>
    public long AttributesOffset => OffsetOf(_attributesFile);

    public byte[] ToArray()
    {
        var bytes = new byte[checked((int)Length)];
        WriteTo(new StreamSink(new MemoryStream(bytes)));
        return bytes;
    }

    /// <summary>Writes exactly <see cref="Length"/> bytes, front to back.</summary>
    public override void WriteTo(ForgeSink sink)
    {
        if (_options.Wrapped)
        {
            HfsWrapper.Write(sink, VolumeLength, WriteVolume);
        }
        else
        {
            WriteVolume(sink);
        }
    }

    private void WriteVolume(ForgeSink sink)
    {
        var begin = sink.Position;
        var header = Header();
        sink.WriteZeros(HfsFormat.VolumeHeaderOffset);
        sink.Write(header);
        foreach (var (start, _, content) in _allocation.Pieces)
        {
            sink.WriteZeros(begin + (start * (long)_options.BlockSize) - sink.Position);
            using var source = content.Open();
            Copy(source, content.Length, sink);
        }

        sink.WriteZeros(begin + VolumeLength - HfsFormat.AlternateHeaderDistance - sink.Position);
        sink.Write(header);
        sink.WriteZeros(begin + VolumeLength - sink.Position);
    }

    private static void Copy(Stream source, long length, ForgeSink sink)
    {
        var buffer = new byte[64 * 1024];
        for (; length > 0; length -= Math.Min(length, buffer.Length))
        {
            var part = buffer.AsSpan(0, (int)Math.Min(length, buffer.Length));
            source.ReadExactly(part);
            sink.Write(part);
        }
    }

    private byte[] Header()
    {
        var attributes = HfsFormat.VolumeUnmounted | (_options.Journaled ? HfsFormat.VolumeJournaled : 0);
        var time = ForgeNode.DefaultTime;
        var free = (uint)(_options.FreeBlocks + _allocation.Gaps.Count);
        return new BigEndianBytes()
            .U16(_options.IsHfsx ? HfsFormat.HfsxSignature : HfsFormat.HfsPlusSignature)
            .U16(_options.IsHfsx ? HfsFormat.HfsxVersion : HfsFormat.HfsPlusVersion)
            .U32(attributes).Raw(_options.Journaled ? "HFSJ"u8 : "10.0"u8).U32(_inodes.JournalInfoBlock)
            .Date(time).Date(time).U32(0).Date(time)
            .U32(_catalog.FileCount).U32(_catalog.FolderCount).U32((uint)_options.BlockSize).U32(_totalBlocks).U32(free)
            .U32(_allocation.Next).U32(65536).U32(65536).U32(_inodes.NextId).U32(1).U64(1)
            .Zeros(24).U64(0x0123456789ABCDEF)
            .Raw(_allocationFile.ToArray()).Raw(_extentsFile.ToArray()).Raw(_catalogFile.ToArray()).Raw(_attributesFile.ToArray())
            .Zeros(HfsFormat.ForkSize)
            .ToArray();
    }

    private HfsForkPlan AddAttributes()
    {
        var writer = new HfsAttributeWriter(_options, _allocation);
        foreach (var inode in _inodes.All.Append(_inodes.Root))
        {
            writer.Add(inode);
        }

        var shape = new HfsTreeWriter.Shape(_options.AttributesNodeSize, 266, 0, VariableIndexKeys: true);
        return _allocation.Add(ForgeContent.FromBytes(HfsTreeWriter.Write(shape, writer.Records())));
    }

    private List<HfsTreeRecord> ExtentRecords()
    {
        var forks = new List<(uint Id, byte Type, HfsForkPlan Plan)> { (HfsFormat.CatalogFileId, HfsFormat.DataFork, _catalogFile) };
        foreach (var inode in _inodes.All.OrderBy(inode => inode.Id))
        {
            forks.Add((inode.Id, HfsFormat.DataFork, inode.Data));
            forks.Add((inode.Id, HfsFormat.ResourceFork, inode.Resource));
        }

        return [.. forks.SelectMany(fork => fork.Plan.Overflow().Select(part => new HfsTreeRecord(
            new BigEndianBytes().U8(fork.Type).U8(0).U32(fork.Id).U32(part.StartBlock).ToArray(), part.Record)))];
    }

    private void Mark(byte[] bitmap)
    {
        for (var block = 0u; block < _allocation.Next; block++)
        {
            bitmap[block / 8] |= (byte)(0x80 >> (int)(block % 8));
        }

        foreach (var gap in _allocation.Gaps)
        {
            bitmap[gap / 8] &= (byte)~(0x80 >> (int)(gap % 8));
        }

        for (var block = _totalBlocks - BlocksFor(EndSize); block < _totalBlocks; block++)
        {
            bitmap[block / 8] |= (byte)(0x80 >> (int)(block % 8));
        }
    }

    private long OffsetOf(HfsForkPlan plan) => VolumeOffset + (plan.Extents[0].StartBlock * (long)_options.BlockSize);

    private uint BlocksFor(long bytes) => (uint)((bytes + _options.BlockSize - 1) / _options.BlockSize);
}

using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.AppleArchive;

/// <summary>
/// Goes over archives from header to header and gathers their entries in one tree. Contents are passed over: what no header lies in
/// is not even decoded. Archives may be gone over at the same time.
/// </summary>
internal sealed class AppleArchiveIndexer(AppleArchiveOptions options)
{
    private const int DeepestNesting = 2;
    private const int LargestHeader = ushort.MaxValue;

    // Enough for the headers of one archive; which archive comes later decides first.
    private const int OrdinalBits = 40;

    private readonly Lock _gate = new();
    private readonly List<ByteSource> _sources = [];
    private int _headers;

    internal AppleArchiveTree Tree { get; } = new(options);

    internal IReadOnlyList<ByteSource> Sources => _sources;

    /// <summary>Entries whose path occurred before, other than directories.</summary>
    internal int Duplicates { get; private set; }

    /// <summary>The operations (YOP) of entries that change files instead of bringing them: <c>P</c>, <c>C</c>, <c>R</c>.</summary>
    internal SortedSet<char> PatchOperations { get; } = [];

    /// <summary>Goes over one archive, the compression around it already undone.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="number">Its place in the order of extraction.</param>
    /// <exception cref="FirmwareFormatException">The archive is damaged, or holds more than the options allow.</exception>
    internal void Add(ByteSource archive, int number)
    {
        var ordinal = (long)number << OrdinalBits;
        Add(archive, isFixup: false, depth: 0, ref ordinal);
    }

    /// <summary>Adds a file that is in no archive; what archives hold comes later.</summary>
    /// <exception cref="FirmwareFormatException">The path is impossible, or there are more files than the options allow.</exception>
    internal void Add(AppleArchiveFile file)
    {
        var number = Tree.Reach(Encoding.UTF8.GetBytes(file.Path), -1);
        ref var node = ref Tree[number];
        if (number == 0 || node.HasChildren)
        {
            throw new FirmwareFormatException(AppleArchiveFormat.Name, -1, $"'{file.Path}' is a file and has files in it");
        }

        Duplicates += node.Ordinal >= 0 ? 1 : 0;
        node.Ordinal = ++_headers;
        node.Mode = (ushort)(file.Mode & 0xFFF);
        if (file.Target is { } target)
        {
            (node.Type, node.Link, node.LinkLength) = (AppleArchiveFormat.Symlink, Tree.Keep(target), (ushort)target.Length);
        }
        else
        {
            (node.Type, node.Source, node.Size) = (AppleArchiveFormat.RegularFile, AddSource(file.Contents), file.Contents.Length);
        }
    }

    private void Add(ByteSource archive, bool isFixup, int depth, ref long ordinal)
    {
        var scan = new Scan(AddSource(archive), isFixup);
        var buffer = new byte[LargestHeader];
        long offset = 0;
        while (offset < archive.Length)
        {
            archive.ReadExactly(offset, buffer.AsSpan(0, AppleArchiveFormat.PrefixSize));
            var size = AppleArchiveHeader.ReadSize(buffer, offset);
            var fields = buffer.AsSpan(0, size - AppleArchiveFormat.PrefixSize);
            archive.ReadExactly(offset + AppleArchiveFormat.PrefixSize, fields);
            var header = AppleArchiveHeader.Read(fields, offset + AppleArchiveFormat.PrefixSize);
            var blobs = offset + size;
            if (header.BlobsSize > archive.Length - blobs)
            {
                throw new FirmwareFormatException(
                    AppleArchiveFormat.Name, offset, $"an entry's {header.BlobsSize} bytes are cut short: the archive ends at 0x{archive.Length:x}");
            }

            if (Interlocked.Increment(ref _headers) > options.MostEntries)
            {
                throw new FirmwareFormatException(AppleArchiveFormat.Name, offset, $"more than {options.MostEntries} entries");
            }

            ordinal++;
            if (header.Type == AppleArchiveFormat.Metadata)
            {
                AddMetadata(archive, in header, blobs, depth, ref ordinal);
            }
            else
            {
                lock (_gate)
                {
                    AddEntry(in header, blobs, offset, ordinal, scan);
                }
            }

            offset = blobs + header.BlobsSize;
        }

        lock (_gate)
        {
            Resolve(scan);
        }
    }

    // Update assets wrap archives once more: a metadata entry says what to do, its blob is the archive to do it with.
    private void AddMetadata(ByteSource archive, in AppleArchiveHeader header, long blobs, int depth, ref long ordinal)
    {
        switch (header.Operation)
        {
            case AppleArchiveFormat.OperationExtract or AppleArchiveFormat.OperationFixup when header.HasData:
                if (depth + 1 == DeepestNesting)
                {
                    throw new FirmwareFormatException(AppleArchiveFormat.Name, blobs, "an archive in an archive in an archive");
                }

                var nested = AppleArchiveFormat.Unwrap(archive.Slice(blobs + header.DataOffset, header.DataSize), options.Cache);
                Add(nested, header.Operation == AppleArchiveFormat.OperationFixup, depth + 1, ref ordinal);
                break;
            case AppleArchiveFormat.OperationPatch or AppleArchiveFormat.OperationCopy or AppleArchiveFormat.OperationRemove:
                lock (_gate)
                {
                    PatchOperations.Add((char)header.Operation);
                }

                break;
        }
    }

    private void AddEntry(in AppleArchiveHeader header, long blobs, long offset, long ordinal, Scan scan)
    {
        if (!header.HasPath)
        {
            throw new FirmwareFormatException(AppleArchiveFormat.Name, offset, "an entry without a path (PAT)");
        }

        if (scan.IsFixup)
        {
            FixUp(in header);
            return;
        }

        var number = Tree.Reach(header.Path, offset);
        ref var node = ref Tree[number];
        var isDirectory = header.Type == AppleArchiveFormat.Directory;
        if (isDirectory != node.IsDirectory && (number == 0 || node.Ordinal >= 0 || node.HasChildren))
        {
            throw new FirmwareFormatException(AppleArchiveFormat.Name, offset, $"'{Tree.Path(number)}' is a directory in one entry and not in another");
        }

        Duplicates += node.Ordinal >= 0 && !isDirectory ? 1 : 0;
        if (node.Ordinal > ordinal)
        {
            return;
        }

        var link = header.Link.Length == 0 ? 0 : Tree.Keep(header.Link);
        var digest = header.Sha256.Length > 0 ? header.Sha256 : header.Sha1;
        node.Digest = digest.Length == 0 ? 0 : Tree.Keep(digest);
        node.DigestLength = (byte)digest.Length;
        node.Type = header.Type;
        node.Ordinal = ordinal;
        node.Mode = (ushort)(header.Mode ?? (isDirectory ? 0b111_101_101 : 0b110_100_100));
        node.Uid = header.Uid ?? 0;
        node.Gid = header.Gid ?? 0;
        node.Link = link;
        node.LinkLength = (ushort)header.Link.Length;
        node.Source = AppleArchiveNode.None;
        node.Size = 0;
        node.HardLink = AppleArchiveNode.None;
        node.AttributesSource = header.AttributesSize is > 0 and <= int.MaxValue ? scan.Source : AppleArchiveNode.None;
        node.AttributesOffset = blobs + header.AttributesOffset;
        node.AttributesSize = (int)Math.Min(header.AttributesSize, int.MaxValue);
        if (header.Type == AppleArchiveFormat.RegularFile)
        {
            AddContents(ref node, number, in header, blobs, scan);
        }
    }

    private static void AddContents(ref AppleArchiveNode node, int number, in AppleArchiveHeader header, long blobs, Scan scan)
    {
        if (header.HardLinkCluster is { } hardLink)
        {
            // The first name of a file stands for all of them.
            node.Cluster = hardLink;
            node.HardLink = scan.HardLinks.TryAdd(hardLink, number) ? number : scan.HardLinks[hardLink];
        }

        if (header.HasData)
        {
            node.Source = scan.Source;
            node.Offset = blobs + header.DataOffset;
            node.Size = header.DataSize;
            var contents = (node.Offset, node.Size);
            scan.Remember('H', header.HardLinkCluster, contents);
            scan.Remember('C', header.CloneCluster, contents);
            scan.Remember('S', header.SameDataCluster, contents);
        }
        else
        {
            node.Size = header.Size ?? 0;
            if ((header.HardLinkCluster ?? header.CloneCluster ?? header.SameDataCluster) is not null)
            {
                scan.Pending.Add(new Pending(number, node.Ordinal, header.HardLinkCluster, header.CloneCluster, header.SameDataCluster));
            }
        }
    }

    // Of files with the same contents one may carry them for all (AA_FLAG_ARCHIVE_DEDUPLICATE_DAT), before or behind the others.
    private void Resolve(Scan scan)
    {
        foreach (var file in scan.Pending)
        {
            ref var node = ref Tree[file.Node];
            if (node.Ordinal == file.Ordinal
                && (scan.Recall('H', file.HardLink) ?? scan.Recall('C', file.Copy) ?? scan.Recall('S', file.SameData)) is var (offset, size))
            {
                (node.Source, node.Offset, node.Size) = (scan.Source, offset, size);
            }
        }
    }

    // What comes after extraction sets attributes of what is there, and brings nothing.
    private void FixUp(in AppleArchiveHeader header)
    {
        var number = Tree.Find(header.Path);
        if (number != AppleArchiveNode.None)
        {
            ref var node = ref Tree[number];
            node.Mode = (ushort)(header.Mode ?? node.Mode);
            node.Uid = header.Uid ?? node.Uid;
            node.Gid = header.Gid ?? node.Gid;
        }
    }

    private int AddSource(ByteSource source)
    {
        lock (_gate)
        {
            _sources.Add(source);
            return _sources.Count - 1;
        }
    }

    private readonly record struct Pending(int Node, long Ordinal, ulong? HardLink, ulong? Copy, ulong? SameData);

    /// <summary>What is known while one archive is gone over; the numbers of clusters mean something within it only.</summary>
    private sealed class Scan(int source, bool isFixup)
    {
        private readonly Dictionary<(char Kind, ulong Cluster), (long Offset, long Size)> _contents = [];

        internal int Source => source;

        internal bool IsFixup => isFixup;

        internal Dictionary<ulong, int> HardLinks { get; } = [];

        internal List<Pending> Pending { get; } = [];

        internal void Remember(char kind, ulong? cluster, (long Offset, long Size) contents)
        {
            if (cluster is { } id)
            {
                _contents.TryAdd((kind, id), contents);
            }
        }

        internal (long Offset, long Size)? Recall(char kind, ulong? cluster) =>
            cluster is { } id && _contents.TryGetValue((kind, id), out var contents) ? contents : null;
    }
}

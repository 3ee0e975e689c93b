using System.Security.Cryptography;
using System.Text;
using IpswDiff.Forge.FileTree;

namespace IpswDiff.Forge.Apfs;

/// <summary>
/// Turns a tree into the records of a file-system tree and of the extent-reference tree, and lays out its data streams
/// (Apple File System Reference, "File-System Objects", "Extended Fields", "Data Streams", "Siblings").
/// </summary>
internal sealed class ApfsCatalog
{
    public const ulong FirstUserInode = 16;
    private const ulong RootParent = 1;
    private const ulong RootInode = 2;
    private const ulong PrivateInode = 3;
    private const ulong KindNew = 1UL << 60;

    private const byte SiblingIdField = 1;
    private const byte DoNotCopy = 0x02;

    private const int MaxEmbeddedAttribute = 3804;
    private const int AttributeStream = 1;
    private const int AttributeEmbedded = 2;
    private const int AttributeSystemOwned = 4;

    private const int HashedBlocks = 128;
    private const ulong DataHash = 1UL << 56;

    private readonly ApfsVolume _volume;
    private readonly ApfsLayout _layout;
    private readonly Dictionary<ForgeNode, List<Name>> _names = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<ForgeNode, ulong> _inodes = new(ReferenceEqualityComparer.Instance);

    public ApfsCatalog(ApfsVolume volume, ApfsLayout layout)
    {
        _volume = volume;
        _layout = layout;
        var order = Number();
        AddDirectoryRecord(RootParent, "root", RootInode, 4, null);
        AddDirectoryRecord(RootParent, "private-dir", PrivateInode, 4, null);
        AddInode(new ForgeDirectory { Mode = 0b111_101_101 }, PrivateInode, RootParent, "private-dir", new ApfsInode());
        foreach (var node in order)
        {
            AddNode(node);
        }

        Records.Sort();
        ExtentReferences.Sort();
        FileExtents.Sort();
    }

    public List<ApfsRecord> Records { get; } = [];

    public List<ApfsRecord> ExtentReferences { get; } = [];

    /// <summary>The extents of a sealed volume, which have a tree of their own.</summary>
    public List<ApfsRecord> FileExtents { get; } = [];

    public ulong NextId { get; private set; } = FirstUserInode;

    public long Files { get; private set; }

    public long Directories { get; private set; }

    public long Symlinks { get; private set; }

    public long Specials { get; private set; }

    /// <summary>Blocks of data streams.</summary>
    public long DataBlocks { get; private set; }

    // Gives every inode its number in the order of the walk, and every name of a hard-linked one a sibling id.
    private List<ForgeNode> Number()
    {
        var order = new List<ForgeNode>();
        var parents = new Dictionary<string, ulong>(StringComparer.Ordinal) { ["/"] = RootInode };
        foreach (var (path, node) in _volume.Tree.Walk())
        {
            if (path == "/")
            {
                _inodes.Add(node, RootInode);
                _names.Add(node, [new Name(RootParent, "root", 0)]);
                order.Add(node);
                continue;
            }

            var slash = path.LastIndexOf('/');
            var parent = parents[slash == 0 ? "/" : path[..slash]];
            if (_names.TryGetValue(node, out var names))
            {
                names.Add(new Name(parent, path[(slash + 1)..], 0));
                continue;
            }

            _inodes.Add(node, NextId);
            _names.Add(node, [new Name(parent, path[(slash + 1)..], 0)]);
            if (node is ForgeDirectory)
            {
                parents.Add(path, NextId);
            }

            NextId++;
            order.Add(node);
        }

        foreach (var names in order.Select(node => _names[node]).Where(names => names.Count > 1))
        {
            for (var i = 0; i < names.Count; i++)
            {
                names[i] = names[i] with { SiblingId = NextId++ };
            }
        }

        return order;
    }

    private void AddNode(ForgeNode node)
    {
        var inode = _inodes[node];
        var names = _names[node];
        if (inode != RootInode)
        {
            foreach (var name in names)
            {
                AddDirectoryRecord(name.Parent, name.Text, inode, ApfsInode.FileType(node) >> 12, name.SiblingId == 0 ? null : name.SiblingId);
                if (name.SiblingId != 0)
                {
                    var link = new ByteBuilder().U64(name.Parent).U16(Encoding.UTF8.GetByteCount(name.Text) + 1).Text(name.Text).ToArray();
                    Records.Add(ApfsRecord.Numbered(inode, ApfsRecordType.SiblingLink, name.SiblingId, link));
                    Records.Add(ApfsRecord.Plain(name.SiblingId, ApfsRecordType.SiblingMap, new ByteBuilder().U64(inode).ToArray()));
                }
            }
        }

        var facts = new ApfsInode { Links = names.Count };
        foreach (var (name, value) in node.ExtendedAttributes)
        {
            AddAttribute(inode, name, ForgeContent.FromBytes(value), facts);
        }

        switch (node)
        {
            case ForgeDirectory directory:
                facts.Links = directory.Children.Count;
                Directories += inode == RootInode ? 0 : 1;
                break;
            case ForgeSymlink link:
                Symlinks++;
                var target = new ByteBuilder().Text(link.Target).ToArray();
                AddAttributeRecord(inode, "com.apple.fs.symlink", AttributeEmbedded | AttributeSystemOwned, target);
                break;
            case ForgeSpecial special:
                Specials++;
                facts.Device = special.Kind is ForgeSpecialKind.BlockDevice or ForgeSpecialKind.CharacterDevice ? special.Device : null;
                break;
            case ForgeFile file:
                Files++;
                AddContents(file, inode, facts);
                break;
        }

        AddInode(node, inode, names[0].Parent, names[0].Text, facts);
    }

    private void AddContents(ForgeFile file, ulong inode, ApfsInode facts)
    {
        if (file.Compression != ForgeCompression.None)
        {
            var encoded = Decmpfs.Encode(file.Content, file.Compression);
            var hashed = inode;
            if (encoded.ResourceFork is { } fork)
            {
                hashed = NextId;
                AddAttribute(inode, Decmpfs.ResourceForkAttribute, fork, facts);
            }

            AddHashes(hashed, file.Content);
            AddAttribute(inode, Decmpfs.Attribute, ForgeContent.FromBytes(encoded.Attribute), facts);
            facts.UncompressedSize = file.Content.Length;
            return;
        }

        if (file.Content.Length == 0)
        {
            return;
        }

        facts.Dstream = AddStream(inode, file.Content);
        AddHashes(inode, file.Content);
        Records.Add(ApfsRecord.Plain(inode, ApfsRecordType.DstreamId, new ByteBuilder().U32(1).ToArray()));
    }

    private void AddAttribute(ulong inode, string name, ForgeContent value, ApfsInode facts)
    {
        facts.HasFork |= name == Decmpfs.ResourceForkAttribute;
        facts.HasSecurity |= name == "com.apple.system.Security";
        facts.HasFinderInfo |= name == "com.apple.FinderInfo";
        if (value.Length <= MaxEmbeddedAttribute && name != Decmpfs.ResourceForkAttribute)
        {
            AddAttributeRecord(inode, name, AttributeEmbedded, value.ToArray());
            return;
        }

        var id = NextId++;
        var stream = new ByteBuilder().U64(id).Bytes(AddStream(id, value).ToArray()).ToArray();
        AddAttributeRecord(inode, name, AttributeStream, stream);
    }

    private void AddAttributeRecord(ulong inode, string name, int flags, byte[] data)
        => Records.Add(ApfsRecord.Named(inode, ApfsRecordType.ExtendedAttribute, name, new ByteBuilder().U16(flags).U16(data.Length).Bytes(data).ToArray()));

    private ApfsDstream AddStream(ulong id, ForgeContent content)
    {
        long sparse = 0;
        foreach (var (offset, length, isHole) in BlockRuns(content))
        {
            if (isHole)
            {
                sparse += length;
                AddExtent(id, offset, length, 0);
                continue;
            }

            var limit = _volume.FragmentBlocks == 0 ? long.MaxValue : (long)_volume.FragmentBlocks * ApfsObject.BlockSize;
            for (var done = 0L; done < length;)
            {
                var size = Math.Min(limit, length - done);
                var blocks = size / ApfsObject.BlockSize;
                var block = _layout.Allocate(blocks);
                _layout.Put(block, content, offset + done, Math.Min(size, content.Length - offset - done));
                AddExtent(id, offset + done, size, (ulong)block);
                ExtentReferences.Add(ApfsRecord.Plain((ulong)block, ApfsRecordType.Extent, new ByteBuilder().U64((ulong)blocks | KindNew).U64(id).U32(1).ToArray()));
                DataBlocks += blocks;
                done += size;
                if (done < length)
                {
                    _layout.Skip(1);
                }
            }
        }

        return new ApfsDstream(content.Length, RoundUp(content.Length), sparse);
    }

    private void AddExtent(ulong id, long offset, long length, ulong block)
    {
        if (_volume.Sealed)
        {
            FileExtents.Add(ApfsRecord.Fixed(id, (ulong)offset, new ByteBuilder().U64((ulong)length).U64(block).ToArray()));
            return;
        }

        Records.Add(ApfsRecord.Numbered(id, ApfsRecordType.FileExtent, (ulong)offset, new ByteBuilder().U64((ulong)length).U64(block).U64(0).ToArray()));
    }

    // A sealed volume keeps the SHA-256 of contents as a reader sees them, in whole blocks, under the stream that holds them.
    private void AddHashes(ulong id, ForgeContent content)
    {
        if (!_volume.Sealed || content.Length == 0)
        {
            return;
        }

        using var stream = content.Open();
        var buffer = new byte[HashedBlocks * ApfsObject.BlockSize];
        for (long at = 0; at < content.Length; at += buffer.Length)
        {
            var count = (int)Math.Min(buffer.Length, content.Length - at);
            stream.ReadExactly(buffer.AsSpan(0, count));
            var whole = (int)RoundUp(count);
            buffer.AsSpan(count, whole - count).Clear();
            var value = new ByteBuilder().U16(whole / ApfsObject.BlockSize).U8(SHA256.HashSizeInBytes).Bytes(SHA256.HashData(buffer.AsSpan(0, whole))).ToArray();
            Records.Add(ApfsRecord.Numbered(id, ApfsRecordType.FileInfo, DataHash | (ulong)at, value));
        }
    }

    // Holes shrink to whole blocks; the end of the file counts as the end of its last block.
    private static IEnumerable<(long Offset, long Length, bool IsHole)> BlockRuns(ForgeContent content)
    {
        var end = RoundUp(content.Length);
        long at = 0;
        foreach (var hole in content.Holes)
        {
            var from = RoundUp(hole.Offset);
            var to = hole.End == content.Length ? end : hole.End & -ApfsObject.BlockSize;
            if (to <= from)
            {
                continue;
            }

            if (from > at)
            {
                yield return (at, from - at, false);
            }

            yield return (from, to - from, true);
            at = to;
        }

        if (end > at)
        {
            yield return (at, end - at, false);
        }
    }

    private void AddDirectoryRecord(ulong parent, string name, ulong inode, int type, ulong? siblingId)
    {
        var value = new ByteBuilder().U64(inode).U64(ApfsInode.Nanoseconds(ForgeNode.DefaultTime)).U16(type);
        if (siblingId is { } id)
        {
            value.U16(1).U16(8).U8(SiblingIdField).U8(DoNotCopy).U16(8).U64(id);
        }

        Records.Add(_volume.Names == ApfsNames.Exact
            ? ApfsRecord.Named(parent, ApfsRecordType.DirectoryRecord, name, value.ToArray())
            : ApfsRecord.Hashed(parent, name, ApfsNameHash.Compute(name, _volume.Names == ApfsNames.CaseInsensitive), value.ToArray()));
    }

    private void AddInode(ForgeNode node, ulong inode, ulong parent, string name, ApfsInode facts)
        => Records.Add(ApfsRecord.Plain(inode, ApfsRecordType.Inode, facts.ToArray(node, inode, parent, name)));

    private static long RoundUp(long length) => (length + ApfsObject.BlockSize - 1) & -ApfsObject.BlockSize;

    private readonly record struct Name(ulong Parent, string Text, ulong SiblingId);
}

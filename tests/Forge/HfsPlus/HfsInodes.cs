using IpswDiff.Forge.FileTree;
using IpswDiff.Formats.HfsPlus;

namespace IpswDiff.Forge.HfsPlus;

/// <summary>Numbers every node of a tree and gives its forks their places.</summary>
internal sealed class HfsInodes
{
    private readonly Dictionary<ForgeNode, HfsInode> _byNode = new(ReferenceEqualityComparer.Instance);
    private readonly HfsPlusOptions _options;
    private readonly HfsAllocation _allocation;
    private uint _nextId = HfsFormat.FirstUserId;

    internal HfsInodes(ForgeTree tree, HfsPlusOptions options, HfsAllocation allocation)
    {
        _options = options;
        _allocation = allocation;
        Root = new HfsInode(tree.Root, HfsFormat.RootFolderId);
        Root.Names.Add((HfsFormat.RootParentId, options.VolumeName));
        PrivateFiles = AddHidden(new ForgeDirectory { Mode = 0b111_000_000 }, HfsFormat.PrivateFilesFolder);
        PrivateFolders = AddHidden(new ForgeDirectory { Mode = 0b111_000_000 }, HfsFormat.PrivateFoldersFolder);
        if (options.Journaled)
        {
            AddJournal();
        }

        Number(tree.Root);
        foreach (var inode in All)
        {
            Prepare(inode);
        }
    }

    internal HfsInode Root { get; }

    internal HfsInode PrivateFiles { get; }

    internal HfsInode PrivateFolders { get; }

    /// <summary>The block of the journal's description; 0 without a journal.</summary>
    internal uint JournalInfoBlock { get; private set; }

    internal uint NextId => _nextId;

    /// <summary>Every node once.</summary>
    internal List<HfsInode> All { get; } = [];

    private HfsInode AddHidden(ForgeNode node, string name)
    {
        var inode = new HfsInode(node, _nextId++);
        inode.Names.Add((HfsFormat.RootFolderId, name));
        Root.Valence++;
        All.Add(inode);
        return inode;
    }

    private void AddJournal()
    {
        const int JournalSize = 512 * 1024;
        var journal = new byte[JournalSize];
        new BigEndianBytes().U32(0x4A4E4C78).U32(0x12345678).U64(512).U64(512).U64(JournalSize).U32(4096).U32(0).U32(512).ToArray().CopyTo(journal, 0);
        var journalPlan = _allocation.Add(ForgeContent.FromBytes(journal));
        var info = new byte[_options.BlockSize];
        new BigEndianBytes().U32(1).Zeros(32).U64(journalPlan.Extents[0].StartBlock * (long)_options.BlockSize).U64(JournalSize).ToArray().CopyTo(info, 0);
        var infoPlan = _allocation.Add(ForgeContent.FromBytes(info));
        JournalInfoBlock = infoPlan.Extents[0].StartBlock;
        AddHidden(new ForgeFile(ForgeContent.Empty), HfsFormat.JournalFile).Data = journalPlan;
        AddHidden(new ForgeFile(ForgeContent.Empty), HfsFormat.JournalInfoFile).Data = infoPlan;
    }

    // Breadth first: numbers follow no path order, so that readers cannot rely on one.
    private void Number(ForgeDirectory root)
    {
        _byNode.Add(root, Root);
        var queue = new Queue<ForgeDirectory>([root]);
        while (queue.TryDequeue(out var directory))
        {
            var parent = _byNode[directory];
            foreach (var (name, node) in directory.Children)
            {
                if (!_byNode.TryGetValue(node, out var inode))
                {
                    inode = new HfsInode(node, _nextId++);
                    _byNode.Add(node, inode);
                    All.Add(inode);
                    if (node is ForgeDirectory child)
                    {
                        queue.Enqueue(child);
                    }
                }

                inode.Names.Add((parent.Id, name.Replace(':', '/')));
                parent.Valence++;
            }
        }

        foreach (var inode in All.Where(inode => inode.IsShared))
        {
            inode.LinkIds.AddRange(inode.Names.Select(_ => _nextId++));
            (inode.IsFolder ? PrivateFolders : PrivateFiles).Valence++;
        }

        Prepare(Root);
    }

    private void Prepare(HfsInode inode)
    {
        var fragmented = _options.Fragmented.Contains(inode.Node);
        foreach (var (name, value) in inode.Node.ExtendedAttributes)
        {
            switch (name)
            {
                case HfsFormat.FinderInfoName:
                    inode.FinderInfo = value;
                    break;
                case Decmpfs.ResourceForkAttribute:
                    inode.Resource = _allocation.Add(ForgeContent.FromBytes(value), fragmented);
                    break;
                default:
                    inode.Attributes.Add(name, value);
                    break;
            }
        }

        switch (inode.Node)
        {
            case ForgeFile { Compression: not ForgeCompression.None } file:
                var encoding = Decmpfs.Encode(file.Content, file.Compression);
                inode.Attributes.Add(Decmpfs.Attribute, encoding.Attribute);
                inode.Resource = encoding.ResourceFork is { } fork ? _allocation.Add(fork, fragmented) : HfsForkPlan.Empty;
                break;
            case ForgeFile file when inode.Data == HfsForkPlan.Empty:
                inode.Data = _allocation.Add(file.Content, fragmented);
                break;
            case ForgeSymlink link:
                inode.Data = _allocation.Add(ForgeContent.FromText(link.Target), fragmented);
                break;
        }
    }
}

using System.Globalization;
using IpswDiff.Forge.FileTree;
using IpswDiff.Formats.HfsPlus;

namespace IpswDiff.Forge.HfsPlus;

/// <summary>The catalog's records: a record and a thread for everything, links and what they share apart.</summary>
internal sealed class HfsCatalogWriter(HfsInodes inodes)
{
    private const ushort RegularType = 0x8000;
    private const ushort DirectoryType = 0x4000;
    private const ushort SymlinkType = 0xA000;

    private readonly List<(uint Parent, string Name, byte[] Data)> _records = [];

    internal uint FileCount { get; private set; }

    internal uint FolderCount { get; private set; }

    /// <summary>Every record, in the order of the volume's names.</summary>
    internal List<HfsTreeRecord> Records(bool caseSensitive)
    {
        AddFolder(inodes.Root, HfsFormat.RootParentId, inodes.Root.Names[0].Name, 0);
        FolderCount = 0;
        foreach (var inode in inodes.All)
        {
            if (inode.IsShared)
            {
                AddShared(inode);
            }
            else if (inode.IsFolder)
            {
                AddFolder(inode, inode.Names[0].Parent, inode.Names[0].Name, 0);
            }
            else
            {
                AddFile(inode, inode.Names[0].Parent, inode.Names[0].Name, 0);
            }
        }

        return
        [
            .. _records.OrderBy(record => record.Parent)
                .ThenBy(record => caseSensitive ? record.Name : Fold(record.Name), StringComparer.Ordinal)
                .Select(record => new HfsTreeRecord(
                    new BigEndianBytes().U32(record.Parent).U16(record.Name.Length).Units(record.Name).ToArray(), record.Data)),
        ];
    }

    // Folding a whole name first and comparing afterwards is the slow and obvious way, unlike the reader's.
    private static string Fold(string name) => string.Concat(name.Select(unit => (char)HfsCaseFolding.Fold(unit)).Where(unit => unit != 0));

    private void AddShared(HfsInode inode)
    {
        var number = inode.Id.ToString(CultureInfo.InvariantCulture);
        if (inode.IsFolder)
        {
            AddFolder(inode, inodes.PrivateFolders.Id, "dir_" + number, HfsFormat.HasLinkChain);
        }
        else
        {
            AddFile(inode, inodes.PrivateFiles.Id, "iNode" + number, HfsFormat.HasLinkChain);
        }

        for (var i = 0; i < inode.Names.Count; i++)
        {
            AddLink(inode, i);
        }
    }

    private void AddLink(HfsInode inode, int index)
    {
        var (parent, name) = inode.Names[index];
        var id = inode.LinkIds[index];
        var time = ForgeNode.DefaultTime;
        var record = new BigEndianBytes().U16(HfsFormat.FileRecord).U16(HfsFormat.ThreadExists | HfsFormat.HasLinkChain).U32(0).U32(id)
            .Date(time).Date(time).Date(time).Date(time).U32(0)
            .U32(index > 0 ? inode.LinkIds[index - 1] : 0)
            .U32(index + 1 < inode.LinkIds.Count ? inode.LinkIds[index + 1] : 0)
            .U8(0).U8(0).U16(RegularType | 0b100_100_100).U32(inode.Id)
            .U32(inode.IsFolder ? HfsFormat.FolderLinkType : HfsFormat.HardLinkType)
            .U32(inode.IsFolder ? HfsFormat.FolderLinkCreator : HfsFormat.HardLinkCreator)
            .U16(inode.IsFolder ? 0x8000 : 0x0100).Zeros(22).U32(0).U32(0).Zeros(2 * HfsFormat.ForkSize);
        Add(parent, name, record);
        AddThread(id, HfsFormat.FileThreadRecord, parent, name);
        FileCount++;
    }

    private void AddFolder(HfsInode inode, uint parent, string name, ushort flags)
    {
        var record = new BigEndianBytes().U16(HfsFormat.FolderRecord).U16(Flags(inode, flags)).U32(inode.Valence).U32(inode.Id);
        AddCommon(record, inode, DirectoryType, inode.IsShared ? (uint)inode.Names.Count : 0);
        Add(parent, name, record.U32(0).U32(0));
        AddThread(inode.Id, HfsFormat.FolderThreadRecord, parent, name);
        FolderCount++;
    }

    private void AddFile(HfsInode inode, uint parent, string name, ushort flags)
    {
        var (type, special) = inode.Node switch
        {
            ForgeSymlink => (SymlinkType, 1u),
            ForgeSpecial node => ((ushort)node.Kind, node.Device),
            _ => (RegularType, (uint)inode.Names.Count),
        };
        var record = new BigEndianBytes().U16(HfsFormat.FileRecord).U16(Flags(inode, (ushort)(flags | HfsFormat.ThreadExists)))
            .U32(inode.IsShared ? inode.LinkIds[0] : 0).U32(inode.Id);
        AddCommon(record, inode, type, special);
        Add(parent, name, record.U32(0).U32(0).Raw(inode.Data.ToArray()).Raw(inode.Resource.ToArray()));
        AddThread(inode.Id, HfsFormat.FileThreadRecord, parent, name);
        FileCount++;
    }

    private static void AddCommon(BigEndianBytes record, HfsInode inode, ushort type, uint special)
    {
        var node = inode.Node;
        var flags = node.BsdFlags | (inode.IsCompressed ? HfsFormat.Compressed : 0u);
        var finderInfo = inode.FinderInfo.AsSpan().ToArray();
        if (node is ForgeSymlink)
        {
            "slnkrhap"u8.CopyTo(finderInfo);
        }

        record.Date(node.CreatedAt).Date(node.ModifiedAt).Date(node.ChangedAt).Date(node.AccessedAt).U32(0)
            .U32(node.Uid).U32(node.Gid).U8((int)(flags >> 16)).U8((int)(flags & 0xFF)).U16(type | node.Mode).U32(special)
            .Raw(finderInfo);
    }

    private static int Flags(HfsInode inode, ushort flags) => flags | (inode.Attributes.Count > 0 ? HfsFormat.HasAttributes : 0);

    private void AddThread(uint id, ushort type, uint parent, string name) =>
        Add(id, string.Empty, new BigEndianBytes().U16(type).U16(0).U32(parent).U16(name.Length).Units(name));

    private void Add(uint parent, string name, BigEndianBytes record) => _records.Add((parent, name, record.ToArray()));
}

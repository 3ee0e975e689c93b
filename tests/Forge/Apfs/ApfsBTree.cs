using System.Buffers.Binary;
using System.Security.Cryptography;

namespace IpswDiff.Forge.Apfs;

/// <summary>What a B-tree is: its subtype, where its nodes live, and whether its keys and values have fixed sizes.</summary>
internal sealed record ApfsTreeKind(uint Subtype, uint Storage, int KeySize = 0, int ValueSize = 0)
{
    private const uint AllowGhosts = 0x04;
    private const uint EphemeralNodes = 0x08;
    private const uint PhysicalNodes = 0x10;
    private const uint NonAligned = 0x40;
    private const uint HashedNodes = 0x80;
    private const uint NoHeaders = 0x100;

    public static readonly ApfsTreeKind FsTree = new(ApfsObject.FsTree, ApfsObject.Virtual);
    public static readonly ApfsTreeKind SealedFsTree = FsTree with { Hashed = true };
    public static readonly ApfsTreeKind ObjectMap = new(ApfsObject.ObjectMap, ApfsObject.Physical, 16, 16);
    public static readonly ApfsTreeKind ExtentReferences = new(ApfsObject.BlockRefTree, ApfsObject.Physical);
    public static readonly ApfsTreeKind SnapshotMetadata = new(ApfsObject.SnapMetaTree, ApfsObject.Physical);
    public static readonly ApfsTreeKind OmapSnapshots = new(ApfsObject.OmapSnapshot, ApfsObject.Physical, 8, 16);
    public static readonly ApfsTreeKind FileExtents = new(ApfsObject.FextTree, ApfsObject.Physical, 16, 16);
    public static readonly ApfsTreeKind FreeQueue = new(ApfsObject.FreeQueue, ApfsObject.Ephemeral, 16, 8);

    /// <summary>Whether index nodes hold the SHA-256 of their children and nodes have no object header (sealed volumes).</summary>
    public bool Hashed { get; init; }

    public bool HasFixedSizes => KeySize != 0;

    public uint Flags => (Storage == ApfsObject.Physical ? PhysicalNodes : 0)
        | (Storage == ApfsObject.Ephemeral ? EphemeralNodes | AllowGhosts : 0)
        | (HasFixedSizes ? 0 : NonAligned)
        | (Hashed ? HashedNodes | NoHeaders : 0);
}

/// <summary>Where a node goes: the number that its parent names it by, and its block.</summary>
internal readonly record struct ApfsNodePlace(ulong Oid, long Block);

/// <summary>A written tree.</summary>
internal sealed record ApfsTree(ApfsNodePlace Root, IReadOnlyList<ApfsNodePlace> Nodes, int Levels, byte[] RootHash);

/// <summary>
/// Writes a B-tree bottom up from sorted records (Apple File System Reference, "B-Trees": <c>btree_node_phys_t</c>,
/// <c>btree_info_t</c>). Nodes are filled one after another; several levels come about by themselves.
/// </summary>
internal sealed class ApfsBTree(ApfsTreeKind kind, ulong xid, int maxRecordsPerNode)
{
    private const int NodeHeader = 56;
    private const int FooterSize = 40;
    private const int HashSize = 32;
    private const int RootFlag = 1;
    private const int LeafFlag = 2;
    private const int FixedFlag = 4;
    private const int HashedFlag = 8;
    private const int NoHeaderFlag = 0x10;
    private const ushort NoOffset = 0xFFFF;

    /// <summary>Builds the tree. <paramref name="place"/> is asked once a node, the root first.</summary>
    public ApfsTree Write(IReadOnlyList<ApfsRecord> records, Func<ApfsNodePlace> place, Action<long, byte[]> put)
    {
        var levels = new List<List<Node>> { Split(records.Select(record => new Entry(record.Key, record.Value, null)), leaf: true) };
        while (levels[^1].Count > 1)
        {
            levels.Add(Split(levels[^1].Select(node => new Entry(node.Entries[0].Key, [], node)), leaf: false));
        }

        var places = new List<ApfsNodePlace>();
        for (var level = levels.Count - 1; level >= 0; level--)
        {
            foreach (var node in levels[level])
            {
                node.Place = place();
                places.Add(node.Place);
            }
        }

        var root = levels[^1][0];
        for (var level = 0; level < levels.Count; level++)
        {
            foreach (var node in levels[level])
            {
                var block = Serialize(node, level, level == levels.Count - 1, root.Place.Oid);
                if (node == root)
                {
                    WriteFooter(block, records, places.Count);
                }

                if (!kind.Hashed)
                {
                    var type = (node == root ? ApfsObject.BTree : ApfsObject.BTreeNode) | kind.Storage;
                    ApfsObject.Seal(block, node.Place.Oid, xid, type, kind.Subtype);
                }

                node.Hash = kind.Hashed ? SHA256.HashData(block) : [];
                put(node.Place.Block, block);
            }
        }

        return new ApfsTree(root.Place, places, levels.Count, root.Hash);
    }

    // A tree of one node has its footer in that node, so that it holds less; the last level must fit a root.
    private List<Node> Split(IEnumerable<Entry> entries, bool leaf)
    {
        var nodes = new List<Node>();
        var current = new Node();
        foreach (var entry in entries)
        {
            if (current.Entries.Count > 0 && !Fits(current, entry, leaf, ApfsObject.BlockSize))
            {
                nodes.Add(current);
                current = new Node();
            }

            current.Add(entry, ValueLength(entry, leaf));
        }

        nodes.Add(current);
        if (nodes.Count == 1 && !FitsRoot(current, leaf))
        {
            var half = new Node();
            foreach (var entry in current.Entries.Skip(current.Entries.Count / 2))
            {
                half.Add(entry, ValueLength(entry, leaf));
            }

            var first = new Node();
            foreach (var entry in current.Entries.Take(current.Entries.Count / 2))
            {
                first.Add(entry, ValueLength(entry, leaf));
            }

            return [first, half];
        }

        return nodes;
    }

    private bool Fits(Node node, Entry entry, bool leaf, int end)
        => node.Entries.Count < Math.Max(2, maxRecordsPerNode)
            && NodeHeader + TableLength(node.Entries.Count + 1, leaf) + node.KeyBytes + entry.Key.Length + node.ValueBytes + ValueLength(entry, leaf) <= end;

    private bool FitsRoot(Node node, bool leaf)
        => NodeHeader + TableLength(node.Entries.Count, leaf) + node.KeyBytes + node.ValueBytes <= ApfsObject.BlockSize - FooterSize;

    private int ValueLength(Entry entry, bool leaf) => leaf ? entry.Value.Length : 8 + (kind.Hashed ? HashSize : 0);

    // Object maps and free queues reserve the table for as many entries as could ever fit, as if there were no footer.
    private int TableLength(int entries, bool leaf)
    {
        if (!kind.HasFixedSizes)
        {
            return Math.Max(1, entries) * 8;
        }

        var reserved = kind.Subtype is ApfsObject.ObjectMap or ApfsObject.FreeQueue
            ? (ApfsObject.BlockSize - NodeHeader) / (kind.KeySize + (leaf ? kind.ValueSize : 8) + 4)
            : 2;
        return ((Math.Max(entries, reserved) * 4) + 7) & ~7;
    }

    private byte[] Serialize(Node node, int level, bool isRoot, ulong rootOid)
    {
        var leaf = level == 0;
        var block = new byte[ApfsObject.BlockSize];
        var table = TableLength(node.Entries.Count, leaf);
        var keyArea = NodeHeader + table;
        var valueEnd = ApfsObject.BlockSize - (isRoot ? FooterSize : 0);
        var keyOffset = 0;
        var valueOffset = 0;
        for (var i = 0; i < node.Entries.Count; i++)
        {
            var entry = node.Entries[i];
            var value = entry.Child is null ? entry.Value : ChildValue(entry.Child, rootOid);
            valueOffset += value.Length;
            entry.Key.CopyTo(block, keyArea + keyOffset);
            value.CopyTo(block, valueEnd - valueOffset);
            if (kind.HasFixedSizes)
            {
                Put16(block, NodeHeader + (i * 4), keyOffset);
                Put16(block, NodeHeader + (i * 4) + 2, valueOffset);
            }
            else
            {
                Put16(block, NodeHeader + (i * 8), keyOffset);
                Put16(block, NodeHeader + (i * 8) + 2, entry.Key.Length);
                Put16(block, NodeHeader + (i * 8) + 4, valueOffset);
                Put16(block, NodeHeader + (i * 8) + 6, value.Length);
            }

            keyOffset += entry.Key.Length;
        }

        Put16(block, 32, (isRoot ? RootFlag : 0) | (leaf ? LeafFlag : 0) | (kind.HasFixedSizes ? FixedFlag : 0) | (kind.Hashed ? HashedFlag | NoHeaderFlag : 0));
        Put16(block, 34, level);
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(36), node.Entries.Count);
        Put16(block, 42, table);
        Put16(block, 44, keyOffset);
        Put16(block, 46, valueEnd - valueOffset - keyArea - keyOffset);
        Put16(block, 48, NoOffset);
        Put16(block, 52, NoOffset);
        return block;
    }

    // In a hashed tree a child is named by its distance from the root.
    private byte[] ChildValue(Node child, ulong rootOid)
        => kind.Hashed
            ? new ByteBuilder().U64(child.Place.Oid - rootOid).Bytes(child.Hash).ToArray()
            : new ByteBuilder().U64(child.Place.Oid).ToArray();

    private void WriteFooter(byte[] block, IReadOnlyList<ApfsRecord> records, int nodes)
    {
        var footer = block.AsSpan(ApfsObject.BlockSize - FooterSize);
        var longestKey = kind.HasFixedSizes ? kind.KeySize : records.Select(record => record.Key.Length).DefaultIfEmpty().Max();
        var longestValue = kind.HasFixedSizes ? kind.ValueSize : records.Select(record => record.Value.Length).DefaultIfEmpty().Max();
        BinaryPrimitives.WriteUInt32LittleEndian(footer, kind.Flags);
        BinaryPrimitives.WriteInt32LittleEndian(footer[4..], ApfsObject.BlockSize);
        BinaryPrimitives.WriteInt32LittleEndian(footer[8..], kind.KeySize);
        BinaryPrimitives.WriteInt32LittleEndian(footer[12..], kind.ValueSize);
        BinaryPrimitives.WriteInt32LittleEndian(footer[16..], longestKey);
        BinaryPrimitives.WriteInt32LittleEndian(footer[20..], longestValue);
        BinaryPrimitives.WriteInt64LittleEndian(footer[24..], records.Count);
        BinaryPrimitives.WriteInt64LittleEndian(footer[32..], nodes);
    }

    private static void Put16(byte[] block, int offset, int value) => BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(offset), checked((ushort)value));

    private sealed record Entry(byte[] Key, byte[] Value, Node? Child);

    private sealed class Node
    {
        public List<Entry> Entries { get; } = [];

        public int KeyBytes { get; private set; }

        public int ValueBytes { get; private set; }

        public ApfsNodePlace Place { get; set; }

        public byte[] Hash { get; set; } = [];

        public void Add(Entry entry, int valueLength)
        {
            Entries.Add(entry);
            KeyBytes += entry.Key.Length;
            ValueBytes += valueLength;
        }
    }
}

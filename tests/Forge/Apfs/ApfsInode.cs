using IpswDiff.Forge.FileTree;

namespace IpswDiff.Forge.Apfs;

/// <summary>A data stream as inodes and attributes describe it (<c>j_dstream_t</c>); its allocated size counts holes.</summary>
internal sealed record ApfsDstream(long Size, long Allocated, long Sparse)
{
    public byte[] ToArray() => new ByteBuilder().U64((ulong)Size).U64((ulong)Allocated).U64(0).U64((ulong)Size).U64(0).ToArray();
}

/// <summary>An inode record's value and its extended fields (<c>j_inode_val_t</c>, <c>xf_blob_t</c>).</summary>
internal sealed class ApfsInode
{
    private const ulong FlagHasSecurity = 0x40;
    private const ulong FlagHasFinderInfo = 0x100;
    private const ulong FlagSparse = 0x200;
    private const ulong FlagHasResourceFork = 0x4000;
    private const ulong FlagNoResourceFork = 0x8000;
    private const ulong FlagUncompressedSize = 0x40000;
    private const uint UfCompressed = 0x20;

    private const byte FieldName = 4;
    private const byte FieldDstream = 8;
    private const byte FieldSparseBytes = 13;
    private const byte FieldDevice = 14;
    private const byte DoNotCopy = 0x02;
    private const byte ChildrenInherit = 0x08;
    private const byte SystemField = 0x20;

    /// <summary>Names of a file, entries of a directory.</summary>
    public int Links { get; set; }

    public ApfsDstream? Dstream { get; set; }

    public long? UncompressedSize { get; set; }

    public uint? Device { get; set; }

    public bool HasFork { get; set; }

    public bool HasSecurity { get; set; }

    public bool HasFinderInfo { get; set; }

    /// <summary>The record's value.</summary>
    public byte[] ToArray(ForgeNode node, ulong inode, ulong parent, string name)
    {
        var flags = (HasFork ? FlagHasResourceFork : FlagNoResourceFork)
            | (HasSecurity ? FlagHasSecurity : 0)
            | (HasFinderInfo ? FlagHasFinderInfo : 0)
            | (Dstream is { Sparse: > 0 } ? FlagSparse : 0)
            | (UncompressedSize is null ? 0 : FlagUncompressedSize);
        var value = new ByteBuilder().U64(parent).U64(inode)
            .U64(Nanoseconds(node.CreatedAt)).U64(Nanoseconds(node.ModifiedAt)).U64(Nanoseconds(node.ChangedAt)).U64(Nanoseconds(node.AccessedAt))
            .U64(flags).U32((uint)Links).U32(0).U32(1)
            .U32(node.BsdFlags | (UncompressedSize is null ? 0 : UfCompressed)).U32(node.Uid).U32(node.Gid)
            .U16(node.Mode | FileType(node)).U16(0).U64((ulong)(UncompressedSize ?? 0));
        AddFields(value, name);
        return value.ToArray();
    }

    public static ulong Nanoseconds(DateTimeOffset time) => (ulong)(time - DateTimeOffset.UnixEpoch).Ticks * 100;

    public static int FileType(ForgeNode node) => node switch
    {
        ForgeDirectory => 0x4000,
        ForgeSymlink => 0xA000,
        ForgeSpecial special => (int)special.Kind,
        _ => 0x8000,
    };

    private void AddFields(ByteBuilder value, string name)
    {
        var fields = new List<(byte Type, byte Flags, byte[] Value)> { (FieldName, DoNotCopy, new ByteBuilder().Text(name).ToArray()) };
        if (Dstream is { } stream)
        {
            fields.Add((FieldDstream, SystemField, stream.ToArray()));
            if (stream.Sparse > 0)
            {
                fields.Add((FieldSparseBytes, SystemField | ChildrenInherit, new ByteBuilder().U64((ulong)stream.Sparse).ToArray()));
            }
        }

        if (Device is { } device)
        {
            fields.Add((FieldDevice, SystemField, new ByteBuilder().U32(device).ToArray()));
        }

        value.U16(fields.Count).U16(fields.Sum(field => (field.Value.Length + 7) & ~7));
        foreach (var field in fields)
        {
            value.U8(field.Type).U8(field.Flags).U16(field.Value.Length);
        }

        foreach (var field in fields)
        {
            value.Bytes(field.Value).Zeros(-field.Value.Length & 7);
        }
    }
}

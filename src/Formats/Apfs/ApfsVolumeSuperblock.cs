using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Apfs;

/// <summary>The fields of a volume superblock (<c>apfs_superblock_t</c>) that reading needs.</summary>
internal sealed record ApfsVolumeSuperblock
{
    internal required ulong Transaction { get; init; }

    internal required ulong IncompatibleFeatures { get; init; }

    internal required uint RootTreeType { get; init; }

    internal required ulong ObjectMap { get; init; }

    internal required ulong RootTree { get; init; }

    internal required ulong SnapshotTree { get; init; }

    internal required ulong RevertToTransaction { get; init; }

    internal required ulong FileCount { get; init; }

    internal required ulong DirectoryCount { get; init; }

    internal required ulong SnapshotCount { get; init; }

    internal required Guid Uuid { get; init; }

    internal required ulong Flags { get; init; }

    internal required string Name { get; init; }

    internal required ushort Role { get; init; }

    internal required ulong RootToTransaction { get; init; }

    internal required ulong IntegrityMeta { get; init; }

    internal required ulong ExtentTree { get; init; }

    internal static ApfsVolumeSuperblock Parse(ReadOnlySpan<byte> block, long offset)
    {
        var reader = new SpanReader(block, ApfsConstants.Format, offset);
        reader.Skip(16);
        var transaction = reader.ReadUInt64();
        reader.Seek(32);
        if (reader.ReadUInt32() != ApfsConstants.VolumeMagic)
        {
            throw reader.Fault("a volume superblock does not begin with APSB");
        }

        reader.Seek(56);
        var features = reader.ReadUInt64();
        reader.Seek(116);
        var rootTreeType = reader.ReadUInt32();
        reader.Seek(128);
        var objectMap = reader.ReadUInt64();
        var rootTree = reader.ReadUInt64();
        reader.Skip(8);
        var snapshotTree = reader.ReadUInt64();
        var revertTo = reader.ReadUInt64();
        reader.Seek(184);
        var files = reader.ReadUInt64();
        var directories = reader.ReadUInt64();
        reader.Seek(216);
        var snapshots = reader.ReadUInt64();
        reader.Seek(240);
        var uuid = new Guid(reader.ReadBytes(16), bigEndian: true);
        reader.Seek(264);
        var flags = reader.ReadUInt64();
        reader.Seek(704);
        var name = reader.ReadBytes(256);
        var nameEnd = name.IndexOf((byte)0);
        reader.Skip(4);
        var role = reader.ReadUInt16();
        reader.Seek(968);
        var rootTo = reader.ReadUInt64();
        reader.Seek(1024);
        var integrity = reader.ReadUInt64();
        var extents = reader.ReadUInt64();
        return new ApfsVolumeSuperblock
        {
            Transaction = transaction,
            IncompatibleFeatures = features,
            RootTreeType = rootTreeType,
            ObjectMap = objectMap,
            RootTree = rootTree,
            SnapshotTree = snapshotTree,
            RevertToTransaction = revertTo,
            FileCount = files,
            DirectoryCount = directories,
            SnapshotCount = snapshots,
            Uuid = uuid,
            Flags = flags,
            Name = Encoding.UTF8.GetString(nameEnd < 0 ? name : name[..nameEnd]),
            Role = role,
            RootToTransaction = rootTo,
            IntegrityMeta = integrity,
            ExtentTree = extents,
        };
    }

    internal bool Has(ulong feature) => (IncompatibleFeatures & feature) != 0;
}

using IpswDiff.Forge.FileTree;
using IpswDiff.Formats.HfsPlus;

namespace IpswDiff.Forge.HfsPlus;

/// <summary>The records of the attributes tree: values inline, or forks with further extents in records of their own.</summary>
internal sealed class HfsAttributeWriter(HfsPlusOptions options, HfsAllocation allocation)
{
    private readonly List<(uint File, string Name, uint StartBlock, byte[] Data)> _records = [];

    internal void Add(HfsInode inode)
    {
        foreach (var (name, value) in inode.Attributes)
        {
            if (value.Length <= options.InlineAttributeLimit)
            {
                _records.Add((inode.Id, name, 0, new BigEndianBytes().U32(HfsFormat.InlineAttribute).U64(0).U32((uint)value.Length).Raw(value).ToArray()));
                continue;
            }

            var plan = allocation.Add(ForgeContent.FromBytes(value), options.Fragmented.Contains(inode.Node));
            _records.Add((inode.Id, name, 0, new BigEndianBytes().U32(HfsFormat.ForkAttribute).U32(0).Raw(plan.ToArray()).ToArray()));
            _records.AddRange(plan.Overflow().Select(part =>
                (inode.Id, name, part.StartBlock, new BigEndianBytes().U32(HfsFormat.ExtentsAttribute).U32(0).Raw(part.Record).ToArray())));
        }
    }

    internal List<HfsTreeRecord> Records()
    {
        _records.Sort((a, b) => a.File != b.File
            ? a.File.CompareTo(b.File)
            : string.CompareOrdinal(a.Name, b.Name) is var order && order != 0 ? order : a.StartBlock.CompareTo(b.StartBlock));
        return _records.ConvertAll(record => new HfsTreeRecord(
            new BigEndianBytes().U16(0).U32(record.File).U32(record.StartBlock).U16(record.Name.Length).Units(record.Name).ToArray(), record.Data));
    }
}

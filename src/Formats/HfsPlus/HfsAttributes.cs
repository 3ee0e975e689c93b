using System.Buffers.Binary;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.HfsPlus;

/// <summary>The attributes file: extended attributes of files and folders, small ones inside, large ones in forks of their own.</summary>
internal sealed class HfsAttributes(HfsBTree tree, HfsForks forks)
{
    private const string Format = "HFS+ attributes tree";

    /// <summary>The attributes of file or folder <paramref name="fileId"/> by name, with their lengths.</summary>
    internal SortedDictionary<string, long> List(uint fileId)
    {
        var found = new SortedDictionary<string, long>(StringComparer.Ordinal);
        using var cursor = tree.Seek(new AttributeKey(fileId, [], 0));
        while (cursor.MoveNext() && FileOf(cursor.Key) == fileId)
        {
            var reader = new SpanReader(cursor.Data, Format, cursor.Offset, bigEndian: true);
            var type = reader.ReadUInt32();
            if (type == HfsFormat.ExtentsAttribute)
            {
                continue;
            }

            var name = HfsName.ToText(NameOf(cursor.Key));
            if (!found.TryAdd(name, ReadLength(ref reader, type)))
            {
                throw new FirmwareFormatException(Format, cursor.Offset, $"file {fileId} has two attributes of one name");
            }
        }

        return found;
    }

    /// <summary>The contents of an attribute, or null.</summary>
    internal ByteSource? Open(uint fileId, string name)
    {
        if (name.Length is 0 or > HfsFormat.MaxAttributeNameLength)
        {
            return null;
        }

        var wanted = new AttributeKey(fileId, name, 0);
        using var cursor = tree.Seek(wanted);
        if (!cursor.MoveNext() || wanted.CompareTo(cursor.Key) != 0)
        {
            return null;
        }

        var reader = new SpanReader(cursor.Data, Format, cursor.Offset, bigEndian: true);
        var type = reader.ReadUInt32();
        if (type == HfsFormat.InlineAttribute)
        {
            reader.Skip(8);
            var length = reader.ReadUInt32();
            return new MemoryByteSource(reader.ReadBytes((int)Math.Min(length, int.MaxValue)).ToArray());
        }

        if (type != HfsFormat.ForkAttribute)
        {
            throw new FirmwareFormatException(Format, cursor.Offset, $"an attribute record of type 0x{type:x} is unknown");
        }

        reader.Skip(4);
        return OpenFork(fileId, name, HfsFork.Read(ref reader));
    }

    private static long ReadLength(ref SpanReader reader, uint type)
    {
        switch (type)
        {
            case HfsFormat.InlineAttribute:
                reader.Skip(8);
                var length = reader.ReadUInt32();
                return length <= reader.Remaining ? length : throw reader.Fault($"an attribute of {length} bytes does not fit in its record");
            case HfsFormat.ForkAttribute:
                reader.Skip(4);
                return reader.ReadOffset64();
            default:
                throw reader.Fault($"an attribute record of type 0x{type:x} is unknown");
        }
    }

    private ByteSource OpenFork(uint fileId, string name, HfsFork fork)
    {
        var needed = forks.BlocksOf(fork.LogicalSize, fileId);
        var extents = new List<HfsExtent>();
        var covered = forks.Add(extents, fork.Extents, 0, needed, fileId);
        if (covered < needed)
        {
            // Further extents are records of the same name whose key holds the first block that they continue from.
            using var cursor = tree.Seek(new AttributeKey(fileId, name, (uint)covered));
            while (covered < needed && cursor.MoveNext() && new AttributeKey(fileId, name, (uint)covered).CompareTo(cursor.Key) == 0)
            {
                var reader = new SpanReader(cursor.Data, Format, cursor.Offset, bigEndian: true);
                var type = reader.ReadUInt32();
                reader.Skip(4);
                var more = type == HfsFormat.ExtentsAttribute ? HfsFork.ReadExtents(ref reader) : [];
                if (more.Length == 0)
                {
                    break;
                }

                covered = forks.Add(extents, more, covered, needed, fileId);
            }
        }

        return forks.Make(extents, covered, needed, fork.LogicalSize, fileId);
    }

    private static uint FileOf(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadUInt32BigEndian(key[2..]);

    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> key) => key.Slice(12, 2 * BinaryPrimitives.ReadUInt16BigEndian(key[10..]));

    /// <summary>A key of the attributes tree (<c>HFSPlusAttrKey</c>): file, name unit by unit, first block within the attribute's fork.</summary>
    private readonly ref struct AttributeKey(uint fileId, ReadOnlySpan<char> name, uint startBlock) : IHfsKey
    {
        private readonly ReadOnlySpan<char> _name = name;

        public int CompareTo(ReadOnlySpan<byte> stored)
        {
            var order = fileId.CompareTo(FileOf(stored));
            order = order != 0 ? order : HfsName.CompareBinary(_name, NameOf(stored));
            return order != 0 ? order : startBlock.CompareTo(BinaryPrimitives.ReadUInt32BigEndian(stored[6..]));
        }
    }
}

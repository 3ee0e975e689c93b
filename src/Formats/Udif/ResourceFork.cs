using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Udif;

/// <summary>
/// Reads the resources of one type out of a classic resource fork: a 16-byte header, a data area of length-prefixed resources, and a
/// map with a type list, reference lists and names (Inside Macintosh: More Macintosh Toolbox, chapter 1). Big endian.
/// </summary>
internal static class ResourceFork
{
    private const string Format = "resource fork";

    internal static List<UdifResource> Read(ByteSource fork, string type, long origin)
    {
        var header = new SpanReader(fork.ReadBytes(0, 16), Format, origin, bigEndian: true);
        var dataOffset = header.ReadUInt32();
        var mapOffset = header.ReadUInt32();
        var dataLength = header.ReadUInt32();
        var mapLength = header.ReadUInt32();
        if (mapLength > fork.Length || mapLength > int.MaxValue)
        {
            throw header.Fault($"a map of {mapLength} bytes does not fit in {fork.Length}");
        }

        var data = fork.Slice(dataOffset, dataLength);
        var bytes = fork.ReadBytes(mapOffset, (int)mapLength);
        var map = new SpanReader(bytes, Format, origin + mapOffset, bigEndian: true);
        map.Skip(24);
        var typeList = map.ReadUInt16();
        var nameList = map.ReadUInt16();
        map.Seek(typeList);
        var typeCount = (ushort)(map.ReadUInt16() + 1);
        var resources = new List<UdifResource>();
        var total = 0L;
        for (var i = 0; i < typeCount; i++)
        {
            map.Seek(typeList + 2 + (8 * i));
            var isWanted = Encoding.Latin1.GetString(map.ReadBytes(4)) == type;
            var count = map.ReadUInt16() + 1;
            var references = map.ReadUInt16();
            if (!isWanted)
            {
                continue;
            }

            for (var j = 0; j < count; j++)
            {
                map.Seek(typeList + references + (12 * j));
                var id = (short)map.ReadUInt16();
                var name = map.ReadUInt16();
                var at = map.ReadUInt32() & 0xFFFFFF;
                var contents = ReadData(data, at);

                // Resources do not share bytes, so that together they cannot exceed the fork.
                total += contents.Length + 4L;
                if (total > data.Length)
                {
                    throw map.Fault("resources overlap");
                }

                resources.Add(new UdifResource(type, id, ReadName(map, nameList, name), contents, origin));
            }
        }

        return resources;
    }

    private static string ReadName(SpanReader map, int nameList, ushort offset)
    {
        if (offset == 0xFFFF)
        {
            return string.Empty;
        }

        map.Seek(nameList + offset);
        return Encoding.Latin1.GetString(map.ReadBytes(map.ReadByte()));
    }

    private static byte[] ReadData(ByteSource data, long offset)
    {
        var length = new SpanReader(data.ReadBytes(offset, 4), Format, offset, bigEndian: true).ReadUInt32();
        return length <= data.Length && length <= int.MaxValue
            ? data.ReadBytes(offset + 4, (int)length)
            : throw new FirmwareFormatException(Format, offset, $"a resource of {length} bytes does not fit in {data.Length}");
    }
}

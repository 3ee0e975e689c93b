using IpswDiff.Forge.MachO;

namespace IpswDiff.Forge.Kernelcache;

/// <summary>
/// The regions that hold the segments of all images of a kernelcache, one region for each kind of segment: where in memory each
/// begins, and what it holds so far.
/// </summary>
internal sealed class SegmentRegions
{
    private const ulong FirstAddress = 0xFFFFFFF0_20000000;
    private const ulong Distance = 0x1000_0000;
    private const int Alignment = 0x4000;

    private static readonly (string Segment, string Region)[] Kinds =
    [
        ("__TEXT", "__PRELINK_TEXT"),
        ("__DATA_CONST", "__PLK_DATA_CONST"),
        ("__TEXT_EXEC", "__PLK_TEXT_EXEC"),
        ("__DATA", "__PRELINK_DATA"),
        ("__LINKEDIT", "__PLK_LINKEDIT"),
    ];

    private readonly List<byte>[] _bytes = [.. Kinds.Select(static _ => new List<byte>())];

    internal static IReadOnlyList<string> Names { get; } = [.. Kinds.Select(static kind => kind.Region)];

    internal static ulong AddressOf(int region) => FirstAddress + ((ulong)region * Distance);

    internal byte[] Bytes(int region) => [.. _bytes[region]];

    internal static int RegionOf(string segment) => Array.FindIndex(Kinds, kind => kind.Segment == segment);

    /// <summary>
    /// Gives every segment of an image its place, and returns for each the region and the offset in it. The bytes of the image are
    /// not there yet: they depend on the addresses.
    /// </summary>
    internal List<(MachOSegmentPlan Segment, int Region, int Offset)> Reserve(MachOBuilder image)
    {
        image.Segment("__LINKEDIT");
        image.Build();
        var places = new List<(MachOSegmentPlan Segment, int Region, int Offset)>();
        foreach (var segment in image.Segments)
        {
            var region = RegionOf(segment.Name);
            var bytes = _bytes[region];
            segment.FixedAddress = AddressOf(region) + (ulong)bytes.Count;
            places.Add((segment, region, bytes.Count));

            // The memory of a segment may be larger than what the file fills of it.
            var size = Math.Max((long)segment.Size, segment.FileSize);
            bytes.AddRange(new byte[(size + Alignment - 1) / Alignment * Alignment]);
        }

        image.BaseAddress = image.Segment("__TEXT").FixedAddress!.Value;
        return places;
    }

    /// <summary>Bytes at the end of a region that belong to no image; returns their address.</summary>
    internal ulong Append(int region, byte[] bytes)
    {
        var address = AddressOf(region) + (ulong)_bytes[region].Count;
        _bytes[region].AddRange(bytes);
        _bytes[region].AddRange(new byte[(Alignment - (bytes.Length % Alignment)) % Alignment]);
        return address;
    }

    /// <summary>Puts the bytes of a built image into the places it was given.</summary>
    internal void Fill(byte[] file, long fileOffsetBase, List<(MachOSegmentPlan Segment, int Region, int Offset)> places)
    {
        foreach (var (segment, region, offset) in places)
        {
            var bytes = file.AsSpan((int)(segment.FileOffset - fileOffsetBase), (int)segment.FileSize);
            for (var i = 0; i < bytes.Length; i++)
            {
                _bytes[region][offset + i] = bytes[i];
            }
        }
    }
}

using System.Buffers.Binary;
using System.Text;
using IpswDiff.Forge.MachO;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Forge.Kernelcache;

/// <summary>Lays a fileset out: all images' segments of one kind together, every file offset counted in the whole file.</summary>
internal sealed class FilesetLayout(KernelcacheBuilder plan)
{
    private const int SegmentFileOffset = 40;
    private const int SegmentHeadSize = 72;
    private const int SectionSize = 80;
    private const int SectionFileOffset = 48;

    private readonly SegmentRegions _regions = new();

    internal byte[] Build()
    {
        var images = new List<(string Id, MachOBuilder Image, List<(MachOSegmentPlan Segment, int Region, int Offset)> Places)>
        {
            (KernelcacheBuilder.KernelId, plan.Kernel, _regions.Reserve(plan.Kernel)),
        };
        plan.SetKernelAddress(plan.Kernel.BaseAddress);
        foreach (var kext in plan.Kexts.Where(static kext => kext.Image is not null))
        {
            images.Add((kext.Id, kext.Image!, _regions.Reserve(kext.Image!)));
            kext.Address = kext.Image!.BaseAddress;
        }

        // Once to learn where the regions fall, and again with what depends on that.
        var offsets = Outer(images.Select(static image => (image.Id, image.Image.BaseAddress, 0L))).Offsets;
        foreach (var (_, image, places) in images)
        {
            var linkedit = places.Find(static place => place.Segment.Name == "__LINKEDIT");
            image.FileOffsetBase = 0;
            image.Build();
            image.FileOffsetBase = offsets[linkedit.Region] + linkedit.Offset - linkedit.Segment.FileOffset;
            var file = image.Build();
            Relocate(file, places.ToDictionary(static place => place.Segment.Name, place => offsets[place.Region] + place.Offset));
            _regions.Fill(file, image.FileOffsetBase, places);
        }

        return Outer(images.Select(image =>
        {
            var header = image.Places.Find(static place => place.Segment.Name == "__TEXT");
            return (image.Id, image.Image.BaseAddress, offsets[header.Region] + header.Offset);
        })).File;
    }

    private (byte[] File, long[] Offsets) Outer(IEnumerable<(string Id, ulong Address, long FileOffset)> entries)
    {
        var outer = new MachOBuilder(MachOArch.Arm64e, MachOFileType.Fileset) { BaseAddress = KernelcacheBuilder.KernelBase, HeaderFlags = 1 };
        outer.FilesetEntries.AddRange(entries);
        var sections = new List<MachOSectionPlan>();
        foreach (var (region, name) in SegmentRegions.Names.Index())
        {
            sections.Add(outer.AddSection(name, "__region", _regions.Bytes(region)));
            outer.Segment(name).FixedAddress = SegmentRegions.AddressOf(region);
        }

        outer.AddSection("__PRELINK_INFO", "__info", plan.WriteInfo());
        outer.Segment("__PRELINK_INFO").FixedAddress = SegmentRegions.AddressOf(SegmentRegions.Names.Count);
        return (outer.Build(), [.. sections.Select(static section => section.FileOffset)]);
    }

    private static void Relocate(byte[] file, Dictionary<string, long> offsets) => KernelcacheBytes.EachSegment(file, at =>
    {
        var name = Encoding.ASCII.GetString(file.AsSpan(at + 8, 16)).TrimEnd('\0');
        if (!offsets.TryGetValue(name, out var offset))
        {
            return;
        }

        var old = BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at + SegmentFileOffset));
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(at + SegmentFileOffset), offset);
        var sections = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 64));
        for (var i = 0; i < sections; i++)
        {
            var field = file.AsSpan(at + SegmentHeadSize + (i * SectionSize) + SectionFileOffset, 4);
            var place = BinaryPrimitives.ReadUInt32LittleEndian(field);
            if (place != 0)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(field, checked((uint)(place - old + offset)));
            }
        }
    });
}

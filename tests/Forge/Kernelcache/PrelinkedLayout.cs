using System.Buffers.Binary;
using System.Text;
using IpswDiff.Forge.MachO;

namespace IpswDiff.Forge.Kernelcache;

/// <summary>
/// Lays a kernel with prelinked kexts out. The kexts' commands keep the file offsets they were linked with, which mean nothing in
/// the cache; only addresses lead to the bytes.
/// </summary>
internal sealed class PrelinkedLayout(KernelcacheBuilder plan, ulong loadSlide)
{
    private const string InfoSegment = "__PRELINK_INFO";
    private const int KmodInfoSize = 196;

    private readonly SegmentRegions _regions = new();

    internal byte[] Build()
    {
        var kernel = plan.Kernel;
        plan.SetKernelAddress(kernel.BaseAddress);
        kernel.Segments.RemoveAll(static segment => segment.Name == InfoSegment || SegmentRegions.Names.Contains(segment.Name));
        foreach (var kext in plan.Kexts.Where(static kext => kext.Image is not null))
        {
            if (loadSlide == 0)
            {
                var places = _regions.Reserve(kext.Image!);
                var file = kext.Image!.Build();
                if (plan.Form == KernelcacheForm.PrelinkedModules)
                {
                    TagCommands(file);
                }

                _regions.Fill(file, 0, places);
                kext.Address = kext.Image.BaseAddress;
            }
            else
            {
                PlaceInOnePiece(kext);
            }
        }

        (byte[] Infos, byte[] Starts)? tables = plan.Form == KernelcacheForm.PrelinkedModules ? Tables() : null;
        foreach (var (region, name) in SegmentRegions.Names.Index())
        {
            kernel.AddSection(name, "__text", _regions.Bytes(region));
            kernel.Segment(name).FixedAddress = SegmentRegions.AddressOf(region);
        }

        kernel.AddSection(InfoSegment, "__info", plan.WriteInfo());
        kernel.Segment(InfoSegment).FixedAddress = SegmentRegions.AddressOf(SegmentRegions.Names.Count);
        if (tables is { } found)
        {
            kernel.AddSection(InfoSegment, "__kmod_info", found.Infos);
            kernel.AddSection(InfoSegment, "__kmod_start", found.Starts);
        }

        return kernel.Build();
    }

    private void PlaceInOnePiece(KextPlan kext)
    {
        var image = kext.Image!;
        var source = _regions.Append(0, []);
        image.BaseAddress = source + loadSlide;
        image.Segment("__LINKEDIT");
        var file = image.Build();
        var memory = new byte[KernelcacheBuilder.VirtualSize(image)];
        foreach (var segment in image.Segments)
        {
            file.AsSpan((int)segment.FileOffset, (int)segment.FileSize).CopyTo(memory.AsSpan((int)(segment.Address - image.BaseAddress)));
        }

        _regions.Append(0, memory);
        kext.Address = image.BaseAddress;
    }

    private (byte[] Infos, byte[] Starts) Tables()
    {
        var infos = new List<ulong>();
        var starts = new List<ulong>();
        foreach (var kext in plan.Kexts.Where(static kext => kext.Image is not null))
        {
            var info = new byte[KmodInfoSize];
            BinaryPrimitives.WriteInt32LittleEndian(info.AsSpan(8), 1);
            BinaryPrimitives.WriteInt32LittleEndian(info.AsSpan(12), infos.Count);
            Encoding.ASCII.GetBytes(kext.Id).CopyTo(info, 16);
            Encoding.ASCII.GetBytes(kext.Version).CopyTo(info, 80);
            infos.Add(_regions.Append(SegmentRegions.RegionOf("__DATA"), info));
            starts.Add(kext.Address);
        }

        // One more, the end of the last.
        starts.Add(_regions.Append(0, []));
        return (Pointers(infos, Tagged), Pointers(starts, Signed));
    }

    // The addresses in a kext's commands are links of the chain that the boot loader slides the cache by.
    private static void TagCommands(byte[] file) => KernelcacheBytes.EachSegment(file, at =>
    {
        Tag(file.AsSpan(at + 24));
        var sections = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 64));
        for (var i = 0; i < sections; i++)
        {
            Tag(file.AsSpan(at + 72 + (i * 80) + 32));
        }
    });

    private static void Tag(Span<byte> field) => BinaryPrimitives.WriteUInt64LittleEndian(field, Tagged(BinaryPrimitives.ReadUInt64LittleEndian(field)));

    // The distance to the next pointer in the top 13 bits.
    private static ulong Tagged(ulong address) => (address & ((1UL << 51) - 1)) | (2UL << 51);

    // A signed pointer: an offset from the kernel's base, and the mark that it is to be signed.
    private static ulong Signed(ulong address) => (1UL << 63) | (2UL << 51) | (uint)(address - KernelcacheBuilder.KernelBase);

    private static byte[] Pointers(List<ulong> addresses, Func<ulong, ulong> encode)
    {
        var bytes = new byte[addresses.Count * 8];
        foreach (var (i, address) in addresses.Index())
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), encode(address));
        }

        return bytes;
    }
}

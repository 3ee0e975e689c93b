namespace IpswDiff.Forge.MachO;

/// <summary>Wraps images into a fat (universal) file.</summary>
public static class FatBuilder
{
    private const int AlignmentBits = 14;

    public static byte[] Build(IReadOnlyList<(MachOArch Arch, byte[] Image)> slices, bool fat64 = false)
    {
        var writer = new MachOWriter(bigEndian: true);
        writer.UInt32(fat64 ? 0xCAFEBABF : 0xCAFEBABEu);
        writer.UInt32((uint)slices.Count);
        var offset = Align(8 + (slices.Count * (fat64 ? 32 : 20)));
        foreach (var (arch, image) in slices)
        {
            writer.UInt32(arch.CpuType);
            writer.UInt32(arch.CpuSubtype);
            writer.Word((ulong)offset, fat64);
            writer.Word((ulong)image.Length, fat64);
            writer.UInt32((uint)AlignmentBits);
            writer.Zeros(fat64 ? 4 : 0);
            offset = Align(offset + image.Length);
        }

        foreach (var (_, image) in slices)
        {
            writer.AlignTo(1 << AlignmentBits);
            writer.Bytes(image);
        }

        return writer.ToArray();
    }

    private static int Align(int value) => (value + (1 << AlignmentBits) - 1) >> AlignmentBits << AlignmentBits;
}

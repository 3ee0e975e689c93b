using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.Partitions;

namespace IpswDiff.Forge.Udif;

/// <summary>How <see cref="ForgeImage"/> puts an image together.</summary>
public sealed record ForgeImageOptions
{
    public PartitionMap Map { get; init; } = PartitionMap.Gpt;

    public ApfsOptions Apfs { get; init; } = new();

    public UdifOptions Udif { get; init; } = new();
}

/// <summary>Disk images in one call.</summary>
public static class ForgeImage
{
    /// <summary>One APFS container with the volumes, in a UDIF image.</summary>
    public static void WriteDmg(Stream output, IReadOnlyList<ApfsVolume> volumes, ForgeImageOptions? options = null)
    {
        options ??= new ForgeImageOptions();
        WriteDmg(output, [new DiskPartition("disk image", new ApfsContainer(volumes, options.Apfs))], options);
    }

    /// <summary>Partitions of any kind in a UDIF image.</summary>
    public static void WriteDmg(Stream output, IReadOnlyList<DiskPartition> partitions, ForgeImageOptions? options = null)
    {
        options ??= new ForgeImageOptions();
        var disk = DiskLayout.Create(options.Map, partitions);
        var writer = new UdifWriter(output, options.Udif);
        if (options.Udif.SingleTable)
        {
            writer.BeginTable("whole disk (unknown partition : 0)");
        }

        foreach (var piece in disk.Pieces)
        {
            if (!options.Udif.SingleTable)
            {
                writer.BeginTable(piece.Name);
            }

            piece.Write(writer);
        }

        writer.Finish();
    }

    /// <summary>The same disk without UDIF.</summary>
    public static void WriteRaw(Stream output, IReadOnlyList<DiskPartition> partitions, PartitionMap map = PartitionMap.None)
        => DiskLayout.Create(map, partitions).WriteTo(new StreamSink(output));
}

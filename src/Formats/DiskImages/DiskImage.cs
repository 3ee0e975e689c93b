using IpswDiff.Formats.Aea;
using IpswDiff.Formats.Apfs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.HfsPlus;
using IpswDiff.Formats.Partitions;
using IpswDiff.Formats.Udif;

namespace IpswDiff.Formats.DiskImages;

/// <summary>How a disk image is read.</summary>
public sealed record DiskImageOptions
{
    /// <summary>Where decoded blocks live; the process's own cache by default.</summary>
    public BlockCache? Cache { get; init; }

    /// <summary>Where the keys of encrypted archives (<c>.dmg.aea</c>) come from; only keys that they carry themselves by default.</summary>
    public AeaKeyOptions? Keys { get; init; }

    /// <summary>The key of an encrypted image of old devices (<c>encrcdsa</c>); empty where there is none.</summary>
    public ReadOnlyMemory<byte> ImageKey { get; init; }

    /// <summary>Whether APFS checks every tree node as it is read.</summary>
    public bool VerifyObjects { get; init; }
}

/// <summary>A volume of a disk image.</summary>
/// <param name="Volume">Its file system.</param>
/// <param name="Partition">The partition it is on.</param>
/// <param name="Name">The volume's name.</param>
/// <param name="Role">APFS: its role in lower case, for example <c>system</c>; empty where it has none.</param>
/// <param name="IsEncrypted">Whether it is listed only, because its contents are encrypted.</param>
public sealed record DiskImageVolume(FileSystemVolume Volume, Partition Partition, string Name, string Role, bool IsEncrypted);

/// <summary>What cannot be read of a disk image.</summary>
/// <param name="Partition">The partition that the volume is on.</param>
/// <param name="Fault">Why.</param>
public sealed record DiskImageFault(Partition Partition, FirmwareFormatException Fault);

/// <summary>
/// A disk image, opened down to its file systems without mounting anything: in an encrypted archive or not, UDIF or raw, with a
/// partition table or without, APFS or HFS+.
/// </summary>
public sealed class DiskImage : IFormatReader<DiskImage>
{
    private const string Format = "disk image";

    private DiskImage(
        ByteSource disk, AeaPrologue? archive, bool isUdif, PartitionTable table, IReadOnlyList<DiskImageVolume> volumes, IReadOnlyList<DiskImageFault> faults)
    {
        Disk = disk;
        Archive = archive;
        IsUdif = isUdif;
        Table = table;
        Volumes = volumes;
        Faults = faults;
    }

    /// <summary>The disk itself, decoded.</summary>
    public ByteSource Disk { get; }

    /// <summary>What the encrypted archive around the disk says of itself, or null where there is none.</summary>
    public AeaPrologue? Archive { get; }

    /// <summary>Whether the disk was stored as UDIF.</summary>
    public bool IsUdif { get; }

    /// <summary>The partition table; one partition that is the whole disk where there is none.</summary>
    public PartitionTable Table { get; }

    /// <summary>The partitions in the order of the table.</summary>
    public IReadOnlyList<Partition> Partitions => Table.Partitions;

    /// <summary>The volumes of all partitions whose file system is known, in order.</summary>
    public IReadOnlyList<DiskImageVolume> Volumes { get; }

    /// <summary>What could not be read of an image that was opened by <see cref="OpenReadable"/>; empty for any other.</summary>
    public IReadOnlyList<DiskImageFault> Faults { get; }

    /// <inheritdoc/>
    public static int HeadLength => PartitionTable.HeadLength;

    /// <summary>Whether a file that begins with <paramref name="head"/> is a disk with a partition table, a container, a volume, or encrypted.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) =>
        UdifImage.Matches(head) || PartitionTable.Matches(head) || ApfsContainer.Matches(head) || HfsPlusVolume.Matches(head);

    /// <summary>
    /// Whether <paramref name="source"/> is a UDIF image, a disk with a partition table, a container or a volume. What an encrypted archive
    /// holds cannot be told from outside.
    /// </summary>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static bool Matches(ByteSource source)
    {
        Span<byte> head = stackalloc byte[HeadLength];
        return UdifImage.Matches(source) || Matches(head[..source.ReadUpTo(0, head)]);
    }

    static DiskImage IFormatReader<DiskImage>.Open(ByteSource source) => Open(source);

    /// <summary>Why an image cannot be read as it is, or null where it is not an encrypted image; encrypted archives have words of their own.</summary>
    public static string? EncryptionOf(ByteSource source) => EncryptedImage.Describe(source);

    /// <summary>Opens an image: what it is wrapped in, its partitions, its volumes. Reads headers only.</summary>
    /// <param name="source">The whole file.</param>
    /// <param name="options">How to read it.</param>
    /// <exception cref="FirmwareFormatException">
    /// A layer is damaged, or encrypted and no key opens it, or no partition holds a file system that can be read.
    /// </exception>
    public static DiskImage Open(ByteSource source, DiskImageOptions? options = null)
    {
        options ??= new DiskImageOptions();
        var disk = Unwrap(source, options, out var archive, out var isUdif);
        var table = PartitionTable.Open(disk);
        var volumes = new List<DiskImageVolume>();
        foreach (var partition in table.Partitions)
        {
            AddVolumes(volumes, disk, partition, options, null);
        }

        return volumes.Count > 0
            ? new DiskImage(disk, archive, isUdif, table, volumes, [])
            : throw new FirmwareFormatException(Format, 0, DescribeNothing(disk, table));
    }

    /// <summary>
    /// Opens an image as far as it can be read: a damaged volume leaves the others, and an image need not have any that can be read. To be
    /// described, not compared: what is missing is in <see cref="Faults"/> alone.
    /// </summary>
    /// <exception cref="FirmwareFormatException">A layer under the volumes is damaged, or encrypted and no key opens it.</exception>
    public static DiskImage OpenReadable(ByteSource source, DiskImageOptions? options = null)
    {
        options ??= new DiskImageOptions();
        var disk = Unwrap(source, options, out var archive, out var isUdif);
        var table = PartitionTable.Open(disk);
        var volumes = new List<DiskImageVolume>();
        var faults = new List<DiskImageFault>();
        foreach (var partition in table.Partitions)
        {
            try
            {
                AddVolumes(volumes, disk, partition, options, faults);
            }
            catch (FirmwareFormatException fault)
            {
                faults.Add(new DiskImageFault(partition, fault));
            }
        }

        if (volumes.Count == 0 && faults.Count == 0)
        {
            faults.Add(new DiskImageFault(table.Partitions[0], new FirmwareFormatException(Format, 0, DescribeNothing(disk, table))));
        }

        return new DiskImage(disk, archive, isUdif, table, volumes, faults);
    }

    /// <summary>The file system of a partition, by its short name, be it read or not; null where none is recognised.</summary>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    public string? FindFileSystem(Partition partition) =>
        Volumes.FirstOrDefault(volume => volume.Partition == partition)?.Volume.FileSystem ?? Foreign(Disk, partition)?.ShortName();

    /// <summary>
    /// Reads everything that has a checksum: the chunks and partitions of UDIF (and with them every segment of an archive around it),
    /// the metadata of APFS volumes up to their seal.
    /// </summary>
    /// <exception cref="FirmwareFormatException">Something is not what its checksum says.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Verify(CancellationToken cancellationToken)
    {
        (Disk as UdifImage)?.Verify(cancellationToken);
        foreach (var volume in Volumes)
        {
            if (volume is { Volume: ApfsVolume apfs, IsEncrypted: false })
            {
                apfs.Verify(cancellationToken);
            }
        }
    }

    /// <summary>Takes off everything that the disk is wrapped in, outermost first.</summary>
    private static ByteSource Unwrap(ByteSource source, DiskImageOptions options, out AeaPrologue? archive, out bool isUdif)
    {
        archive = null;
        if (AeaArchive.Matches(source))
        {
            var opened = AeaArchive.Open(source, options.Keys, options.Cache);
            archive = opened.Prologue;
            source = opened;
        }

        if (!options.ImageKey.IsEmpty && EncryptedImage.Begins(source))
        {
            source = EncryptedImage.Open(source, options.ImageKey, options.Cache);
        }

        isUdif = UdifImage.Matches(source);
        return isUdif ? UdifImage.Open(source, options.Cache) : source;
    }

    private static void AddVolumes(
        List<DiskImageVolume> volumes, ByteSource disk, Partition partition, DiskImageOptions options, List<DiskImageFault>? faults)
    {
        var source = disk.Slice(partition.Offset, partition.Size);
        if (!ApfsContainer.Matches(source))
        {
            if (HfsPlusVolume.TryOpen(source, options.Cache, out var hfs))
            {
                volumes.Add(new DiskImageVolume(hfs, partition, hfs.Name, string.Empty, IsEncrypted: false));
            }

            return;
        }

        var apfs = new ApfsOptions { Cache = options.Cache, VerifyObjects = options.VerifyObjects };
        var container = faults is null
            ? ApfsContainer.Open(source, apfs)
            : ApfsContainer.OpenReadable(source, apfs, fault => faults.Add(new DiskImageFault(partition, fault)));
        foreach (var volume in container.Volumes)
        {
            var role = volume.Role == ApfsVolumeRole.None ? string.Empty : volume.Role.ToString().ToLowerInvariant();
            volumes.Add(new DiskImageVolume(volume, partition, volume.Name, role, volume.IsEncrypted));
        }
    }

    private static ForeignFileSystem? Foreign(ByteSource disk, Partition partition) => ForeignFileSystems.Detect(disk.Slice(partition.Offset, partition.Size));

    private static string DescribeNothing(ByteSource disk, PartitionTable table)
    {
        if (table.Scheme == PartitionScheme.None)
        {
            return ForeignFileSystems.Detect(disk) is { } whole
                ? $"it is {whole.InWords()}, which is not read; APFS and HFS+ are"
                : "neither a UDIF image, nor a partition table, nor an APFS or HFS+ volume";
        }

        var kinds = table.Partitions.Select(partition => Foreign(disk, partition) is { } found ? $"{partition.Type}: {found.InWords()}" : partition.Type);
        return $"none of the {table.Partitions.Count} partitions ({string.Join(", ", kinds)}) holds an APFS or HFS+ volume";
    }
}

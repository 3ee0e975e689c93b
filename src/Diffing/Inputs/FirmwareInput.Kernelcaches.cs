using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Img4;
using IpswDiff.Formats.Ipsw;
using IpswDiff.Formats.Kernelcache;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Inputs;

/// <content>Kernelcaches of a firmware; kernelcaches and Image4 payloads that were named on their own.</content>
public sealed partial class FirmwareInput
{
    internal const string KernelcacheKind = "kernelcache";
    private const string PayloadKind = "im4p";

    // The kernel, and the one of the restore RAM disk.
    private static readonly string[] KernelTags = ["krnl", "rkrn"];

    /// <summary>The kernelcaches, in the manifest's order.</summary>
    public IReadOnlyList<InputKernelcache> Kernelcaches { get; private set; } = [];

    /// <summary>The boards that kernelcaches and volumes are for, in ordinal order.</summary>
    public IEnumerable<string> Boards => Kernelcaches.SelectMany(cache => cache.Boards)
        .Concat(Volumes.SelectMany(volume => volume.Boards)).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal);

    private static InputKernelcache[] KernelcachesOf(IEnumerable<IpswKernelcache> caches, Func<IpswMember, OwnedByteSource> open) =>
    [
        .. caches.Select(cache => new InputKernelcache(
            cache.Path,
            cache.Boards,
            cache.Digest,
            cache.Member?.Size ?? 0,
            () => cache.Member is { } member
                ? open(member)
                : throw new FirmwareFormatException("IPSW", -1, "the manifest names this kernelcache, but the archive does not hold it"))),
    ];

    private static FirmwareInput OpenPayload(string path, ByteSource file, InputOptions options)
    {
        var payload = Img4File.Open(file).Payload
            ?? throw new DiffFailedException($"{path}: this Image4 file holds no payload; give an IM4P, or an IMG4 with one in it");
        if (KernelTags.Contains(payload.Tag, StringComparer.Ordinal))
        {
            return OpenKernelcache(path, file);
        }

        if (TryOpenRamDisk(payload) is { } disk)
        {
            return OpenRamDisk(path, disk, options);
        }

        var member = new InputMember(Path.GetFileName(path), file.Length, null, null, () => new OwnedByteSource(file)) { IsListed = false };
        return new FirmwareInput(new FirmwareInfo(path, PayloadKind, null, null, [])) { Members = [member] };
    }

    private static FirmwareInput OpenMachOOrKernelcache(string path, ByteSource file)
    {
        try
        {
            return MachOFile.Open(file) is { Slices: [var image] } && KernelcacheFile.IsKernelcache(image) ? OpenKernelcache(path, file) : OpenMachO(path, file);
        }
        catch (FirmwareFormatException)
        {
            // Damaged; what is damaged, whoever compares it will say.
            return OpenMachO(path, file);
        }
    }

    private static FirmwareInput OpenKernelcache(string path, ByteSource file) => new(new FirmwareInfo(path, KernelcacheKind, null, null, []))
    {
        Kernelcaches = [new InputKernelcache(Path.GetFileName(path), [], null, file.Length, () => new OwnedByteSource(file))],
    };

    // Two files that were named are compared with each other, whatever they are called.
    private void TakeNamesOf(FirmwareInput other)
    {
        if (other.Info.Kind == KernelcacheKind)
        {
            Kernelcaches = [Kernelcaches[0] with { Path = other.Kernelcaches[0].Path }];
        }
        else if (other.Info.Kind == PayloadKind)
        {
            Members = [Members[0] with { Name = other.Members[0].Name }];
        }
    }
}

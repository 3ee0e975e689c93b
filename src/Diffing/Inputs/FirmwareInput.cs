using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Inputs;

/// <summary>
/// One side of a comparison, whatever it is: an IPSW or OTA, a folder with an unpacked one, a disk image, a shared
/// cache, a kernelcache or a file that stands alone. Its headers and manifests are read; volumes open when they are
/// needed.
/// </summary>
public sealed class FirmwareInput : IDisposable
{
    private readonly OwnedFiles _owned;

    /// <param name="info">What it is.</param>
    /// <param name="owned">What closes with it, what its volumes and members open later among it.</param>
    internal FirmwareInput(FirmwareInfo info, OwnedFiles owned) => (Info, _owned) = (info, owned);

    /// <summary>What the report says of this side.</summary>
    public FirmwareInfo Info { get; }

    /// <summary>The volumes, each under a label of its own.</summary>
    public IReadOnlyList<InputVolume> Volumes { get; internal init; } = [];

    /// <summary>The members of the archive that are no volumes, in path order.</summary>
    public IReadOnlyList<InputMember> Members { get; internal set; } = [];

    /// <summary>The kernelcaches, in the manifest's order.</summary>
    public IReadOnlyList<InputKernelcache> Kernelcaches { get; internal set; } = [];

    /// <summary>
    /// The dyld shared caches that lie on no volume: one that was named, or those of a folder. Each has a label of its
    /// own.
    /// </summary>
    public IReadOnlyList<InputCache> LooseCaches { get; internal set; } = [];

    /// <summary>The file that was named, where it is compared as such.</summary>
    public FileSide? SingleFile { get; internal init; }

    /// <summary>The boards that kernelcaches and volumes are for, in ordinal order.</summary>
    public IEnumerable<string> Boards => Kernelcaches.SelectMany(cache => cache.Boards)
        .Concat(Volumes.SelectMany(volume => volume.Boards)).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal);

    /// <summary>Bytes of the file as it is stored, where the input owns its source; 0 elsewhere.</summary>
    internal long StoredBytes { get; set; }

    /// <summary>
    /// What tells it from another one of the same name and manifest; see <see cref="ByteSource.Revision"/>. Null where
    /// nobody knows.
    /// </summary>
    internal Lazy<string?> Revision { get; set; } = new((string?)null);

    /// <summary>What this input is, without its contents.</summary>
    internal InputFacts Facts => new()
    {
        Info = Info,
        Volumes = [.. Volumes.Select(volume => new VolumeFacts(volume.Label, volume.Source, volume.Digest, volume.Refusal, volume.Role, volume.Boards))],
        Members = [.. Members.Select(member => new MemberFacts(member.Name, member.Size, member.Crc32, member.Mode, member.IsListed, member.Boards))],
        Kernelcaches = [.. Kernelcaches.Select(cache => new KernelcacheFacts(cache.Path, cache.Boards, cache.Digest, cache.Size))],
    };

    /// <summary>
    /// Prepares two inputs for comparison with each other: two files that were named are compared, whatever they are
    /// called.
    /// </summary>
    /// <exception cref="DiffFailedException">They are of different kinds.</exception>
    public static void Pair(FirmwareInput old, FirmwareInput @new)
    {
        if (InputKinds.Comparable(old.Info.Kind) != InputKinds.Comparable(@new.Info.Kind))
        {
            throw new DiffFailedException(
                $"{old.Info.Path} is a {old.Info.Kind}, {@new.Info.Path} is a {@new.Info.Kind}: both must be of one kind");
        }

        switch (@new.Info.Kind)
        {
            case InputKinds.SharedCache:
                old.LooseCaches = [old.LooseCaches[0].Relabel(@new.LooseCaches[0].Label)];
                break;
            case InputKinds.Kernelcache:
                old.Kernelcaches = [old.Kernelcaches[0] with { Path = @new.Kernelcaches[0].Path }];
                break;
            case InputKinds.Payload:
                old.Members = [old.Members[0] with { Name = @new.Members[0].Name }];
                break;
        }
    }

    /// <summary>
    /// The input that <paramref name="facts"/> were taken from, with contents from <paramref name="contents"/>.
    /// </summary>
    /// <param name="facts">What is known of it.</param>
    /// <param name="contents">Opens contents; disposed with the input.</param>
    internal static FirmwareInput FromFacts(InputFacts facts, IFirmwareContents contents)
    {
        var owned = new OwnedFiles();
        owned.Add(contents);
        return new FirmwareInput(facts.Info, owned)
        {
            Volumes =
            [
                .. facts.Volumes.Select((volume, number) => volume.Refusal is { } refusal
                    ? new InputVolume(volume.Label, volume.Source, refusal) { Role = volume.Role, Boards = volume.Boards }
                    : new InputVolume(volume.Label, volume.Source, volume.Digest, () => contents.OpenVolume(number))
                    {
                        Role = volume.Role,
                        Boards = volume.Boards,
                    }),
            ],
            Members =
            [
                .. facts.Members.Select((member, number) =>
                    new InputMember(member.Name, member.Size, member.Crc32, member.Mode, () => contents.OpenMember(number))
                    {
                        IsListed = member.IsListed,
                        Boards = member.Boards,
                    }),
            ],
            Kernelcaches =
            [
                .. facts.Kernelcaches.Select((cache, number) =>
                    new InputKernelcache(cache.Path, cache.Boards, cache.Digest, cache.Size, () => contents.OpenKernelcache(number))),
            ],
        };
    }

    /// <summary>Closes the files underneath. Volumes and members fail from then on.</summary>
    public void Dispose() => _owned.Dispose();
}

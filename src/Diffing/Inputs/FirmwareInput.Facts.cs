using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Inputs;

/// <content>Firmwares whose contents lie elsewhere than in the archive.</content>
public sealed partial class FirmwareInput
{
    /// <summary>What this input is, without its contents.</summary>
    internal InputFacts Facts => new()
    {
        Info = Info,
        Volumes = [.. Volumes.Select(volume => new VolumeFacts(volume.Label, volume.Source, volume.Digest, volume.Refusal, volume.Role, volume.Boards))],
        Members = [.. Members.Select(member => new MemberFacts(member.Name, member.Size, member.Crc32, member.Mode, member.IsListed, member.Boards))],
        Kernelcaches = [.. Kernelcaches.Select(cache => new KernelcacheFacts(cache.Path, cache.Boards, cache.Digest, cache.Size))],
    };

    /// <summary>The input that <paramref name="facts"/> were taken from, with contents from <paramref name="contents"/>.</summary>
    /// <param name="facts">What is known of it.</param>
    /// <param name="contents">Opens contents; disposed with the input.</param>
    internal static FirmwareInput FromFacts(InputFacts facts, IFirmwareContents contents)
    {
        var input = new FirmwareInput(facts.Info);
        input._owned.Add(contents);
        input.Volumes =
        [
            .. facts.Volumes.Select((volume, number) => volume.Refusal is { } refusal
                ? new InputVolume(volume.Label, volume.Source, refusal) { Role = volume.Role, Boards = volume.Boards }
                : new InputVolume(volume.Label, volume.Source, volume.Digest, () => contents.OpenVolume(number))
                {
                    Role = volume.Role,
                    Boards = volume.Boards,
                }),
        ];
        input.Members =
        [
            .. facts.Members.Select((member, number) => new InputMember(member.Name, member.Size, member.Crc32, member.Mode, () => contents.OpenMember(number))
            {
                IsListed = member.IsListed,
                Boards = member.Boards,
            }),
        ];
        input.Kernelcaches =
        [
            .. facts.Kernelcaches.Select((cache, number) =>
                new InputKernelcache(cache.Path, cache.Boards, cache.Digest, cache.Size, () => contents.OpenKernelcache(number))),
        ];
        return input;
    }
}

/// <summary>Opens the contents of a firmware by their places in its <see cref="InputFacts"/>. Safe for concurrent use.</summary>
internal interface IFirmwareContents : IDisposable
{
    /// <summary>Opens a volume, which stays the contents' own.</summary>
    /// <exception cref="FirmwareFormatException">It cannot be read.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    FileSystemVolume OpenVolume(int number);

    /// <summary>Opens a member; whoever opens disposes.</summary>
    /// <exception cref="FirmwareFormatException">It cannot be read.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    OwnedByteSource OpenMember(int number);

    /// <summary>Opens a kernelcache's file; whoever opens disposes.</summary>
    /// <exception cref="FirmwareFormatException">It cannot be read.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    OwnedByteSource OpenKernelcache(int number);
}

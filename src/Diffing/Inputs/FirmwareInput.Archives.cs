using System.Text.RegularExpressions;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.Ipsw;

namespace IpswDiff.Diffing.Inputs;

/// <content>IPSWs, packed and unpacked.</content>
public sealed partial class FirmwareInput
{
    private readonly Lock _gate = new();

    private static FirmwareInput OpenFolder(string path, InputOptions options) =>
        (File.Exists(Path.Combine(path, "BuildManifest.plist")) ? null : TryOpenCacheFolder(path))
            ?? TryOpenUpdateFolder(path, options)
            ?? FromArchive(path, "folder", IpswArchive.OpenFolder(path), options);

    private static FirmwareInput OpenArchive(string path, ByteSource file, InputOptions options) =>
        TryOpenUpdate(path, file, options) ?? FromArchive(path, "ipsw", IpswArchive.Open(file), options);

    private static FirmwareInput FromArchive(string path, string kind, IpswArchive archive, InputOptions options)
    {
        var images = archive.Volumes.Select(volume => volume.Path).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var uses = ManifestUses.Of(archive);
        var input = new FirmwareInput(new FirmwareInfo(path, kind, archive.Version, archive.Build, archive.Products))
        {
            Members =
            [
                .. archive.Members
                    .Where(member => !images.Contains(member.Name) && !ImageName().IsMatch(Path.GetFileName(member.Name)))
                    .Select(member => new InputMember(member.Name, member.Size, member.Crc32, member.Mode, () => archive.OpenMember(member)) { Boards = uses.BoardsOf(member.Name) })
                    .Concat(uses.Components
                        .Where(component => ImageName().IsMatch(Path.GetFileName(component.Path)) && component.Path.EndsWith(".trustcache", StringComparison.OrdinalIgnoreCase))
                        .Select(component => (component.Label, component.Boards, Member: archive.Find(component.Path)))
                        .Where(component => component.Member is not null)
                        .Select(component => new InputMember(component.Label, component.Member!.Size, component.Member.Crc32, component.Member.Mode, () => archive.OpenMember(component.Member))
                        {
                            IsListed = false,
                            Boards = component.Boards,
                        }))
                    .OrderBy(member => member.Name, PathOrder.Instance),
            ],
        };
        input._owned.Add(archive);
        input.Kernelcaches = KernelcachesOf(archive);
        input.Volumes =
        [
            .. archive.Volumes.Select(volume => new InputVolume(
                volume.Name, $"{path}:{volume.Path}", volume.Digest, () => input.OpenVolume(archive, volume, options))),
        ];
        return input;
    }

    private FileSystemVolume OpenVolume(IpswArchive archive, IpswVolume volume, InputOptions options)
    {
        if (volume.Member is null)
        {
            throw new FirmwareFormatException("IPSW", -1, "the manifest names this image, but the archive does not hold it");
        }

        return OpenSystemVolume(Own(archive.OpenMember(volume.Member)).Source, options);
    }

    // Disk images are named by number, another one in every build; what accompanies them bears their names.
    [GeneratedRegex(@"^\d{3}-\d{5}-\d{3}\.dmg(\.aea|\.trustcache)?(\.root_hash|\.trustcache|\.integrity_catalog|\.mtree)?$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ImageName();
}

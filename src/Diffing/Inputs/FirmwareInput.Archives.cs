using System.Text.RegularExpressions;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.Img4;
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
        var images = archive.Volumes.Concat(archive.RamDisks).Select(volume => volume.Path).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var input = new FirmwareInput(new FirmwareInfo(path, kind, archive.Version, archive.Build, archive.Products))
        {
            Members = MembersOf(archive.Members.Where(member => !images.Contains(member.Name)), archive.Manifest, string.Empty, archive.Find, Open),
        };
        input._owned.Add(archive);
        input.Kernelcaches = KernelcachesOf(archive.Kernelcaches, Open);
        input.Volumes =
        [
            .. archive.Volumes.Select(volume => new InputVolume(
                volume.Name, $"{path}:{volume.Path}", volume.Digest, () => input.OpenVolume(archive, volume, options))
            {
                Role = volume.RoleName,
                Boards = volume.Boards,
            }),
            .. archive.RamDisks.Select(disk => new InputVolume(
                disk.Name, $"{path}:{disk.Path}", disk.Digest, () => input.OpenRamDiskVolume(archive, disk, options))
            {
                Role = disk.RoleName,
                Boards = disk.Boards,
            }),
        ];
        return input;

        OwnedByteSource Open(IpswMember member) => options.Keys.Unlock($"{path}/{member.Name}", archive.OpenMember(member));
    }

    /// <summary>What a handler of members sees: files that keep their names, and trust caches of disk images under the manifest's key.</summary>
    /// <param name="files">The files.</param>
    /// <param name="manifest">The manifest, or null.</param>
    /// <param name="folder">The folder that paths in the manifest begin in.</param>
    /// <param name="find">Finds a file by its path in the manifest.</param>
    /// <param name="open">Opens a file.</param>
    private static InputMember[] MembersOf(
        IEnumerable<IpswMember> files, BuildManifest? manifest, string folder, Func<string, IpswMember?> find, Func<IpswMember, OwnedByteSource> open)
    {
        var uses = ManifestUses.Of(manifest);
        return
        [
            .. files
                .Where(member => !ImageName().IsMatch(Path.GetFileName(member.Name)))
                .Select(member => Member(
                    member.Name, member, uses.BoardsOf(member.Name.StartsWith(folder, StringComparison.Ordinal) ? member.Name[folder.Length..] : member.Name)))
                .Concat(uses.Components
                    .Where(component => ImageName().IsMatch(Path.GetFileName(component.Path)) && component.Path.EndsWith(".trustcache", StringComparison.OrdinalIgnoreCase))
                    .Select(component => (component.Label, component.Boards, Member: find(component.Path)))
                    .Where(component => component.Member is not null)
                    .Select(component => Member(component.Label, component.Member!, component.Boards) with { IsListed = false }))
                .OrderBy(member => member.Name, PathOrder.Instance),
        ];

        InputMember Member(string name, IpswMember member, IReadOnlyList<string> boards) =>
            new(name, member.Size, member.Crc32, member.Mode, () => open(member)) { Boards = boards };
    }

    private FileSystemVolume OpenVolume(IpswArchive archive, IpswVolume volume, InputOptions options)
    {
        if (volume.Member is null)
        {
            throw new FirmwareFormatException("IPSW", -1, "the manifest names this image, but the archive does not hold it");
        }

        return OpenSystemVolume(
            Own(archive.OpenMember(volume.Member)).Source, options with { Images = options.Keys.For($"{Info.Path}/{volume.Path}", options.Images) });
    }

    private FileSystemVolume OpenRamDiskVolume(IpswArchive archive, IpswVolume ramDisk, InputOptions options)
    {
        if (ramDisk.Member is null)
        {
            throw new FirmwareFormatException("IPSW", -1, "the manifest names this RAM disk, but the archive does not hold it");
        }

        var member = Own(options.Keys.Unlock($"{Info.Path}/{ramDisk.Path}", archive.OpenMember(ramDisk.Member))).Source;
        if (FileFormats.Detect(member) is not (FileFormat.Im4p or FileFormat.Img4 or FileFormat.Img3))
        {
            return OpenSystemVolume(member, options);
        }

        var payload = Img4File.Open(member).Payload ?? throw new FirmwareFormatException("Image4", 0, "the RAM disk's file holds no payload");
        return OpenSystemVolume(Own(payload.UnpackPayload(RamDiskInMemory)).Source, options);
    }

    // Disk images are named by number, another one in every build; what accompanies them bears their names.
    [GeneratedRegex(@"^\d{3}-\d{5}-\d{3}\.dmg(\.aea|\.trustcache)?(\.root_hash|\.trustcache|\.integrity_catalog|\.mtree)?$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ImageName();
}

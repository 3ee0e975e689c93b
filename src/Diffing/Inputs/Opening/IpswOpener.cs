using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.Ipsw;

namespace IpswDiff.Diffing.Inputs.Opening;

/// <summary>IPSWs, packed and unpacked.</summary>
internal static class IpswOpener
{
    /// <summary>Whether a folder says itself that it is a firmware.</summary>
    public static bool HasManifest(string folder) => File.Exists(Path.Combine(folder, "BuildManifest.plist"));

    public static FirmwareInput OpenFolder(OpeningContext opening) =>
        Open(opening, InputKinds.Folder, opening.Owned.Add(IpswArchive.OpenFolder(opening.Path)));

    public static FirmwareInput OpenZip(OpeningContext opening, ByteSource zip) =>
        Open(opening, InputKinds.Ipsw, opening.Owned.Add(IpswArchive.Open(zip)));

    private static FirmwareInput Open(OpeningContext opening, string kind, IpswArchive archive)
    {
        var (path, options) = (opening.Path, opening.Options);
        var images = archive.Volumes.Concat(archive.RamDisks).Select(volume => volume.Path).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var members = archive.Members.Where(member => !images.Contains(member.Name));
        return new FirmwareInput(new FirmwareInfo(path, kind, archive.Version, archive.Build, archive.Products), opening.Owned)
        {
            Members = ArchiveContents.Members(members, archive.Manifest, string.Empty, archive.Find, Unlock),
            Kernelcaches = ArchiveContents.Kernelcaches(archive.Kernelcaches, Unlock),
            Volumes =
            [
                .. archive.Volumes.Select(volume => Volume(volume, () => OpenVolume(volume))),
                .. archive.RamDisks.Select(disk => Volume(disk, () => OpenRamDisk(disk))),
            ],
        };

        InputVolume Volume(IpswVolume volume, Func<FileSystemVolume> open) =>
            new(volume.Name, $"{path}:{volume.Path}", volume.Digest, open) { Role = volume.RoleName, Boards = volume.Boards };

        FileSystemVolume OpenVolume(IpswVolume volume) => SystemVolume.Open(
            opening.Owned.Add(archive.OpenMember(MemberOf(volume, "image"))).Source, options.Keys.For($"{path}/{volume.Path}", options.Images));

        FileSystemVolume OpenRamDisk(IpswVolume disk) => SystemVolume.OpenRamDisk(
            opening, opening.Owned.Add(options.Keys.Unlock($"{path}/{disk.Path}", archive.OpenMember(MemberOf(disk, "RAM disk")))).Source);

        OwnedByteSource Unlock(IpswMember member) => options.Keys.Unlock($"{path}/{member.Name}", archive.OpenMember(member));
    }

    private static IpswMember MemberOf(IpswVolume volume, string what) => volume.Member
        ?? throw new FirmwareFormatException("IPSW", -1, $"the manifest names this {what}, but the archive does not hold it");
}

using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Ipsw;

/// <summary>
/// A folder of disk images without any manifest, as tools leave it that patch OTA updates: <c>FileSystem</c>, <c>SystemOS</c>,
/// <c>AppOS</c> and <c>ExclaveOS</c>, each with one image inside.
/// </summary>
internal static class PatchedImages
{
    internal const string Version = "Patched OTA";

    private static readonly (string Folder, string Role)[] Folders =
        [("FileSystem", "OS"), ("SystemOS", "Cryptex1,SystemOS"), ("AppOS", "Cryptex1,AppOS"), ("ExclaveOS", "Ap,ExclaveOS")];

    /// <summary>The volumes of such a folder; none when it is something else.</summary>
    /// <exception cref="FirmwareFormatException">One of the folders holds several images.</exception>
    internal static List<IpswVolume> Find(IReadOnlyList<IpswMember> members)
    {
        var volumes = new List<IpswVolume>();
        foreach (var (folder, role) in Folders)
        {
            var images = members
                .Where(member => Path.GetDirectoryName(member.Name) == folder && VolumeSelection.IsImage(member.Name))
                .ToArray();
            if (images.Length > 1)
            {
                throw new FirmwareFormatException(
                    IpswArchive.Format, -1, $"the folder {folder} holds {images.Length} images, {images[0].Name} and {images[1].Name} among them; leave one");
            }

            volumes.AddRange(images.Select(image => new IpswVolume { Role = role, RoleName = folder, Name = folder, Path = image.Name, Boards = [], Member = image }));
        }

        return volumes;
    }
}

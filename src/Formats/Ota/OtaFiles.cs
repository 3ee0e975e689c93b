using System.Text.RegularExpressions;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.Ipsw;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Ota;

/// <summary>Which file of an update is what. Facts: published updates since iOS 5, and blacktop/ipsw <c>pkg/ota</c>.</summary>
internal static partial class OtaFiles
{
    internal const string AssetData = "AssetData/";
    internal const string Info = "Info.plist";
    internal const string AssetInfo = "AssetData/Info.plist";
    internal const string BootManifest = "AssetData/boot/BuildManifest.plist";

    /// <summary>What people call the volume of the payload.</summary>
    internal const string PayloadLabel = "FileSystem";

    private const string ManifestSuffix = "/BuildManifest.plist";
    private const string ImagePatches = "AssetData/payloadv2/image_patches/";
    private const string SystemCryptex = "cryptex-system-";
    private const string AppCryptex = "cryptex-app";
    private const string RosettaCryptex = SystemCryptex + "rosetta";
    private const string SystemName = "SystemOS";
    private const string RosettaName = "RosettaOS";
    private const string AppName = "AppOS";

    // The cryptex that a device boots, before those of other processors.
    private static readonly string[] SystemOrder =
        ["arm64e", "arm64e.x1", "arm64", "arm64.x1", "arm64_32", "x86_64h", "x86_64"];

    // Before iOS 10 the files themselves lay in the archive.
    private static readonly string[] LooseFolders = ["AssetData/payload/replace/", "AssetData/payload/added/"];

    /// <summary>Whether files of these names make an update. An IPSW has its manifest at the top, an update has it below.</summary>
    internal static bool IsOta(IReadOnlyCollection<string> names) =>
        names.Any(static name => name.StartsWith(AssetData, StringComparison.Ordinal))
        && !names.Any(static name => name is "BuildManifest.plist" or "Restore.plist");

    /// <summary>The archives of the payload in the order of extraction.</summary>
    internal static List<IpswMember> Payloads(IEnumerable<IpswMember> members) =>
        [.. members.Where(static member => PayloadName().IsMatch(member.Name)).OrderBy(static member => member.Name.Length).ThenBy(static member => member.Name, StringComparer.Ordinal)];

    /// <summary>Files of the system that lie in the archive as they are, by their path on the system.</summary>
    internal static IEnumerable<(string Path, IpswMember Member)> LooseFiles(IEnumerable<IpswMember> members) =>
        from member in members
        from folder in LooseFolders
        where member.Name.Length > folder.Length && member.Name.StartsWith(folder, StringComparison.Ordinal)
        select (member.Name[folder.Length..], member);

    /// <summary>Whether a file belongs to the payload or to the work of installing it, rather than being firmware.</summary>
    internal static bool IsPayload(string name) =>
        name.StartsWith("AssetData/payload", StringComparison.Ordinal);

    internal static IpswMember? Manifest(IReadOnlyList<IpswMember> members, Func<string, IpswMember?> find) =>
        find(BootManifest) ?? members.Where(static member => member.Name.EndsWith(ManifestSuffix, StringComparison.Ordinal))
            .OrderBy(static member => member.Name.Length).ThenBy(static member => member.Name, StringComparer.Ordinal).FirstOrDefault();

    /// <summary>
    /// The kernelcaches that the update holds: those that the manifest names, then what is called one besides. A manifest describes whole
    /// devices; what it names and the update leaves out is none of it.
    /// </summary>
    /// <param name="firmware">The files that are no payload.</param>
    /// <param name="manifest">The manifest, or null.</param>
    /// <param name="find">Finds a file by its path in the manifest.</param>
    internal static List<IpswKernelcache> Kernelcaches(IEnumerable<IpswMember> firmware, BuildManifest? manifest, Func<string, IpswMember?> find)
    {
        var caches = ManifestImage.Gather(manifest?.Identities ?? [], static entry => entry.Key == IpswKernelcache.ManifestKey)
            .SelectMany(static group => group.Value)
            .Select(image => (Image: image, Member: find(image.Path)))
            .Where(static image => image.Member is not null)
            .Select(static image => new IpswKernelcache(image.Member!.Name, image.Image.Boards, image.Image.Digest, image.Member))
            .ToList();
        caches.AddRange(firmware
            .Where(member => IpswKernelcache.HasName(member.Name) && caches.TrueForAll(cache => cache.Path != member.Name))
            .OrderBy(static member => member.Name, PathOrder.Instance)
            .Select(static member => new IpswKernelcache(member.Name, [], null, member)));
        return caches;
    }

    /// <summary>Reads the first bytes of a file; returns how many there are.</summary>
    internal delegate int ReadHead(IpswMember member, Span<byte> destination);

    /// <summary>The cryptex images, the one that a device boots first.</summary>
    internal static List<OtaImage> Images(IEnumerable<IpswMember> members, ReadHead read)
    {
        var images = new List<OtaImage>();
        foreach (var member in members
            .Where(static member => member.Name.StartsWith(ImagePatches, StringComparison.Ordinal))
            .OrderBy(static member => Rank(Path.GetFileName(member.Name)))
            .ThenBy(static member => member.Name, PathOrder.Instance))
        {
            var file = Path.GetFileName(member.Name);

            // Firmwares call the image of Intel's processors by a role of its own.
            var (name, variant) = file == RosettaCryptex ? (RosettaName, string.Empty)
                : file.StartsWith(SystemCryptex, StringComparison.Ordinal) ? (SystemName, file[SystemCryptex.Length..])
                : file == AppCryptex ? (AppName, string.Empty)
                : (file, string.Empty);
            if (name == PayloadLabel || images.Any(image => image.Name == name))
            {
                name = $"{name} ({(variant.Length > 0 ? variant : member.Name)})";
            }

            images.Add(new OtaImage { Name = name, Member = member, PatchFormat = PatchFormat(member, read) });
        }

        return images;
    }

    private static int Rank(string file)
    {
        if (!file.StartsWith(SystemCryptex, StringComparison.Ordinal))
        {
            return int.MaxValue;
        }

        var name = file[SystemCryptex.Length..];
        var place = Array.IndexOf(SystemOrder, CpuArchitecture.FromFileName(name)?.Name ?? name);
        return place < 0 ? SystemOrder.Length : place;
    }

    // Both formats have two digits of a version behind their name.
    private static string? PatchFormat(IpswMember file, ReadHead read)
    {
        Span<byte> magic = stackalloc byte[8];
        return read(file, magic) == magic.Length && (magic.StartsWith("RIDIFF"u8) || magic.StartsWith("BXDIFF"u8))
                && char.IsAsciiDigit((char)magic[6]) && char.IsAsciiDigit((char)magic[7])
            ? System.Text.Encoding.ASCII.GetString(magic)
            : null;
    }

    [GeneratedRegex(@"^AssetData/payloadv2/payload(\.\d{1,9})?$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex PayloadName();
}

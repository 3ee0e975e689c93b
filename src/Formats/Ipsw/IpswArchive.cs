using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Plist;
using IpswDiff.Formats.Zip;

namespace IpswDiff.Formats.Ipsw;

/// <summary>
/// A firmware: an IPSW, the folder it was unpacked into, or a folder of patched disk images, behind one face. Opening
/// reads the list of files and the two property lists that describe them. Facts: "IPSW File Format" of The Apple Wiki,
/// and the manifests of firmwares.
/// </summary>
public sealed class IpswArchive : IDisposable
{
    internal const string Format = "IPSW";

    private const string BuildManifestName = "BuildManifest.plist";
    private const string RestoreName = "Restore.plist";

    private readonly IpswStorage _storage;
    private readonly IDisposable? _owned;
    private readonly Dictionary<string, IpswMember> _exact;
    private readonly Dictionary<string, IpswMember> _anyCase;

    private IpswArchive(IpswStorage storage, IDisposable? owned, string fallbackName)
    {
        _storage = storage;
        _owned = owned;
        _exact = storage.Members.ToDictionary(static member => member.Name, StringComparer.Ordinal);
        _anyCase = new Dictionary<string, IpswMember>(StringComparer.OrdinalIgnoreCase);
        foreach (var member in storage.Members)
        {
            _anyCase.TryAdd(member.Name, member);
        }

        Manifest = ReadPlist(BuildManifestName) is { } manifest ? BuildManifest.Read(manifest) : null;
        try
        {
            Restore = ReadPlist(RestoreName) is { } restore ? RestorePlist.Read(restore) : null;
        }
        catch (FirmwareFormatException fault) when (Manifest is not null)
        {
            // It says less than the manifest, and is asked only where that is missing.
            RestoreFault = fault.Message;
        }

        if (Manifest is not null || Restore is not null)
        {
            Version = FirstOf(Manifest?.ProductVersion, Restore?.ProductVersion);
            Build = FirstOf(Manifest?.ProductBuildVersion, Restore?.ProductBuildVersion);
            Products = Manifest is { SupportedProductTypes.Count: > 0 } ? Manifest.SupportedProductTypes : Restore?.SupportedProductTypes ?? [];
            Volumes = VolumeSelection.Select(Manifest, Restore, Find);
            RamDisks = VolumeSelection.SelectRamDisks(Manifest, Find);
        }
        else
        {
            Version = PatchedImages.Version;
            Build = fallbackName;
            Products = [];
            Volumes = PatchedImages.Find(storage.Members);
            if (Volumes.Count == 0)
            {
                throw new FirmwareFormatException(Format, -1, WhyNone());
            }
        }

        Kernelcaches = FindKernelcaches();
        Firmware = [.. storage.Members.Where(IsFirmware)];
    }

    /// <summary>For example <c>26.1</c>; <c>Patched OTA</c> for a folder of patched images.</summary>
    public string Version { get; }

    /// <summary>For example <c>23B85</c>; the folder's name for a folder of patched images.</summary>
    public string Build { get; }

    /// <summary>The products this firmware is for, for example <c>iPhone16,2</c>.</summary>
    public IReadOnlyList<string> Products { get; }

    /// <summary><c>BuildManifest.plist</c>, or null where there is none.</summary>
    public BuildManifest? Manifest { get; }

    /// <summary><c>Restore.plist</c>, or null where there is none.</summary>
    public RestorePlist? Restore { get; }

    /// <summary>Why <c>Restore.plist</c> cannot be read where the manifest can, or null.</summary>
    public string? RestoreFault { get; }

    /// <summary>The disk images of the operating system, every distinct one of every role.</summary>
    public IReadOnlyList<IpswVolume> Volumes { get; }

    /// <summary>The RAM disks that install the firmware, every distinct one: disk images inside IM4P.</summary>
    public IReadOnlyList<IpswVolume> RamDisks { get; } = [];

    /// <summary>The kernelcaches, every distinct one, in the manifest's order.</summary>
    public IReadOnlyList<IpswKernelcache> Kernelcaches { get; }

    /// <summary>
    /// The firmware of processors and peripherals: every <c>.im4p</c>, and every other file below <c>Firmware</c> that
    /// does not merely accompany a disk image.
    /// </summary>
    public IReadOnlyList<IpswMember> Firmware { get; }

    /// <summary>All files, in the archive's order; of a folder, in ordinal order.</summary>
    public IReadOnlyList<IpswMember> Members => _storage.Members;

    /// <summary>
    /// Opens an archive. The source must live as long as what is returned, and is not disposed with it.
    /// </summary>
    /// <exception cref="FirmwareFormatException">It is no ZIP archive, or no firmware, or damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static IpswArchive Open(ByteSource source) => new(new ZippedIpsw(ZipArchiveReader.Open(source)), owned: null, string.Empty);

    /// <summary>Opens an archive's file, or the folder an archive was unpacked into.</summary>
    /// <exception cref="FirmwareFormatException">It is no firmware, or damaged.</exception>
    /// <exception cref="IOException">The file or the folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file or the folder may not be read.</exception>
    public static IpswArchive Open(string path)
    {
        if (Directory.Exists(path))
        {
            return OpenFolder(path);
        }

        return FileByteSource.Open(
            path, static file => new IpswArchive(new ZippedIpsw(ZipArchiveReader.Open(file)), file, string.Empty));
    }

    /// <summary>Opens the folder an archive was unpacked into, or a folder of patched disk images.</summary>
    /// <exception cref="FirmwareFormatException">It holds no firmware, or a damaged one.</exception>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be read.</exception>
    public static IpswArchive OpenFolder(string path)
    {
        try
        {
            return new IpswArchive(new UnpackedIpsw(path), owned: null, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))));
        }
        catch (FirmwareFormatException fault)
        {
            throw fault.In(path);
        }
    }

    /// <summary>The file at <paramref name="name"/>, or null; one that differs in case only is found as well.</summary>
    public IpswMember? Find(string name) => _exact.GetValueOrDefault(name) ?? _anyCase.GetValueOrDefault(name);

    /// <summary>
    /// A file's bytes. Stored ones and those of a folder are read in place; deflated ones are unpacked and verified
    /// first, into memory or a temporary file as <paramref name="options"/> say.
    /// </summary>
    /// <exception cref="FirmwareFormatException">
    /// The member is damaged or packed with a method that is not read.
    /// </exception>
    /// <exception cref="IOException">Storage or the temporary folder failed.</exception>
    public OwnedByteSource OpenMember(IpswMember member, ZipUnpackOptions? options = null) => _storage.Open(member, options);

    /// <summary>Closes the file if <see cref="Open(string)"/> opened it.</summary>
    public void Dispose() => _owned?.Dispose();

    private static string FirstOf(string? one, string? other) => string.IsNullOrEmpty(one) ? other ?? string.Empty : one;

    private static bool IsFirmware(IpswMember member) =>
        member.Name.EndsWith(".im4p", StringComparison.OrdinalIgnoreCase)
        || (member.Name.StartsWith("Firmware/", StringComparison.OrdinalIgnoreCase)
            && !member.Name.EndsWith(".plist", StringComparison.OrdinalIgnoreCase)
            && !member.Name.Contains(".dmg", StringComparison.OrdinalIgnoreCase));

    private PlistDictionary? ReadPlist(string name)
    {
        if (Find(name) is not { } member)
        {
            return null;
        }

        try
        {
            using var opened = OpenMember(member);
            return PropertyList.ParseDictionary(opened.Source);
        }
        catch (FirmwareFormatException fault) when (fault.File is null)
        {
            throw fault.In(name);
        }
    }

    private List<IpswKernelcache> FindKernelcaches()
    {
        if (Manifest is not null)
        {
            return [.. ManifestImage.Gather(Manifest.Identities, static entry => entry.Key == IpswKernelcache.ManifestKey)
                .SelectMany(static group => group.Value)
                .Select(image => new IpswKernelcache(image.Path, image.Boards, image.Digest, Find(image.Path)))];
        }

        return [.. Members
            .Where(static member => IpswKernelcache.HasName(member.Name))
            .Select(static member => new IpswKernelcache(member.Name, [], null, member))];
    }

    private string WhyNone()
    {
        if (Members.Any(static member => member.Name.StartsWith("AssetData/", StringComparison.Ordinal)))
        {
            return "this is an OTA update; only full firmwares are read, and folders of disk images made from updates";
        }

        return $"there is neither {BuildManifestName} nor {RestoreName} at the top: this is no firmware";
    }
}

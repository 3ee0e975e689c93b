using System.Diagnostics.CodeAnalysis;
using IpswDiff.Formats.AppleArchive;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Ipsw;
using IpswDiff.Formats.Pbzx;
using IpswDiff.Formats.Plist;
using IpswDiff.Formats.Zip;

namespace IpswDiff.Formats.Ota;

/// <summary>
/// An over-the-air update: a ZIP archive, the folder it was unpacked into, or an Apple Archive. Opening reads the list of files and
/// the property lists that describe them; the payload is gone over when it is opened.
/// </summary>
public sealed class OtaArchive : IDisposable
{
    internal const string Format = "OTA";

    private readonly IpswStorage _storage;
    private readonly AppleArchiveOptions _options;
    private readonly Dictionary<string, IpswMember> _byName;
    private readonly Dictionary<string, OwnedByteSource> _unpacked = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    private OtaArchive(IpswStorage storage, AppleArchiveOptions? options)
    {
        _storage = storage;
        _options = options ?? new AppleArchiveOptions();
        _byName = storage.Members.ToDictionary(static member => member.Name, StringComparer.Ordinal);
        try
        {
            if (OtaFiles.Manifest(storage.Members, Find) is { } manifest)
            {
                Manifest = BuildManifest.Read(ReadPlist(manifest));
                ManifestFolder = manifest.Name[..(manifest.Name.LastIndexOf('/') + 1)];
            }

            Asset = OtaAsset.Read(
                Find(OtaFiles.Info) is { } info ? ReadPlist(info) : null,
                Find(OtaFiles.AssetInfo) is { } assetInfo ? ReadPlist(assetInfo) : null,
                Manifest);
            Payloads = OtaFiles.Payloads(storage.Members);
            Images = OtaFiles.Images(storage.Members, storage.ReadHead);
            Kernelcaches = OtaFiles.Kernelcaches(Firmware, Manifest, FindComponent);
            HasLooseFiles = OtaFiles.LooseFiles(storage.Members).Any();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What the update says of itself.</summary>
    public OtaAsset Asset { get; }

    /// <summary>The <c>BuildManifest.plist</c> among the boot files, or null where there is none.</summary>
    public BuildManifest? Manifest { get; }

    /// <summary>The folder that paths in the manifest begin in, with a <c>/</c> at its end; empty where there is no manifest.</summary>
    public string ManifestFolder { get; } = string.Empty;

    /// <summary>The kernelcaches that lie in the archive, in the manifest's order; their paths are those in the archive.</summary>
    public IReadOnlyList<IpswKernelcache> Kernelcaches { get; }

    /// <summary>All files, in the archive's order; of a folder, in ordinal order.</summary>
    public IReadOnlyList<IpswMember> Members => _storage.Members;

    /// <summary>The files that are firmware: kernelcaches, bootloaders and so on, without payload and images.</summary>
    public IEnumerable<IpswMember> Firmware => Members.Where(static member => !OtaFiles.IsPayload(member.Name));

    /// <summary>The archives with the system's files, in the order of extraction.</summary>
    public IReadOnlyList<IpswMember> Payloads { get; }

    /// <summary>The images of cryptexes, most of them patches that cannot be applied yet.</summary>
    public IReadOnlyList<OtaImage> Images { get; }

    /// <summary>Whether there are files of the system to read, in archives or as they are.</summary>
    public bool HasPayload => Payloads.Count > 0 || HasLooseFiles;

    private bool HasLooseFiles { get; }

    /// <summary>Opens a ZIP archive if it is an update. The source must live as long as what is returned.</summary>
    /// <exception cref="FirmwareFormatException">The archive or one of its descriptions is damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static bool TryOpen(ByteSource zip, [NotNullWhen(true)] out OtaArchive? archive, AppleArchiveOptions? options = null) =>
        TryOpen(new ZippedIpsw(ZipArchiveReader.Open(zip)), options, out archive);

    /// <summary>Opens an Apple Archive if it is an update. What is underneath must live as long as what is returned.</summary>
    /// <exception cref="FirmwareFormatException">One of its descriptions is damaged.</exception>
    public static bool TryOpen(AppleArchiveVolume volume, [NotNullWhen(true)] out OtaArchive? archive, AppleArchiveOptions? options = null)
    {
        archive = null;
        return volume.Find("/" + OtaFiles.AssetData.TrimEnd('/')) is not null && TryOpen(new ArchivedOta(volume), options, out archive);
    }

    /// <summary>Opens a folder if it holds an unpacked update.</summary>
    /// <exception cref="FirmwareFormatException">One of its descriptions is damaged.</exception>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be read.</exception>
    public static bool TryOpenFolder(string path, [NotNullWhen(true)] out OtaArchive? archive, AppleArchiveOptions? options = null)
    {
        archive = null;
        return Directory.Exists(Path.Combine(path, OtaFiles.AssetData)) && TryOpen(new UnpackedIpsw(path), options, out archive);
    }

    /// <summary>The file of that exact name, or null.</summary>
    public IpswMember? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The file that the manifest names so, or null.</summary>
    public IpswMember? FindComponent(string path) => Find(ManifestFolder + path);

    /// <summary>
    /// A file's bytes, readable until the archive is disposed. Deflated ones are unpacked and verified, into memory or, once, into a
    /// temporary file.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The file is damaged or packed with a method that is not read.</exception>
    /// <exception cref="IOException">Storage or the temporary folder failed.</exception>
    public ByteSource OpenMember(IpswMember member)
    {
        if (member.IsInPlace && _storage is not UnpackedIpsw)
        {
            return _storage.Open(member, options: null).Source;
        }

        lock (_gate)
        {
            if (_unpacked.TryGetValue(member.Name, out var before))
            {
                return before.Source;
            }

            var opened = _storage.Open(member, options: null);
            if (opened.Source is not MemoryByteSource)
            {
                _unpacked.Add(member.Name, opened);
            }

            return opened.Source;
        }
    }

    /// <summary>
    /// The system's files as one volume. Goes over every header of the payload; contents are decoded when they are read. Nothing is
    /// unpacked to disk, unless the ZIP archive deflates its payload, which Apple's do not.
    /// </summary>
    /// <exception cref="FirmwareFormatException">
    /// The update is a delta or a Rapid Security Response, holds no payload or one in the records of iOS 13 and before, or the payload
    /// is damaged.
    /// </exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public AppleArchiveVolume OpenPayload()
    {
        if (Asset.Refusal is { } refusal)
        {
            throw new FirmwareFormatException(Format, -1, refusal);
        }

        if (!HasPayload)
        {
            throw new FirmwareFormatException(Format, -1, "the update holds no payload (AssetData/payloadv2/payload.000 and so on)");
        }

        var volume = AppleArchiveVolume.Open(
            [.. Payloads.Select(payload => new AppleArchivePart(payload.Name, () => OpenArchive(payload)))],
            [.. OtaFiles.LooseFiles(Members).Select(file => LooseFile(file.Path, file.Member))],
            "payload",
            _options);
        return volume.PatchOperations.Count == 0
            ? volume
            : throw new FirmwareFormatException(
                Format, -1, $"the payload asks for patches of files that it does not hold (YOP {string.Join(", ", volume.PatchOperations)}), which are not applied yet");
    }

    /// <summary>Lets go of what was opened and unpacked. The source underneath stays open.</summary>
    public void Dispose()
    {
        foreach (var opened in _unpacked.Values)
        {
            opened.Dispose();
        }

        _unpacked.Clear();
    }

    private static bool TryOpen(IpswStorage storage, AppleArchiveOptions? options, [NotNullWhen(true)] out OtaArchive? archive)
    {
        archive = OtaFiles.IsOta([.. storage.Members.Select(static member => member.Name)]) ? new OtaArchive(storage, options) : null;
        return archive is not null;
    }

    private ByteSource OpenArchive(IpswMember payload)
    {
        var source = OpenMember(payload);
        Span<byte> magic = stackalloc byte[4];
        var plain = source.ReadUpTo(0, magic) == magic.Length && PbzxSource.IsOfFamily(magic)
            ? PbzxSource.Open(source, _options.Cache)
            : source;
        return plain.Length == 0 || (plain.ReadUpTo(0, magic) == magic.Length && AppleArchiveFormat.HasMagic(magic))
            ? plain
            : throw new FirmwareFormatException(
                Format, 0, "the payload is no Apple Archive (AA01, YAA1) but in the records of iOS 13 and before, which are not read yet");
    }

    private AppleArchiveFile LooseFile(string path, IpswMember member)
    {
        const int LongestTarget = 4096;
        var target = member.IsSymlink && member.Size <= LongestTarget ? OpenMember(member).ReadBytes(0, (int)member.Size) : null;
        return new AppleArchiveFile(path, member.Mode ?? 0b110_100_100, target, new OtaMemberSource(this, member));
    }

    private PlistDictionary ReadPlist(IpswMember member)
    {
        try
        {
            return PropertyList.ParseDictionary(OpenMember(member));
        }
        catch (FirmwareFormatException fault) when (fault.File is null)
        {
            throw fault.In(member.Name);
        }
    }
}

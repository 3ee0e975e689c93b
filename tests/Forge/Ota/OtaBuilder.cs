using IpswDiff.Forge.AppleArchive;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Pbzx;
using IpswDiff.Forge.Plist;
using IpswDiff.Forge.Zip;
using IpswDiff.Formats.Pbzx;

namespace IpswDiff.Forge.Ota;

/// <summary>
/// Puts an over-the-air update together: descriptions, boot files, a payload cut into archives, images of cryptexes. Writes it as the
/// ZIP archive of iOS 17 and before, or as the Apple Archive that encrypted updates hold.
/// </summary>
public sealed class OtaBuilder(string version, string build, string product)
{
    private const string BootFolder = "AssetData/boot/";

    private readonly List<(string Path, ForgeContent Content)> _members = [];
    private readonly List<(string Key, string Path, string Board)> _components = [];

    /// <summary>The build that a delta starts from.</summary>
    public string? PrerequisiteBuild { get; init; }

    /// <summary>Whether the update says that it patches cryptexes alone.</summary>
    public bool SplatOnly { get; init; }

    /// <summary>Whether the boot files have a manifest.</summary>
    public bool HasManifest { get; init; } = true;

    /// <summary>Plain bytes of a chunk of the payload.</summary>
    public int BlockSize { get; init; } = 0x10000;

    /// <summary>How the payload is compressed.</summary>
    public PbzxAlgorithm Algorithm { get; init; } = PbzxAlgorithm.Lzma;

    /// <summary>Whether members of the ZIP archive are deflated.</summary>
    public bool Deflates { get; init; }

    public OtaBuilder AddMember(string path, ForgeContent content)
    {
        _members.Add((path, content));
        return this;
    }

    /// <summary>
    /// A boot file that the manifest names under <paramref name="key"/> for each of <paramref name="boards"/>; without content it is named alone.
    /// </summary>
    public OtaBuilder AddBoot(string key, string path, ForgeContent? content, params string[] boards)
    {
        _components.AddRange(boards.Select(board => (key, path, board)));
        return content is { } bytes ? AddMember(BootFolder + path, bytes) : this;
    }

    /// <summary>The system's files, the top directories dealt out to <paramref name="parts"/> archives in turn.</summary>
    public OtaBuilder AddPayload(ForgeTree system, int parts = 3)
    {
        for (var part = 0; part < parts; part++)
        {
            var chosen = new ForgeTree();
            chosen.Root.Mode = system.Root.Mode;
            foreach (var (index, (name, node)) in system.Root.Children.Index())
            {
                if (index % parts == part)
                {
                    chosen.Root.Children.Add(name, node);
                }
            }

            var archive = new AppleArchiveWriter("YAA1").AddTree(chosen).ToArray();
            AddMember($"AssetData/payloadv2/payload.{part:000}", ForgeContent.FromBytes(PbzxWriter.Write(archive, Algorithm, BlockSize)));
        }

        return this;
    }

    /// <summary>An image under <c>image_patches</c>, for example <c>cryptex-system-arm64e</c>.</summary>
    public OtaBuilder AddImage(string name, byte[] bytes) => AddMember("AssetData/payloadv2/image_patches/" + name, ForgeContent.FromBytes(bytes));

    public byte[] ToZip()
    {
        using var output = new MemoryStream();
        var zip = new ZipWriter(output);
        foreach (var (path, content) in AllMembers())
        {
            zip.Add(path, content, Deflates);
        }

        zip.Finish();
        return output.ToArray();
    }

    /// <summary>The archive in the archive, compressed once more, as updates since iOS 18 hold it.</summary>
    public byte[] ToAppleArchive()
    {
        var tree = new ForgeTree();
        foreach (var (path, content) in AllMembers())
        {
            tree.AddFile("/" + path, content).Mode = 0b110_100_100;
        }

        var files = new AppleArchiveWriter().AddTree(tree).ToArray();
        return new AppleArchiveWriter()
            .AddOperation('M', "manifest"u8.ToArray())
            .AddOperation('E', PbzxWriter.Write(files, PbzxAlgorithm.Lzfse), "main")
            .ToArray();
    }

    /// <summary>Every file as it lies in a folder.</summary>
    public void WriteTo(string folder)
    {
        foreach (var (path, content) in AllMembers())
        {
            var file = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, content.ToArray());
        }
    }

    private IEnumerable<(string Path, ForgeContent Content)> AllMembers()
    {
        var properties = ForgePlist.Dict(("Build", build), ("OSVersion", "9.9." + version), ("SUProductSystemName", "iOS"), ("SupportedDevices", ForgePlist.Array(product)));
        if (PrerequisiteBuild is { } prerequisite)
        {
            properties.Add("PrerequisiteBuild", prerequisite).Add("PrerequisiteOSVersion", "9.9.26.0");
        }

        if (SplatOnly)
        {
            properties.Add("SplatOnly", true);
        }

        yield return ("Info.plist", Plist(ForgePlist.Dict(("CFBundleIdentifier", "com.apple.MobileAsset.SoftwareUpdate"), ("MobileAssetProperties", properties))));
        yield return ("AssetData/Info.plist", Plist(ForgePlist.Dict(("Build", build), ("ProductVersion", version), ("ProductType", product))));
        if (HasManifest)
        {
            yield return (BootFolder + "BuildManifest.plist", Plist(ForgePlist.Dict(
                ("ProductVersion", version), ("ProductBuildVersion", build), ("SupportedProductTypes", ForgePlist.Array(product)), ("BuildIdentities", ForgePlist.Array([.. Identities()])))));
        }

        foreach (var member in _members)
        {
            yield return member;
        }
    }

    private IEnumerable<object> Identities() => _components.GroupBy(component => component.Board, StringComparer.Ordinal).Select(board =>
    {
        var manifest = new PlistDict();
        foreach (var (key, path, _) in board)
        {
            manifest.Add(key, ForgePlist.Dict(("Info", ForgePlist.Dict(("Path", path)))));
        }

        return ForgePlist.Dict(("Info", ForgePlist.Dict(("DeviceClass", board.Key), ("Variant", "Customer Upgrade Install (OTA)"))), ("Manifest", manifest));
    });

    private static ForgeContent Plist(PlistDict value) => ForgeContent.FromBytes(XmlPlistWriter.Write(value));
}

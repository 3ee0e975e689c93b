using System.Security.Cryptography;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Plist;
using IpswDiff.Forge.Zip;

namespace IpswDiff.Forge.Ipsw;

/// <summary>
/// Puts a firmware together from parts that are written already: disk images by role, kernelcaches, firmware files. Writes
/// <c>BuildManifest.plist</c>, with an erasing and an updating identity for every board, and <c>Restore.plist</c>; digests are
/// SHA-384 of the parts. Parts that name no boards belong to all of them.
/// </summary>
public sealed class IpswBuilder(string version, string build)
{
    private readonly List<Board> _boards = [];
    private readonly List<Component> _components = [];
    private readonly List<(string Path, ForgeContent Content)> _members = [];
    private readonly Dictionary<string, byte[]> _digests = new(StringComparer.Ordinal);

    /// <summary>Whether <c>BuildManifest.plist</c> is written; the oldest firmwares have none.</summary>
    public bool HasBuildManifest { get; init; } = true;

    /// <summary>Whether <c>Restore.plist</c> is written.</summary>
    public bool HasRestore { get; init; } = true;

    /// <summary>Whether the manifest is a binary property list.</summary>
    public bool UsesBinaryPlists { get; init; }

    /// <summary>Whether members other than disk images are deflated. Packed bytes depend on the runtime's zlib.</summary>
    public bool Deflates { get; init; }

    /// <summary>Whether deflated members are packed by what depends on no processor, for archives that are committed.</summary>
    public bool PortableDeflate { get; init; }

    /// <summary>Whether Zip64 records stand everywhere.</summary>
    public bool ForcesZip64 { get; init; }

    public IpswBuilder AddBoard(string deviceClass, string productType, int boardId = 0x0E, int chipId = 0x8130)
    {
        _boards.Add(new Board(deviceClass, productType, boardId, chipId));
        return this;
    }

    /// <summary>A disk image, <paramref name="role"/> being <c>OS</c>, <c>Cryptex1,SystemOS</c> and so on.</summary>
    public IpswBuilder AddVolume(string role, string path, ForgeContent image, params string[] boards) => AddComponent(role, path, image, boards);

    public IpswBuilder AddKernelcache(string path, ForgeContent kernelcache, params string[] boards) =>
        AddComponent("KernelCache", path, kernelcache, boards);

    /// <summary>A component under its manifest key, for example <c>iBoot</c> at <c>Firmware/all_flash/iBoot.d83.RELEASE.im4p</c>.</summary>
    public IpswBuilder AddFirmware(string key, string path, ForgeContent content, params string[] boards) => AddComponent(key, path, content, boards);

    /// <summary>A file that no manifest names.</summary>
    public IpswBuilder AddMember(string path, ForgeContent content)
    {
        _members.Add((path, content));
        return this;
    }

    /// <summary>A component of a recovery identity, which every board gets besides its others once there is one.</summary>
    public IpswBuilder AddRecovery(string key, string path, ForgeContent content)
    {
        _components.Add(new Component(key, path, [], IsRecovery: true));
        return AddOnce(path, content);
    }

    public void Write(Stream output)
    {
        var writer = new ZipWriter(output, ForcesZip64, PortableDeflate);
        foreach (var (path, content) in AllMembers())
        {
            writer.Add(path, content, Deflates && !path.Contains(".dmg", StringComparison.Ordinal));
        }

        writer.Finish();
    }

    public byte[] ToArray()
    {
        using var stream = new MemoryStream();
        Write(stream);
        return stream.ToArray();
    }

    public void WriteFile(string path)
    {
        using var stream = File.Create(path);
        Write(stream);
    }

    /// <summary>Writes the same files unpacked below <paramref name="folder"/>.</summary>
    public void WriteFolder(string folder)
    {
        foreach (var (path, content) in AllMembers())
        {
            var target = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            using var file = File.Create(target);
            using var stream = content.Open();
            stream.CopyTo(file);
        }
    }

    /// <summary>What <see cref="Write"/> writes, in that order.</summary>
    public IEnumerable<(string Path, ForgeContent Content)> AllMembers()
    {
        if (HasBuildManifest)
        {
            yield return ("BuildManifest.plist", ForgeContent.FromBytes(WritePlist(BuildManifest())));
        }

        if (HasRestore)
        {
            yield return ("Restore.plist", ForgeContent.FromBytes(WritePlist(RestorePlist())));
        }

        foreach (var member in _members)
        {
            yield return member;
        }
    }

    private byte[] WritePlist(object value) => UsesBinaryPlists ? BinaryPlistWriter.Write(value) : XmlPlistWriter.Write(value);

    private IpswBuilder AddComponent(string key, string path, ForgeContent content, string[] boards)
    {
        _components.Add(new Component(key, path, boards, IsRecovery: false));
        return AddOnce(path, content);
    }

    private IpswBuilder AddOnce(string path, ForgeContent content)
    {
        if (!_digests.ContainsKey(path))
        {
            using var stream = content.Open();
            _digests.Add(path, SHA384.HashData(stream));
            _members.Add((path, content));
        }

        return this;
    }

    private object[] Products() => [.. _boards.Select(board => board.ProductType).Distinct(StringComparer.Ordinal)];

    private PlistDict BuildManifest()
    {
        var identities = new List<object>();
        foreach (var board in _boards)
        {
            identities.Add(Identity(board, "Customer Erase Install (IPSW)", "Erase", isRecovery: false));
            identities.Add(Identity(board, "Customer Upgrade Install (IPSW)", "Update", isRecovery: false));
            if (_components.Any(component => component.IsRecovery))
            {
                identities.Add(Identity(board, "Recovery Customer Install", "Erase", isRecovery: true));
            }
        }

        return ForgePlist.Dict(
            ("BuildIdentities", identities.ToArray()),
            ("ManifestVersion", 0),
            ("ProductBuildVersion", build),
            ("ProductVersion", version),
            ("SupportedProductTypes", Products()));
    }

    private PlistDict Identity(Board board, string variant, string behavior, bool isRecovery)
    {
        var manifest = new PlistDict();
        foreach (var component in _components.Where(component => component.IsRecovery == isRecovery && component.IsFor(board)))
        {
            manifest.Add(component.Key, ForgePlist.Dict(
                ("Digest", _digests[component.Path]),
                ("Info", ForgePlist.Dict(("Path", component.Path))),
                ("Trusted", true)));
        }

        return ForgePlist.Dict(
            ("Ap,ProductType", board.ProductType),
            ("ApBoardID", $"0x{board.BoardId:X2}"),
            ("ApChipID", $"0x{board.ChipId:X4}"),
            ("Info", ForgePlist.Dict(
                ("BuildNumber", build),
                ("DeviceClass", board.DeviceClass),
                ("RestoreBehavior", behavior),
                ("Variant", variant))),
            ("Manifest", manifest));
    }

    private PlistDict RestorePlist()
    {
        var restore = ForgePlist.Dict(
            ("DeviceMap", _boards.Select(board => (object)ForgePlist.Dict(
                ("BDID", board.BoardId), ("BoardConfig", board.DeviceClass), ("CPID", board.ChipId))).ToArray()),
            ("ProductBuildVersion", build),
            ("ProductVersion", version),
            ("SupportedProductTypes", Products()));
        var system = _components.FirstOrDefault(component => component is { Key: "OS", IsRecovery: false });
        return system is null ? restore : restore.Add("SystemRestoreImages", ForgePlist.Dict(("User", system.Path)));
    }

    private sealed record Board(string DeviceClass, string ProductType, int BoardId, int ChipId);

    private sealed record Component(string Key, string Path, string[] Boards, bool IsRecovery)
    {
        public bool IsFor(Board board) => Boards.Length == 0 || Boards.Contains(board.DeviceClass, StringComparer.Ordinal);
    }
}

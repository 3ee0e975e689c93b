using System.Security.Cryptography;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ipsw;

namespace IpswDiff.Forge.AllKinds;

/// <summary>
/// The loose members of both archives. What differs is also a change of the archive's list of files, which is written down here once
/// for all of them.
/// </summary>
internal sealed class ArchivePlants(IpswBuilder old, IpswBuilder @new)
{
    private readonly List<Plant> _plants = [];

    internal IReadOnlyList<Plant> Plants => _plants;

    /// <summary>A member that no manifest names; null where a side does not have it.</summary>
    internal void Member(string path, byte[]? before, byte[]? after)
    {
        Put(old, path, before);
        Put(@new, path, after);
        Listed(path, before, after);

        static void Put(IpswBuilder builder, string path, byte[]? bytes)
        {
            if (bytes is not null)
            {
                builder.AddMember(path, ForgeContent.FromBytes(bytes));
            }
        }
    }

    /// <summary>A component under its key in the manifest, for some boards or for all.</summary>
    internal void Component(string key, string path, byte[]? before, byte[]? after, params string[] boards)
    {
        Component(key, (path, before), (path, after), boards);
        Listed(path, before, after);
    }

    /// <summary>A component whose file bears another name on either side.</summary>
    internal void Renamed(string key, string oldPath, string newPath, byte[] before, byte[] after, params string[] boards)
    {
        Component(key, (oldPath, before), (newPath, after), boards);
        Listed(oldPath, before, null);
        Listed(newPath, null, after);
    }

    /// <summary>A component named by the number of a disk image, which is no member in its own right.</summary>
    internal void Numbered(string key, string oldPath, string newPath, byte[] before, byte[] after) => Component(key, (oldPath, before), (newPath, after), []);

    /// <summary>What the builder itself writes into both archives.</summary>
    internal void Written(string path) => Listed(path, Read(old, path), Read(@new, path));

    private static byte[] Read(IpswBuilder builder, string path) => builder.AllMembers().Single(member => member.Path == path).Content.ToArray();

    private void Component(string key, (string Path, byte[]? Bytes) before, (string Path, byte[]? Bytes) after, string[] boards)
    {
        foreach (var (builder, (path, bytes)) in new[] { (old, before), (@new, after) })
        {
            if (bytes is not null)
            {
                builder.AddFirmware(key, path, ForgeContent.FromBytes(bytes), boards);
            }
        }
    }

    private void Listed(string path, byte[]? before, byte[]? after)
    {
        if (before is null || after is null || !SHA256.HashData(before).AsSpan().SequenceEqual(SHA256.HashData(after)))
        {
            _plants.Add(new Plant("Files", before is null ? "added" : after is null ? "removed" : "changed", "IPSW", path, "file: member of the archive"));
        }
    }
}

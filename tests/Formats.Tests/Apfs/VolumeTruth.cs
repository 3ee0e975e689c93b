using System.Security.Cryptography;
using IpswDiff.Forge.FileTree;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.Tests.DiskImages;

namespace IpswDiff.Formats.Tests.Apfs;

/// <summary>Holds a volume against the tree that it was made from.</summary>
internal static class VolumeTruth
{
    internal static void AssertHolds(FileSystemVolume volume, ForgeTree tree)
    {
        var truth = tree.Walk().ToList();
        var entries = volume.Walk().ToList();
        Assert.Equal(truth.Select(t => t.Path), entries.Select(e => e.Path));
        var ids = new Dictionary<ForgeNode, ulong>(ReferenceEqualityComparer.Instance);
        foreach (var (entry, (_, node)) in entries.Zip(truth))
        {
            AssertEqual(volume, entry, node);
            Assert.Equal(entry.FileId, ids.TryGetValue(node, out var id) ? id : entry.FileId);
            ids[node] = entry.FileId;
            Assert.Equal(entry, volume.Find(entry.Path));
        }

        Assert.Equal(ids.Count, ids.Values.Distinct().Count());
    }

    private static void AssertEqual(FileSystemVolume volume, FileEntry entry, ForgeNode node)
    {
        Assert.Equal(node.Mode, entry.Mode);
        Assert.Equal(node.Uid, entry.Uid);
        Assert.Equal(node.Gid, entry.Gid);
        Assert.Equal((node as ForgeSymlink)?.Target, entry.Target);
        Assert.Equal(
            node switch { ForgeDirectory => FileKind.Directory, ForgeSymlink => FileKind.Symlink, ForgeSpecial => FileKind.Special, _ => FileKind.File },
            entry.Kind);
        if (node is ForgeFile file)
        {
            Assert.Equal(file.Content.Length, entry.Size);
            Assert.Equal(file.Compression != ForgeCompression.None, entry.IsCompressed);
            using var content = file.Content.Open();
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), SampleManifest.Sha256(volume.Open(entry)));
        }

        Assert.Equal(node.ExtendedAttributes.Select(a => (a.Key, (long)a.Value.Length)), volume.ExtendedAttributes(entry).Select(a => (a.Key, a.Value)));
        foreach (var (name, value) in node.ExtendedAttributes)
        {
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(value)), SampleManifest.Sha256(volume.OpenExtendedAttribute(entry, name)!));
        }
    }
}

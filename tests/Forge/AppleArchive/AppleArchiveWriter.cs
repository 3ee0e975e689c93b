using System.Security.Cryptography;
using System.Text;
using IpswDiff.Forge.Compression;
using IpswDiff.Forge.FileTree;

namespace IpswDiff.Forge.AppleArchive;

/// <summary>
/// Writes Apple Archives: headers of typed fields, blobs behind them in the order of the fields. Sizes and numbers take the smallest
/// type that holds them, as libAppleArchive chooses it. A file with several names gets a hard link cluster.
/// </summary>
public sealed class AppleArchiveWriter(string magic = "AA01")
{
    private readonly ByteWriter _output = new();

    /// <summary>Whether files carry the SHA-256 of their contents (<c>SH2</c>).</summary>
    public bool HasHashes { get; init; }

    /// <summary>Whether of the names of one file only the last carries the contents (<c>AA_FLAG_ARCHIVE_DEDUPLICATE_DAT</c>).</summary>
    public bool Deduplicates { get; init; }

    /// <summary>Whether error correcting codes (<c>YEC</c>) lie between extended attributes and contents.</summary>
    public bool HasErrorCodes { get; init; }

    /// <summary>A whole tree, the root as the entry with the empty path.</summary>
    public AppleArchiveWriter AddTree(ForgeTree tree)
    {
        var files = tree.Walk().ToArray();
        var last = files.Index().GroupBy(file => file.Item.Node).ToDictionary(names => names.Key, names => (Count: names.Count(), Last: names.Max(name => name.Index), Cluster: (ulong)names.Min(name => name.Index) + 1));
        foreach (var (index, (path, node)) in files.Index())
        {
            var (count, lastIndex, cluster) = last[node];
            var isLink = count > 1 && node is ForgeFile;
            Add(path[1..], node, isLink ? cluster : null, !Deduplicates || index == lastIndex);
        }

        return this;
    }

    /// <summary>One entry.</summary>
    public AppleArchiveWriter Add(string path, ForgeNode node, ulong? hardLink = null, bool hasContents = true)
    {
        var entry = new AppleArchiveEntryWriter(magic);
        entry.Number("TYP", TypeOf(node));
        entry.Text("PAT", path);
        if (node is ForgeSymlink symlink)
        {
            entry.Text("LNK", symlink.Target);
        }

        entry.Number("UID", node.Uid).Number("GID", node.Gid).Number("MOD", (ulong)node.Mode, smallest: 2).Number("FLG", node.BsdFlags);
        entry.Time("MTM", node.ModifiedAt).Time("CTM", node.CreatedAt);
        if (hardLink is { } cluster)
        {
            entry.Number("HLC", cluster);
        }

        if (node.ExtendedAttributes.Count > 0)
        {
            entry.Blob("XAT", Attributes(node.ExtendedAttributes));
        }

        if (node is ForgeFile file)
        {
            AddContents(entry, file, hasContents);
        }

        entry.WriteTo(_output);
        return this;
    }

    /// <summary>What an update asset wraps another archive in: a metadata entry that says what to do with it.</summary>
    public AppleArchiveWriter AddOperation(char operation, byte[]? archive = null, string? label = null)
    {
        var entry = new AppleArchiveEntryWriter(magic).Number("TYP", 'M').Number("YOP", operation);
        if (label is not null)
        {
            entry.Text("LBL", label);
        }

        if (archive is not null)
        {
            entry.Blob("DAT", archive);
        }

        entry.WriteTo(_output);
        return this;
    }

    /// <summary>An entry of whatever fields a test wants.</summary>
    public AppleArchiveWriter AddRaw(Action<AppleArchiveEntryWriter> fill)
    {
        var entry = new AppleArchiveEntryWriter(magic);
        fill(entry);
        entry.WriteTo(_output);
        return this;
    }

    public byte[] ToArray() => _output.ToArray();

    private static ulong TypeOf(ForgeNode node) => node switch
    {
        ForgeDirectory => 'D',
        ForgeFile => 'F',
        ForgeSymlink => 'L',
        ForgeSpecial { Kind: ForgeSpecialKind.Fifo } => 'P',
        ForgeSpecial { Kind: ForgeSpecialKind.CharacterDevice } => 'C',
        ForgeSpecial { Kind: ForgeSpecialKind.BlockDevice } => 'B',
        _ => 'S',
    };

    private static byte[] Attributes(SortedDictionary<string, byte[]> attributes)
    {
        var blob = new ByteWriter();
        foreach (var (name, value) in attributes)
        {
            var nameBytes = Encoding.UTF8.GetBytes(name);
            blob.UInt32((uint)(4 + nameBytes.Length + 1 + value.Length));
            blob.Bytes(nameBytes);
            blob.Byte(0);
            blob.Bytes(value);
        }

        return blob.ToArray();
    }

    private void AddContents(AppleArchiveEntryWriter entry, ForgeFile file, bool hasContents)
    {
        var bytes = file.Content.ToArray();
        if (HasHashes)
        {
            entry.Hash("SH2", SHA256.HashData(bytes));
        }

        entry.Number("SIZ", (ulong)bytes.Length);
        if (HasErrorCodes)
        {
            entry.Blob("YEC", new byte[(bytes.Length + 15) / 16]);
        }

        if (hasContents)
        {
            entry.Blob("DAT", bytes);
        }
    }
}

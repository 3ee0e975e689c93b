using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Merging;

/// <summary>A directory of one side with everything in it.</summary>
/// <param name="Item">The directory's own item.</param>
/// <param name="Hash">Of its mode and of everything in it.</param>
/// <param name="Entries">How many entries lie in it, at any depth.</param>
/// <param name="IsExact">Whether all contents went into the hash; else of large files both ends and the size.</param>
internal sealed record ScannedTree(ReportItem Item, UInt128 Hash, long Entries, bool IsExact);

/// <summary>Hashes the trees below the directories in a stream of items. Of the stream it holds the directories on the current path.</summary>
internal sealed class TreeScan
{
    // A release that gained or lost more directories is not told by its moves any more.
    private const int MaxTrees = 1 << 16;

    // Deeper ones are part of their parents' trees, but can move only with these: every entry is hashed once for each open directory.
    private const int MaxDepth = 64;

    private readonly List<OpenTree> _open = [];
    private readonly List<ScannedTree> _trees = [];

    /// <summary>All directories in the stream that hold any contents.</summary>
    public static async Task<List<ScannedTree>> ScanAsync(IAsyncEnumerable<ReportItem> items)
    {
        var scan = new TreeScan();
        await foreach (var item in items.ConfigureAwait(false))
        {
            if ((item.Old ?? item.New) is { } facts && item.Volume is not null)
            {
                scan.Take(item, facts);
            }
        }

        scan.CloseTo(0);
        return scan._trees;
    }

    private void Take(ReportItem item, FileFacts facts)
    {
        var holding = _open.FindIndex(tree => !tree.Holds(item));
        CloseTo(holding < 0 ? _open.Count : holding);
        foreach (var tree in _open)
        {
            tree.Take(item, facts);
        }

        if (facts.Kind == "directory" && _open.Count < MaxDepth)
        {
            _open.Add(new OpenTree(item, facts));
        }
    }

    private void CloseTo(int count)
    {
        while (_open.Count > count)
        {
            if (_open[^1].Close() is { } tree && _trees.Count < MaxTrees)
            {
                _trees.Add(tree);
            }

            _open.RemoveAt(_open.Count - 1);
        }
    }

    private sealed class OpenTree
    {
        private readonly ReportItem _item;
        private readonly XxHash128 _hash = new();
        private long _entries;
        private bool _hasContents;
        private bool _isExact = true;

        public OpenTree(ReportItem item, FileFacts facts)
        {
            _item = item;
            Append(facts.Mode);
        }

        public bool Holds(ReportItem item) =>
            item.Volume == _item.Volume && item.Path.Length > _item.Path.Length && item.Path[_item.Path.Length] == '/'
            && item.Path.StartsWith(_item.Path, StringComparison.Ordinal);

        public void Take(ReportItem item, FileFacts facts)
        {
            _entries++;
            _hasContents |= facts.Content is not null;
            _isExact &= facts.Content?.StartsWith(FileFacts.EndsPrefix, StringComparison.Ordinal) is not true;
            Append(item.Path.AsSpan(_item.Path.Length));
            Append(facts.Kind);
            Append(facts.Mode);
            Append(facts.Target);
            Append(facts.Content);
            Span<byte> size = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(size, facts.Size);
            _hash.Append(size);
        }

        // Without any contents nothing tells one tree from the next.
        public ScannedTree? Close() => _hasContents ? new ScannedTree(_item, _hash.GetCurrentHashAsUInt128(), _entries, _isExact) : null;

        private void Append(ReadOnlySpan<char> text)
        {
            Span<byte> length = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
            _hash.Append(length);
            _hash.Append(MemoryMarshal.AsBytes(text));
        }
    }
}

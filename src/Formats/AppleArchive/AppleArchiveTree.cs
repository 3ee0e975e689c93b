using System.Runtime.InteropServices;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.AppleArchive;

/// <summary>
/// The tree under construction and afterwards: nodes in one array, bytes in one pool, children found by hash. Not safe for
/// concurrent changes; safe for concurrent readers once nobody changes it.
/// </summary>
internal sealed class AppleArchiveTree
{
    private const int LongestPath = 4096;
    private const int FirstBuckets = 1024;

    private readonly AppleArchiveOptions _options;
    private readonly List<AppleArchiveNode> _nodes = [];
    private byte[] _pool = new byte[4096];
    private int[] _buckets = NewBuckets(FirstBuckets);
    private int _used;

    internal AppleArchiveTree(AppleArchiveOptions options)
    {
        _options = options;
        NewNode(AppleArchiveNode.None, default);
    }

    internal int Count => _nodes.Count;

    internal ReadOnlySpan<byte> Bytes(int offset, int length) => _pool.AsSpan(offset, length);

    internal ReadOnlySpan<byte> Name(int node) => Bytes(_nodes[node].Name, _nodes[node].NameLength);

    /// <summary>A node, to be read or changed until the next node is added.</summary>
    internal ref AppleArchiveNode this[int node] => ref CollectionsMarshal.AsSpan(_nodes)[node];

    /// <summary>
    /// The node at a path, made where it is missing together with the directories that lead to it. Empty parts and <c>.</c> are passed
    /// over; the empty path is the root.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The path leads upwards, through a file, holds NUL or is too long.</exception>
    internal int Reach(ReadOnlySpan<byte> path, long offset)
    {
        if (path.Length > LongestPath)
        {
            throw Fault(offset, $"a path of {path.Length} bytes; no system allows more than {LongestPath}");
        }

        if (path.Contains((byte)0))
        {
            throw Fault(offset, "a path that holds NUL");
        }

        var node = 0;
        while (NextPart(ref path, out var part))
        {
            if (part.SequenceEqual(".."u8))
            {
                throw Fault(offset, "a path that leads out of its directory (..)");
            }

            if (!_nodes[node].IsDirectory)
            {
                throw Fault(offset, $"'{Path(node)}' is a file and has files in it");
            }

            node = FindChild(node, part) is var found && found != AppleArchiveNode.None ? found : NewNode(node, WellFormed(part));
        }

        return node;
    }

    /// <summary>The node at an absolute path, or none.</summary>
    internal int Find(string path) => path.StartsWith('/') ? Find(Encoding.UTF8.GetBytes(path)) : AppleArchiveNode.None;

    /// <summary>The node at a path as archives write it, or none.</summary>
    internal int Find(ReadOnlySpan<byte> path)
    {
        var node = 0;
        while (node != AppleArchiveNode.None && NextPart(ref path, out var part))
        {
            node = FindChild(node, part);
        }

        return node;
    }

    /// <summary>Keeps bytes in the pool.</summary>
    internal int Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _options.MostNameBytes - _used)
        {
            throw Fault(-1, $"more than {_options.MostNameBytes >> 20} MiB of names");
        }

        if (bytes.Length > _pool.Length - _used)
        {
            Array.Resize(ref _pool, (int)Math.Min(_options.MostNameBytes, Math.Max(_pool.Length * 2L, _used + (long)bytes.Length)));
        }

        bytes.CopyTo(_pool.AsSpan(_used));
        _used += bytes.Length;
        return _used - bytes.Length;
    }

    /// <summary>The absolute path of a node.</summary>
    internal string Path(int node)
    {
        if (node == 0)
        {
            return "/";
        }

        Span<byte> path = stackalloc byte[LongestPath + 1];
        var at = path.Length;
        for (; node != 0; node = _nodes[node].Parent)
        {
            var name = Name(node);
            at -= name.Length;
            name.CopyTo(path[at..]);
            path[--at] = (byte)'/';
        }

        return Encoding.UTF8.GetString(path[at..]);
    }

    private static bool NextPart(ref ReadOnlySpan<byte> path, out ReadOnlySpan<byte> part)
    {
        while (!path.IsEmpty)
        {
            var end = path.IndexOf((byte)'/');
            part = end < 0 ? path : path[..end];
            path = end < 0 ? default : path[(end + 1)..];
            if (!part.IsEmpty && !part.SequenceEqual("."u8))
            {
                return true;
            }
        }

        part = default;
        return false;
    }

    // A name is found again by its text, so bytes that are no text become what they are shown as.
    private static ReadOnlySpan<byte> WellFormed(ReadOnlySpan<byte> name) =>
        System.Text.Unicode.Utf8.IsValid(name) ? name : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(name));

    private static int[] NewBuckets(int count)
    {
        var buckets = new int[count];
        buckets.AsSpan().Fill(AppleArchiveNode.None);
        return buckets;
    }

    private static FirmwareFormatException Fault(long offset, string reason) => new(AppleArchiveFormat.Name, offset, reason);

    private int FindChild(int parent, ReadOnlySpan<byte> name)
    {
        name = WellFormed(name);
        for (var node = _buckets[Bucket(parent, name)]; node != AppleArchiveNode.None; node = _nodes[node].NextInBucket)
        {
            if (_nodes[node].Parent == parent && Name(node).SequenceEqual(name))
            {
                return node;
            }
        }

        return AppleArchiveNode.None;
    }

    private int NewNode(int parent, ReadOnlySpan<byte> name)
    {
        if (_nodes.Count > _options.MostEntries)
        {
            throw Fault(-1, $"more than {_options.MostEntries} entries");
        }

        if (_nodes.Count >= _buckets.Length)
        {
            Grow();
        }

        var bucket = Bucket(parent, name);
        _nodes.Add(new AppleArchiveNode
        {
            Parent = parent,
            Name = Keep(name),
            NameLength = (ushort)name.Length,
            NextInBucket = parent == AppleArchiveNode.None ? AppleArchiveNode.None : _buckets[bucket],
            Mode = 0b111_101_101,
            Source = AppleArchiveNode.None,
            HardLink = AppleArchiveNode.None,
            AttributesSource = AppleArchiveNode.None,
            Ordinal = -1,
        });
        if (parent != AppleArchiveNode.None)
        {
            _buckets[bucket] = _nodes.Count - 1;
            this[parent].HasChildren = true;
        }

        return _nodes.Count - 1;
    }

    private void Grow()
    {
        _buckets = NewBuckets(_buckets.Length * 2);
        for (var node = 1; node < _nodes.Count; node++)
        {
            var bucket = Bucket(_nodes[node].Parent, Name(node));
            this[node].NextInBucket = _buckets[bucket];
            _buckets[bucket] = node;
        }
    }

    // HashCode is seeded afresh in every process: no archive can aim at one bucket.
    private int Bucket(int parent, ReadOnlySpan<byte> name)
    {
        var hash = default(HashCode);
        hash.Add(parent);
        hash.AddBytes(name);
        return (int)((uint)hash.ToHashCode() % (uint)_buckets.Length);
    }
}

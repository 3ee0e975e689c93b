namespace IpswDiff.Forge.FileTree;

/// <summary>
/// What a volume is to hold, and the truth that readers are tested against. Paths are absolute, <c>/</c> between parts; missing
/// directories are made on the way.
/// </summary>
public sealed class ForgeTree
{
    public ForgeDirectory Root { get; } = new() { Mode = 0b111_101_101 };

    public ForgeFile AddFile(string path, ForgeContent content, ForgeCompression compression = ForgeCompression.None)
        => Add(path, new ForgeFile(content) { Mode = 0b110_100_100, Compression = compression });

    public ForgeFile AddFile(string path, byte[] bytes) => AddFile(path, ForgeContent.FromBytes(bytes));

    public ForgeFile AddFile(string path, string text) => AddFile(path, ForgeContent.FromText(text));

    public ForgeDirectory AddDirectory(string path) => Find(path) as ForgeDirectory ?? Add(path, NewDirectory());

    public ForgeSymlink AddSymlink(string path, string target) => Add(path, new ForgeSymlink(target) { Mode = 0b111_101_101 });

    public ForgeSpecial AddSpecial(string path, ForgeSpecialKind kind, uint device = 0) => Add(path, new ForgeSpecial(kind, device) { Mode = 0b110_000_000 });

    /// <summary>Gives the inode at <paramref name="existing"/> another name.</summary>
    public void AddHardLink(string path, string existing)
    {
        var node = Find(existing) ?? throw new ArgumentException($"nothing is at {existing}");
        if (node is ForgeDirectory)
        {
            throw new ArgumentException($"{existing} is a directory");
        }

        Add(path, node);
    }

    /// <summary>Puts a node at a path.</summary>
    public T Add<T>(string path, T node)
        where T : ForgeNode
    {
        var parts = Split(path);
        if (parts.Length == 0)
        {
            throw new ArgumentException("the root is there already");
        }

        var directory = Root;
        foreach (var part in parts.AsSpan(0, parts.Length - 1))
        {
            if (!directory.Children.TryGetValue(part, out var child))
            {
                child = NewDirectory();
                directory.Children.Add(part, child);
            }

            directory = child as ForgeDirectory ?? throw new ArgumentException($"{part} in {path} is not a directory");
        }

        directory.Children.Add(parts[^1], node);
        return node;
    }

    /// <summary>The node at a path, or null.</summary>
    public ForgeNode? Find(string path)
    {
        ForgeNode? node = Root;
        foreach (var part in Split(path))
        {
            if (node is not ForgeDirectory directory || !directory.Children.TryGetValue(part, out node))
            {
                return null;
            }
        }

        return node;
    }

    /// <summary>
    /// Every name with its node, root first: a directory before what is in it, the names of a directory in ordinal order.
    /// A hard-linked node is returned once for each name.
    /// </summary>
    public IEnumerable<(string Path, ForgeNode Node)> Walk()
    {
        yield return ("/", Root);
        var stack = new Stack<(string Prefix, IEnumerator<KeyValuePair<string, ForgeNode>> Children)>();
        stack.Push(("/", Root.Children.GetEnumerator()));
        while (stack.TryPeek(out var top))
        {
            if (!top.Children.MoveNext())
            {
                stack.Pop();
                continue;
            }

            var (name, node) = top.Children.Current;
            yield return (top.Prefix + name, node);
            if (node is ForgeDirectory directory)
            {
                stack.Push((top.Prefix + name + "/", directory.Children.GetEnumerator()));
            }
        }
    }

    private static ForgeDirectory NewDirectory() => new() { Mode = 0b111_101_101 };

    private static string[] Split(string path)
        => path.StartsWith('/') ? path.Split('/', StringSplitOptions.RemoveEmptyEntries) : throw new ArgumentException($"{path} is not absolute");
}

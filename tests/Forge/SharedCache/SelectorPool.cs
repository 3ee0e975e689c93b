using System.Text;

namespace IpswDiff.Forge.SharedCache;

/// <summary>
/// The selectors of all images, each once, as the cache shares them, and behind them, where method lists count their types from the
/// same place, the types of methods.
/// </summary>
internal sealed class SelectorPool
{
    private readonly Dictionary<string, int> _offsets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _types = new(StringComparer.Ordinal);

    internal SelectorPool(IEnumerable<string> selectors, IEnumerable<string> types)
    {
        var bytes = new CacheBuffer();

        // Offset 0 is where the runtime keeps a selector of its own.
        bytes.Bytes("\U0001F92F\0"u8);
        Add(bytes, selectors, _offsets);
        SelectorsLength = bytes.Length;
        Add(bytes, types, _types);
        Bytes = bytes.ToArray();
    }

    internal byte[] Bytes { get; }

    /// <summary>How many of the bytes are selectors.</summary>
    internal int SelectorsLength { get; }

    internal int Offset(string selector) => _offsets[selector];

    internal int TypeOffset(string type) => _types[type];

    private static void Add(CacheBuffer bytes, IEnumerable<string> texts, Dictionary<string, int> offsets)
    {
        foreach (var text in texts)
        {
            if (offsets.TryAdd(text, bytes.Length))
            {
                bytes.Bytes(Encoding.UTF8.GetBytes(text));
                bytes.Byte(0);
            }
        }
    }
}

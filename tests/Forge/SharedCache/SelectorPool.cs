using System.Text;

namespace IpswDiff.Forge.SharedCache;

/// <summary>The selectors of all images, each once, as the cache shares them.</summary>
internal sealed class SelectorPool
{
    private readonly Dictionary<string, int> _offsets = new(StringComparer.Ordinal);

    internal SelectorPool(IEnumerable<string> selectors)
    {
        var bytes = new CacheBuffer();

        // Offset 0 is where the runtime keeps a selector of its own.
        bytes.Bytes("\U0001F92F\0"u8);
        foreach (var selector in selectors)
        {
            if (_offsets.TryAdd(selector, bytes.Length))
            {
                bytes.Bytes(Encoding.UTF8.GetBytes(selector));
                bytes.Byte(0);
            }
        }

        Bytes = bytes.ToArray();
    }

    internal byte[] Bytes { get; }

    internal int Offset(string selector) => _offsets[selector];
}

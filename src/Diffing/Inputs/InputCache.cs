using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.SharedCache;

namespace IpswDiff.Diffing.Inputs;

/// <summary>A dyld shared cache of a firmware, opened when it is first needed and then shared by all workers.</summary>
public sealed class InputCache
{
    private readonly OpenedOnce<DyldSharedCache> _cache;

    /// <summary>Names a cache.</summary>
    /// <param name="label">Its name in reports and the key by which it is paired.</param>
    /// <param name="source">Where it lies, for messages.</param>
    /// <param name="open">Opens it.</param>
    public InputCache(string label, string source, Func<DyldSharedCache> open)
    {
        Label = label;
        _cache = new OpenedOnce<DyldSharedCache>(() => OpenNamed(open, source));
    }

    private InputCache(string label, InputCache other)
    {
        Label = label;
        _cache = other._cache;
    }

    /// <summary>
    /// The main file's name; for a cache of a kit (DriverKit, ExclaveKit) with the kit's name and a slash before it.
    /// Unique within its volume.
    /// </summary>
    public string Label { get; }

    /// <summary>The cache itself.</summary>
    /// <exception cref="FirmwareFormatException">
    /// A file of the cache is missing, damaged or of another cache; names it.
    /// </exception>
    public DyldSharedCache Open() => _cache.Get();

    /// <summary>The same cache under another label.</summary>
    internal InputCache Relabel(string label) => new(label, this);

    private static DyldSharedCache OpenNamed(Func<DyldSharedCache> open, string source)
    {
        try
        {
            return open();
        }
        catch (FirmwareFormatException fault)
        {
            throw fault.In(source);
        }
    }
}

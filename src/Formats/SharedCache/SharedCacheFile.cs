using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.SharedCache;

/// <summary>One file of a cache: the main file, a sub-cache or the file of local symbols.</summary>
public sealed class SharedCacheFile
{
    internal SharedCacheFile(string name, ByteSource source, SharedCacheHeader header, SharedCacheMapping[] mappings)
    {
        Name = name;
        Source = source;
        Header = header;
        Mappings = mappings;
    }

    /// <summary>The file's name without folder.</summary>
    public string Name { get; }

    /// <summary>Identity of the file; empty in caches older than the field.</summary>
    public Guid Uuid => Header.Uuid;

    /// <summary><see cref="Uuid"/> in upper case with dashes.</summary>
    public string UuidText => Uuid.ToString("D").ToUpperInvariant();

    /// <summary>Bytes.</summary>
    public long Size => Source.Length;

    /// <summary>Which addresses the file fills, in its own order.</summary>
    public IReadOnlyList<SharedCacheMapping> Mappings { get; }

    /// <summary>The whole file.</summary>
    public ByteSource Source { get; }

    internal SharedCacheHeader Header { get; }

    internal static SharedCacheFile Open(ByteSource source, string name)
    {
        try
        {
            var header = SharedCacheHeader.Read(source);
            return new SharedCacheFile(name, source, header, SharedCacheMapping.ReadAll(source, header));
        }
        catch (FirmwareFormatException fault) when (fault.Format == SharedCacheFormat.Name)
        {
            throw fault.In(name);
        }
    }
}

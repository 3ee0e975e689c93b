using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.SharedCache;

/// <summary>A cache whose files lie in a folder of this machine. They stay open until <see cref="Dispose"/>.</summary>
public sealed class SharedCacheFolder : IDisposable
{
    private readonly List<FileByteSource> _files = [];

    private SharedCacheFolder()
    {
    }

    /// <summary>The cache, readable until <see cref="Dispose"/>.</summary>
    public DyldSharedCache Cache { get; private set; } = null!;

    /// <summary>Opens a cache by the path of its main file.</summary>
    /// <exception cref="FirmwareFormatException">As <see cref="DyldSharedCache.Open(ByteSource, string, Func{string, ByteSource?})"/> says.</exception>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public static SharedCacheFolder Open(string mainFile)
    {
        var opened = new SharedCacheFolder();
        try
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(mainFile))!;
            opened.Cache = DyldSharedCache.Open(
                opened.Add(mainFile), Path.GetFileName(mainFile), name => opened.TryAdd(Path.Combine(folder, name)));
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (var file in _files)
        {
            file.Dispose();
        }

        _files.Clear();
    }

    private FileByteSource? TryAdd(string path) => File.Exists(path) ? Add(path) : null;

    private FileByteSource Add(string path)
    {
        var file = new FileByteSource(path);
        _files.Add(file);
        return file;
    }
}

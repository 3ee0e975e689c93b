using Microsoft.Win32.SafeHandles;

namespace IpswDiff.Forge.SharedCache;

/// <summary>Where the files of a cache go. Files are written at any offset, from several threads.</summary>
public abstract class CacheFiles : IDisposable
{
    /// <summary>Begins a file of that length, all zeros.</summary>
    internal abstract void Create(string name, long length);

    internal abstract void Write(string name, long offset, ReadOnlySpan<byte> bytes);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}

/// <summary>Files in memory, for small caches.</summary>
public sealed class MemoryCacheFiles : CacheFiles
{
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    /// <summary>Contents by file name.</summary>
    public IReadOnlyDictionary<string, byte[]> Files => _files;

    internal override void Create(string name, long length) => _files.Add(name, new byte[length]);

    internal override void Write(string name, long offset, ReadOnlySpan<byte> bytes) => bytes.CopyTo(_files[name].AsSpan(checked((int)offset)));

    protected override void Dispose(bool disposing)
    {
    }
}

/// <summary>Files in a folder.</summary>
public sealed class FolderCacheFiles : CacheFiles
{
    private readonly Dictionary<string, SafeFileHandle> _files = new(StringComparer.Ordinal);
    private readonly string _folder;

    public FolderCacheFiles(string folder)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
    }

    internal override void Create(string name, long length)
    {
        var handle = File.OpenHandle(Path.Combine(_folder, name), FileMode.Create, FileAccess.Write, FileShare.Read, FileOptions.None);
        RandomAccess.SetLength(handle, length);
        _files.Add(name, handle);
    }

    internal override void Write(string name, long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_files[name], bytes, offset);

    protected override void Dispose(bool disposing)
    {
        foreach (var handle in _files.Values)
        {
            handle.Dispose();
        }

        _files.Clear();
    }
}

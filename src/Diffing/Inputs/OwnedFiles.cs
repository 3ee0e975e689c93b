namespace IpswDiff.Diffing.Inputs;

/// <summary>What an input opened and closes with itself, the last opened first. Safe for concurrent use.</summary>
internal sealed class OwnedFiles : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Stack<IDisposable> _files = [];

    /// <summary>Takes what has to be closed in the end; returns it.</summary>
    public T Add<T>(T file)
        where T : IDisposable
    {
        lock (_gate)
        {
            _files.Push(file);
        }

        return file;
    }

    /// <summary>Closes all.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            while (_files.TryPop(out var file))
            {
                file.Dispose();
            }
        }
    }
}

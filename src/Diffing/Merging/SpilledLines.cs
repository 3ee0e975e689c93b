using System.Runtime.CompilerServices;
using System.Text.Json;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Merging;

/// <summary>
/// Items of one group of a section on one volume, in the order in which they were added: a few in memory, more in a temporary file that vanishes with
/// this object. For one thread; it is added to first and then read, by one reader at a time.
/// </summary>
internal sealed class SpilledLines : IDisposable
{
    private const int HeldBytes = 64 << 10;

    private Stream _lines = new MemoryStream();

    /// <summary>How many there are.</summary>
    public long Count { get; private set; }

    /// <summary>Adds one.</summary>
    /// <exception cref="IOException">The temporary file cannot be written.</exception>
    public void Add(ShardLine line)
    {
        if (_lines is MemoryStream { Length: > HeldBytes } held)
        {
            var path = Path.Combine(Path.GetTempPath(), $"ipswdiff-{Guid.NewGuid():N}.tmp");
            _lines = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 32 << 10, FileOptions.DeleteOnClose);
            held.WriteTo(_lines);
            held.Dispose();
        }

        JsonSerializer.Serialize(_lines, line, ResultsJson.Readable.ShardLine);
        _lines.WriteByte((byte)'\n');
        Count++;
    }

    /// <summary>Reads all of them from the first on.</summary>
    /// <exception cref="IOException">The temporary file cannot be read.</exception>
    public async IAsyncEnumerable<ShardLine> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _lines.Position = 0;
        using var lines = new StreamReader(_lines, leaveOpen: true);
        while (await lines.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } text)
        {
            yield return JsonSerializer.Deserialize(text, ResultsJson.Readable.ShardLine)!;
        }
    }

    public void Dispose() => _lines.Dispose();
}

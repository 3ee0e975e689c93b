using System.Collections.Concurrent;

namespace IpswDiff.Formats.Aea;

/// <summary>
/// Private keys that were fetched, by address. Whoever asks for a key that is on its way waits for that answer
/// instead of asking again;
/// a failure is told to those who waited and forgotten. Addresses come out of archives, so no more than a stated
/// number is kept.
/// </summary>
internal sealed class FetchedKeys
{
    // A firmware has a key for each volume; a service sees some hundred firmwares a year.
    private const int MostKeys = 4096;

    private readonly ConcurrentDictionary<Uri, Lazy<byte[]>> _keys = new();

    /// <summary>The key behind an address, from <paramref name="fetch"/> the first time.</summary>
    internal byte[] Get(Uri url, Func<Uri, byte[]> fetch)
    {
        if (_keys.Count >= MostKeys)
        {
            _keys.Clear();
        }

        var asked = _keys.GetOrAdd(
            url,
            static (url, fetch) => new Lazy<byte[]>(() => fetch(url), LazyThreadSafetyMode.ExecutionAndPublication),
            fetch);
        try
        {
            return asked.Value;
        }
        catch
        {
            // Removed only if it is still the one that failed.
            _keys.TryRemove(KeyValuePair.Create(url, asked));
            throw;
        }
    }
}

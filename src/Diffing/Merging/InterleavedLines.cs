using System.Runtime.CompilerServices;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Merging;

/// <summary>Merges streams of lines, each in the order of paths, into one. Of each stream one line is held.</summary>
internal static class InterleavedLines
{
    public static async IAsyncEnumerable<ShardLine> MergeAsync(
        IReadOnlyList<IAsyncEnumerable<ShardLine>> sorted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var streams = sorted.Select(items => items.GetAsyncEnumerator(cancellationToken)).ToArray();
        try
        {
            var heads = new PriorityQueue<int, (string Path, int Stream)>(
                Comparer<(string Path, int Stream)>.Create((x, y) => PathOrder.Compare(x.Path, y.Path) is var order && order != 0 ? order : x.Stream - y.Stream));
            for (var i = 0; i < streams.Length; i++)
            {
                await AdvanceAsync(i).ConfigureAwait(false);
            }

            while (heads.TryDequeue(out var next, out _))
            {
                yield return streams[next].Current;
                await AdvanceAsync(next).ConfigureAwait(false);
            }

            async Task AdvanceAsync(int stream)
            {
                if (await streams[stream].MoveNextAsync().ConfigureAwait(false))
                {
                    heads.Enqueue(stream, (streams[stream].Current.Item.Path, stream));
                }
            }
        }
        finally
        {
            foreach (var stream in streams)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}

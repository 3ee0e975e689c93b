using System.Diagnostics;
using System.Globalization;
using IpswDiff.Diffing.Options;

namespace IpswDiff.Cli;

/// <summary>One line on the terminal that says how far a run is, how fast and how long it will take; nothing anywhere else.</summary>
internal sealed class ProgressLine : IProgress<DiffProgress>, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private long _lastShown;
    private bool _hasText;

    public static ProgressLine? ForTerminal(bool quiet) => quiet || Console.IsErrorRedirected ? null : new ProgressLine();

    public void Report(DiffProgress value)
    {
        lock (_gate)
        {
            if (_hasText && Stopwatch.GetElapsedTime(_lastShown) < Interval)
            {
                return;
            }

            _lastShown = Stopwatch.GetTimestamp();
            _hasText = true;
            Console.Error.Write($"\r\e[K{Describe(value)}");
        }
    }

    public void Dispose()
    {
        if (_hasText)
        {
            Console.Error.Write("\r\e[K");
        }
    }

    private static string Describe(DiffProgress value)
    {
        if (value.BytesTotal == 0)
        {
            return value.Phase;
        }

        var now = DateTimeOffset.UtcNow;
        var rest = value.SecondsLeft(now) is { } seconds
            ? string.Create(CultureInfo.InvariantCulture, $"  {(int)seconds / 60:00}:{(int)seconds % 60:00} left") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{value.Phase} {100.0 * value.BytesDone / value.BytesTotal:0}%  {value.ShardsDone}/{value.ShardsTotal} shards  {(value.BytesPerSecond(now) ?? 0) / 1e6:0} MB/s{rest}");
    }
}

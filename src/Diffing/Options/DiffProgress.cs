namespace IpswDiff.Diffing.Options;

/// <summary>How far a run is.</summary>
/// <param name="Phase">What it is doing: inspect, plan, diff, merge, publish.</param>
/// <param name="BytesDone">Bytes of items compared.</param>
/// <param name="BytesTotal">Bytes of items to compare; 0 while unknown.</param>
/// <param name="ShardsDone">Shards compared.</param>
/// <param name="ShardsTotal">Shards planned.</param>
/// <param name="Since">When the phase began; null where nobody noted it.</param>
public sealed record DiffProgress(string Phase, long BytesDone, long BytesTotal, int ShardsDone, int ShardsTotal, DateTimeOffset? Since = null)
{
    /// <summary>Bytes a second since the phase began, or null as long as there is nothing to tell it from.</summary>
    /// <param name="now">The time.</param>
    public double? BytesPerSecond(DateTimeOffset now) =>
        Since is { } since && BytesDone > 0 && now > since ? BytesDone / (now - since).TotalSeconds : null;

    /// <summary>
    /// Seconds until the phase ends if it goes on like this, or null as long as that cannot be told: until a tenth is done. What comes first, workers
    /// that start and firmwares that open, says nothing about the rest.
    /// </summary>
    /// <param name="now">The time.</param>
    public double? SecondsLeft(DateTimeOffset now) =>
        BytesPerSecond(now) is { } rate && BytesDone >= BytesTotal / 10 ? Math.Max(0, BytesTotal - BytesDone) / rate : null;
}

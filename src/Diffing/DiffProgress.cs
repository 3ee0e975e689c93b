namespace IpswDiff.Diffing;

/// <summary>How far a run is.</summary>
/// <param name="Phase">What it is doing: inspect, plan, diff, merge, publish.</param>
/// <param name="BytesDone">Bytes of items compared.</param>
/// <param name="BytesTotal">Bytes of items to compare; 0 while unknown.</param>
/// <param name="ShardsDone">Shards compared.</param>
/// <param name="ShardsTotal">Shards planned.</param>
public sealed record DiffProgress(string Phase, long BytesDone, long BytesTotal, int ShardsDone, int ShardsTotal);

using IpswDiff.Diffing;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Service;

/// <summary>How far a run is, as its record has it.</summary>
internal static class RunProgress
{
    /// <summary>The record with what <paramref name="progress"/> says, if anything.</summary>
    public static RunRecord Of(RunRecord record, DiffProgress? progress) => progress is null ? record : record with
    {
        Phase = progress.Phase,
        BytesDone = progress.BytesDone,
        BytesPlanned = progress.BytesTotal,
        ShardsDone = progress.ShardsDone,
        ShardsPlanned = progress.ShardsTotal,
    };
}

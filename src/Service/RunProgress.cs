using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Service;

/// <summary>How far a run is, as its record has it.</summary>
internal static class RunProgress
{
    /// <summary>The record with what <paramref name="progress"/> says, if anything.</summary>
    public static RunRecord Of(RunRecord record, DiffProgress? progress) => progress is null ? record : record with
    {
        Phase = progress.Phase,
        PhaseSince = progress.Since,
        BytesDone = progress.BytesDone,
        BytesPlanned = progress.BytesTotal,
        ShardsDone = progress.ShardsDone,
        ShardsPlanned = progress.ShardsTotal,
    };

    /// <summary>What the record says.</summary>
    public static DiffProgress Of(RunRecord record) =>
        new(record.Phase ?? "", record.BytesDone, record.BytesPlanned, record.ShardsDone, record.ShardsPlanned, record.PhaseSince);
}

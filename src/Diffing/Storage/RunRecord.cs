using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;

namespace IpswDiff.Diffing.Storage;

/// <summary>Where a run stands.</summary>
public enum RunState
{
    /// <summary>Asked for and not begun.</summary>
    Queued,

    /// <summary>Going on.</summary>
    Running,

    /// <summary>Done, every section complete.</summary>
    Completed,

    /// <summary>Done, with sections that are incomplete.</summary>
    CompletedWithErrors,

    /// <summary>Ended without a report.</summary>
    Failed,

    /// <summary>Stopped by whoever asked for it.</summary>
    Cancelled,
}

/// <summary>One comparison as the catalogue knows it: what was asked for, where it stands, how it ended.</summary>
public sealed record RunRecord
{
    private const string TimeFormat = "yyyyMMdd'T'HHmmssfff";
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>Its name: the moment it was asked for and eight hexadecimal digits, so that names are in order of time (see <see cref="NewId"/>).</summary>
    public required string Id { get; init; }

    /// <summary>The older side as the caller named it; never a signed address.</summary>
    public required string Old { get; init; }

    /// <summary>The newer side.</summary>
    public required string New { get; init; }

    /// <summary>The catalogue's firmware of the older side, once it is known.</summary>
    public string? OldFirmware { get; init; }

    /// <summary>The catalogue's firmware of the newer side, once it is known.</summary>
    public string? NewFirmware { get; init; }

    /// <summary>What was asked for, as JSON; null for the defaults.</summary>
    public string? Options { get; init; }

    /// <summary>Where it stands.</summary>
    public RunState State { get; init; }

    /// <summary>What it is doing: inspect, unpack, plan, diff, merge, publish.</summary>
    public string? Phase { get; init; }

    /// <summary>When that phase began; null where nobody noted it.</summary>
    public DateTimeOffset? PhaseSince { get; init; }

    /// <summary>Why it failed or what is incomplete, for people.</summary>
    public string? Reason { get; init; }

    /// <summary>Shards that are planned; 0 before the plan.</summary>
    public int ShardsPlanned { get; init; }

    /// <summary>Shards that are done.</summary>
    public int ShardsDone { get; init; }

    /// <summary>Bytes that the plan will read.</summary>
    public long BytesPlanned { get; init; }

    /// <summary>Bytes of the shards that are done.</summary>
    public long BytesDone { get; init; }

    /// <summary>The process that works for it, where several may; null where none does or nobody noted it.</summary>
    public string? Worker { get; init; }

    /// <summary>Until when it does, unless it says so again.</summary>
    public DateTimeOffset? WorkerUntil { get; init; }

    /// <summary>When it was asked for.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it began to run.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Whether it has ended, one way or the other.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool HasEnded => State is not (RunState.Queued or RunState.Running);

    /// <summary>A new name for a run asked for at <paramref name="at"/>.</summary>
    public static string NewId(DateTimeOffset at) =>
        at.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture) + "-" + RandomNumberGenerator.GetHexString(8, lowercase: true);

    /// <summary>Whether <paramref name="id"/> has the form that <see cref="NewId"/> makes.</summary>
    public static bool IsId(string? id) =>
        id is { Length: 27 } && id[18] == '-' && !id.AsSpan(19).ContainsAnyExcept(HexDigits)
        && DateTime.TryParseExact(id.AsSpan(0, 18), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    /// <summary>Fails unless <paramref name="id"/> is a run's name.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static void CheckId(string id)
    {
        if (!IsId(id))
        {
            throw new ArgumentException("a run's name is a time and eight hexadecimal digits, 20260131T235959999-0123abcd", nameof(id));
        }
    }

    /// <summary>The lowest name of a run asked for at <paramref name="at"/>.</summary>
    public static string FirstIdAt(DateTimeOffset at) => at.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture) + "-00000000";
}

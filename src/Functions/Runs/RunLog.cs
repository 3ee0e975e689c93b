using Microsoft.Extensions.Logging;

namespace IpswDiff.Functions.Runs;

/// <summary>What people and alerts look for in the log.</summary>
public static partial class RunLog
{
    /// <summary>How the message of <see cref="Failed"/> begins; infra/bicep/modules/alerts.bicep asks for it.</summary>
    public const string FailedPrefix = "Run failed:";

    /// <summary>A run ended without a report, or with incomplete sections.</summary>
    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = FailedPrefix + " {RunId}: {Reason}")]
    public static partial void Failed(ILogger logger, string runId, string reason);

    /// <summary>A run ended well.</summary>
    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "Run ended: {RunId}, different: {IsDifferent}")]
    public static partial void Ended(ILogger logger, string runId, bool isDifferent);

    /// <summary>A run was started for a dropped firmware.</summary>
    [LoggerMessage(EventId = 3, Level = LogLevel.Information, Message = "Run started: {RunId}: {Old} with {New}")]
    public static partial void Started(ILogger logger, string runId, string old, string @new);

    /// <summary>A dropped blob is no firmware.</summary>
    [LoggerMessage(EventId = 4, Level = LogLevel.Warning, Message = "Not a firmware: {Name}: {Reason}")]
    public static partial void NotAFirmware(ILogger logger, string name, string reason);

    /// <summary>A dropped firmware is known now.</summary>
    [LoggerMessage(EventId = 5, Level = LogLevel.Information, Message = "Firmware registered: {Name} as {Id}")]
    public static partial void Registered(ILogger logger, string name, string id);

    /// <summary>Runs and unpacked firmwares past their retention are gone.</summary>
    [LoggerMessage(EventId = 6, Level = LogLevel.Information, Message = "Purged {Runs} runs and {Firmwares} unpacked firmwares")]
    public static partial void Purged(ILogger logger, int runs, int firmwares);

    /// <summary>A run could not be terminated or removed; the next purge tries it again.</summary>
    [LoggerMessage(EventId = 7, Level = LogLevel.Warning, Message = "Not purged: {RunId}: {Reason}")]
    public static partial void NotPurged(ILogger logger, string runId, string reason);
}

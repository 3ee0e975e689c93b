using System.Text.Json.Serialization;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Service;

/// <summary>What a comparison is asked for, as it comes over the wire.</summary>
public sealed record StartDiff
{
    /// <summary>The older side: the name of an uploaded firmware, a firmware's id, or an https address.</summary>
    public string? Old { get; init; }

    /// <summary>The newer side.</summary>
    public string? New { get; init; }

    /// <summary>
    /// The key of the older side's encrypted archive, base64 of 32 bytes; several with commas between them. Kept in
    /// memory while the run goes on, and nowhere else.
    /// </summary>
    public string? OldKey { get; init; }

    /// <summary>The same of the newer side.</summary>
    public string? NewKey { get; init; }

    /// <summary>Without the keys, since records are printed.</summary>
    public override string ToString() => $"{nameof(StartDiff)} {{ {Old} {New} {Options} }}";

    /// <summary>How to compare; the defaults where it is missing.</summary>
    public StartOptions? Options { get; init; }
}

/// <summary>How to compare.</summary>
public sealed record StartOptions
{
    /// <summary>The report's heading.</summary>
    public string? Title { get; init; }

    /// <summary>Handlers to run; all where it is missing.</summary>
    public IReadOnlyList<string>? Handlers { get; init; }

    /// <summary>Handlers to leave out.</summary>
    public IReadOnlyList<string>? Skip { get; init; }

    /// <summary>Compare C-strings.</summary>
    public bool Strings { get; init; }

    /// <summary>Compare functions one by one.</summary>
    public bool Functions { get; init; }

    /// <summary>Use no proof of identity.</summary>
    public bool Exhaustive { get; init; }
}

/// <summary>A run and what follows from its record.</summary>
/// <param name="Run">The record.</param>
/// <param name="EtaSeconds">Seconds it will take from now, at the rate so far; null while nothing can be said.</param>
/// <param name="BytesPerSecond">Bytes of items compared a second so far; null while nothing can be said.</param>
/// <param name="Activities">What each part took; empty until the run has ended.</param>
/// <param name="Reports">The reports there are, as paths below the run's own.</param>
public sealed record DiffView(
    RunRecord Run, double? EtaSeconds, double? BytesPerSecond, IReadOnlyList<ActivityRecord> Activities, IReadOnlyList<string> Reports);

/// <summary>Some runs, newest first.</summary>
/// <param name="Runs">The runs.</param>
/// <param name="Next">What to ask for the next ones with.</param>
public sealed record DiffList(IReadOnlyList<RunRecord> Runs, string? Next);

/// <summary>The firmwares.</summary>
/// <param name="Firmwares">All that are registered.</param>
public sealed record FirmwareList(IReadOnlyList<FirmwareRecord> Firmwares);

/// <summary>How a firmware is uploaded.</summary>
public enum UploadKind
{
    /// <summary>As the body of one PUT to the service.</summary>
    Stream,

    /// <summary>
    /// As a block blob to Azure Storage: Put Block for each block and Put Block List, or Put Blob for a small one.
    /// </summary>
    Blocks,
}

/// <summary>Where a firmware may be uploaded to. It may hold a signature, so it is written nowhere.</summary>
/// <param name="Kind">How.</param>
/// <param name="Address">
/// Where: relative to the service, or an address of the storage that is signed for this one blob.
/// </param>
/// <param name="ExpiresAt">When the signature ends; another one goes on with the blocks that are there.</param>
/// <param name="BlockBytes">The bytes of a block.</param>
public sealed record UploadView(UploadKind Kind, string Address, DateTimeOffset? ExpiresAt, int? BlockBytes)
{
    /// <summary>The kind and nothing of the signature.</summary>
    public override string ToString() => Kind.ToString();
}

/// <summary>An error as RFC 9457 has it.</summary>
/// <param name="Title">The kind of error.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What is wrong with this request.</param>
public sealed record Problem(string Title, int Status, string Detail);

/// <summary>The JSON form of everything that goes over the wire, source-generated.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(StartDiff))]
[JsonSerializable(typeof(StartOptions))]
[JsonSerializable(typeof(DiffView))]
[JsonSerializable(typeof(DiffList))]
[JsonSerializable(typeof(FirmwareList))]
[JsonSerializable(typeof(FirmwareRecord))]
[JsonSerializable(typeof(UploadView))]
[JsonSerializable(typeof(Problem))]
public sealed partial class ServiceJson : JsonSerializerContext;

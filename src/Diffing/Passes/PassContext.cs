using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Passes;

/// <summary>What all shards of one comparison share.</summary>
/// <param name="Pair">The firmwares.</param>
/// <param name="Handlers">The handlers that run.</param>
/// <param name="Options">What is asked for.</param>
/// <param name="Work">Where results of shards go.</param>
/// <param name="Details">Where details of items go; null leaves them out.</param>
internal sealed record PassContext(
    FirmwarePair Pair, IReadOnlyList<IDiffHandler> Handlers, DiffOptions Options, IArtifactStore Work, IArtifactStore? Details);

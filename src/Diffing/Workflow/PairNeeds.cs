using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Passes;

namespace IpswDiff.Diffing.Workflow;

/// <summary>What of two firmwares a comparison will read.</summary>
/// <param name="pair">The firmwares.</param>
/// <param name="handlers">The handlers that run.</param>
/// <param name="options">What is asked for.</param>
internal sealed class PairNeeds(FirmwarePair pair, IReadOnlyList<IDiffHandler> handlers, DiffOptions options)
{
    private readonly Pass[] _passes = [.. Pass.All.Where(pass => handlers.Any(pass.Concerns))];

    /// <summary>Whether members of the archives or kernelcaches are read.</summary>
    public bool NeedsLooseFiles => _passes.Any(pass => pass.ReadsLooseFiles(pair));

    /// <summary>Whether the volume under a label is read, on either side.</summary>
    public bool NeedsVolume(string label) => _passes.Any(pass => pass.ReadsVolume(pair, label, options));
}

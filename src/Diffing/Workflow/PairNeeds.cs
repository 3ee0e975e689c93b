using IpswDiff.Diffing.Handlers;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Passes;

namespace IpswDiff.Diffing.Workflow;

/// <summary>What of two firmwares a comparison will read.</summary>
/// <param name="pair">The firmwares.</param>
/// <param name="handlers">The handlers that run.</param>
internal sealed class PairNeeds(FirmwarePair pair, IReadOnlyList<IDiffHandler> handlers)
{
    private readonly Pass[] _passes = [.. Pass.All.Where(pass => handlers.Any(pass.Concerns))];

    /// <summary>Whether members of the archives or kernelcaches are read.</summary>
    public bool NeedsLooseFiles => _passes.Any(pass => pass.ReadsLooseFiles(pair));

    /// <summary>Whether a volume of either firmware is read.</summary>
    public bool NeedsVolume(InputVolume volume) => pair.Volumes
        .Where(volumes => volumes.Old == volume || volumes.New == volume)
        .Any(volumes => _passes.Any(pass => pass.ReadsVolume(pair, volumes)));
}

using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Handlers.Firmware;

/// <summary>What the handlers of firmware in the archive share: which members they open, and how a piece of one is compared.</summary>
/// <param name="options">The options of a run.</param>
internal sealed class MemberComparison(DiffOptions options)
{
    // A payload of each side, and what comparing them takes.
    private const int ShareParts = 4;

    /// <summary>Compares two pieces of firmware.</summary>
    public PartComparison Parts { get; } = new(new BinaryComparison(BinaryPolicy.Standalone, options));

    /// <summary>Whether even what is proven identical is compared.</summary>
    public bool IsExhaustive { get; } = options.Exhaustive;

    /// <summary>Bytes of a payload that are kept in memory.</summary>
    public long PayloadBytes { get; } = options.Budget.WorkerBytes / ShareParts;

    /// <summary>Whether a handler has to compare a pair; what is of its kind is counted.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="sink">Counts it, and what is proven identical.</param>
    /// <param name="isOfKind">Whether a pair is of the handler's kind: by its name alone, which opens nothing, or by what it is.</param>
    /// <exception cref="FirmwareFormatException">A side cannot be read.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public bool IsToCompare(MemberPair pair, ItemSink sink, Func<MemberPair, bool, bool> isOfKind)
    {
        if (!FirmwareMembers.IsFirmware(pair, options.Device))
        {
            return false;
        }

        var proof = IsExhaustive ? null : pair.ProofOfEqualContents();
        if (!isOfKind(pair, proof is not null))
        {
            return false;
        }

        sink.Examine();
        if (proof is not null)
        {
            sink.SkipIdentical(proof);
        }

        return proof is null;
    }
}

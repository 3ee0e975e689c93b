using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Unpacked;

/// <summary>What becomes of a part of a firmware in a run.</summary>
internal enum PartState
{
    /// <summary>The run does not need it.</summary>
    Unused,

    /// <summary>It lies unpacked, from this run or an earlier one.</summary>
    Unpacked,

    /// <summary>It is being unpacked.</summary>
    Unpacking,

    /// <summary>It cannot be unpacked and is read where it lies, so that its damage is told as ever.</summary>
    InPlace,
}

/// <summary>A part of a firmware and what becomes of it.</summary>
/// <param name="Key">Its name among the parts of the unpacked firmware.</param>
/// <param name="Volume">The volume's place among those of the firmware; null for the loose files of the archive.</param>
/// <param name="State">What becomes of it.</param>
/// <param name="Reason">Why it is read in place; null otherwise.</param>
internal sealed record PartPlan(string Key, int? Volume, PartState State, string? Reason = null);

/// <summary>A range of a part's files, unpacked by one activity.</summary>
/// <param name="Part">The part's place among those of the outline.</param>
/// <param name="Number">The range's number in the part.</param>
/// <param name="First">The first path.</param>
/// <param name="End">The path it ends before, or null for the rest.</param>
/// <param name="Items">Names in it.</param>
/// <param name="Bytes">Bytes of its files.</param>
internal sealed record UnpackRange(int Part, int Number, string First, string? End, long Items, long Bytes);

/// <summary>How one firmware of a run is unpacked, or lies unpacked.</summary>
internal sealed record UnpackOutline
{
    /// <summary>The firmware's identity: the scope under which it lies unpacked.</summary>
    public required string FirmwareId { get; init; }

    /// <summary>What opening it found out.</summary>
    public required InputFacts Facts { get; init; }

    /// <summary>Its parts: the volumes, then the loose files.</summary>
    public required IReadOnlyList<PartPlan> Parts { get; init; }

    /// <summary>What is to be unpacked.</summary>
    public IReadOnlyList<UnpackRange> Ranges { get; init; } = [];

    /// <summary>What unpacking took; null until it is over.</summary>
    public ActivityInfo? Activity { get; init; }
}

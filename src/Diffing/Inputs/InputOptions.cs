using IpswDiff.Formats.DiskImages;

namespace IpswDiff.Diffing.Inputs;

/// <summary>What opening an input may need beside the file itself.</summary>
public sealed record InputOptions
{
    /// <summary>How disk images are opened, the keys of encrypted ones among it.</summary>
    public DiskImageOptions Images { get; init; } = new();
}

using IpswDiff.Formats.DiskImages;

namespace IpswDiff.Diffing.Inputs;

/// <summary>What opening an input may need beside the file itself.</summary>
public sealed record InputOptions
{
    /// <summary>How disk images are opened, the keys of encrypted ones among it.</summary>
    public DiskImageOptions Images { get; init; } = new();

    /// <summary>
    /// What patches of images are applied to: a file, or a folder of files; null where there is nothing.
    /// </summary>
    public string? Base { get; init; }

    /// <summary>Published keys of encrypted payloads and images of old devices.</summary>
    public PublishedKeys Keys { get; init; } = PublishedKeys.None;
}

using IpswDiff.Formats.Aea;
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

    /// <summary>The same with symmetric keys of encrypted archives that are tried before the others.</summary>
    public InputOptions With(IReadOnlyList<ReadOnlyMemory<byte>> archiveKeys) =>
        this with { Images = Images with { Keys = (Images.Keys ?? AeaKeyOptions.None).With(archiveKeys) } };
}

using IpswDiff.Diffing.Results;
using IpswDiff.Formats.DiskImages;

namespace IpswDiff.Diffing.Inputs.Opening;

/// <summary>One opening of an input.</summary>
/// <param name="Path">What was named.</param>
/// <param name="Options">What opening may need.</param>
/// <param name="Owned">
/// Takes what is opened, on the way or by a volume or member later: it closes with the input, or at once where opening
/// fails.
/// </param>
internal sealed record OpeningContext(string Path, InputOptions Options, OwnedFiles Owned)
{
    /// <summary>The file's name.</summary>
    public string FileName => System.IO.Path.GetFileName(Path);

    /// <summary>How it is opened if it is an image or an encrypted archive, with its own keys.</summary>
    public DiskImageOptions Images => Options.Keys.For(Path, Options.Images);

    /// <summary>What reports say of an input that is no firmware.</summary>
    public FirmwareInfo Describe(string kind) => new(Path, kind, null, null, []);
}

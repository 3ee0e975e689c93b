using System.Globalization;

namespace IpswDiff.Diffing.Unpacked;

/// <summary>The names of the artifacts of one part of an unpacked firmware: a volume, or the loose files of the archive.</summary>
/// <param name="Key">The part's own name.</param>
internal sealed record UnpackedPart(string Key)
{
    /// <summary>The record that makes the part whole: what has it is unpacked.</summary>
    public string Record => $"{Key}/volume.json.gz";

    /// <summary>All blocks of the index.</summary>
    public string Index => $"{Key}/index";

    /// <summary>Where the blobs with contents are.</summary>
    public string Contents => $"{Key}/contents/";

    /// <summary>What ranges leave until the part is whole.</summary>
    public string Ranges => $"{Key}/ranges/";

    /// <summary>The record that makes a range whole.</summary>
    public string RangeRecord(int range) => string.Create(CultureInfo.InvariantCulture, $"{Ranges}{range:D6}.json.gz");

    /// <summary>The blocks of a range's entries, as one attempt has written them.</summary>
    public string RangeBlocks(int range, string attempt) => string.Create(CultureInfo.InvariantCulture, $"{Ranges}{range:D6}-{attempt}.blocks");

    /// <summary>A blob with contents. Every attempt writes its own, because an artifact that exists is not written again.</summary>
    public string Content(int range, string attempt, int number) => string.Create(CultureInfo.InvariantCulture, $"{Contents}{range:D6}-{attempt}-{number:D4}");
}

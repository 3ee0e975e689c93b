namespace IpswDiff.Diffing.Storage;

/// <summary>What was found about one item is more than the details of an item may hold.</summary>
internal sealed class DetailsTooLongException : IOException
{
    /// <summary>The exception.</summary>
    public DetailsTooLongException()
        : base(
            $"what was found about it takes more than {JsonArtifacts.LongestDetails >> 20} MiB of text, "
            + "more than a report holds of one item")
    {
    }
}

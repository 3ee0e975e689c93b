namespace IpswDiff.Diffing.Options;

/// <summary>A comparison that has nothing to report, because what it was to compare could not be read or does not go together.</summary>
public sealed class DiffFailedException : Exception
{
    /// <summary>Says in one line which file, where and what to do.</summary>
    public DiffFailedException(string message)
        : base(message)
    {
    }
}

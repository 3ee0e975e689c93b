namespace IpswDiff.Cloud.Faults;

/// <summary>
/// Azure Storage refused, failed or could not be reached after every retry. The message names the blob or table and says what to do;
/// neither it nor anything inside it holds a key, a token or a signed address.
/// </summary>
public sealed class StorageFaultException : IOException
{
    internal StorageFaultException(string target, int status, string? code, string advice, Exception? innerException)
        : base(Describe(target, status, code, advice), innerException)
    {
        Target = target;
        Status = status;
        ErrorCode = code;
    }

    /// <summary>What was read or written, for example <c>blob 'a/b' of container 'c'</c>.</summary>
    public string Target { get; }

    /// <summary>The HTTP status that storage answered with; 0 where no answer came.</summary>
    public int Status { get; }

    /// <summary>The storage's own name of the error, or null.</summary>
    public string? ErrorCode { get; }

    private static string Describe(string target, int status, string? code, string advice) =>
        status == 0 ? $"{target}: {advice}"
        : code is null ? $"{target}: storage answered {status}: {advice}"
        : $"{target}: storage answered {status} ({code}): {advice}";
}

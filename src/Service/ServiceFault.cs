namespace IpswDiff.Service;

/// <summary>Why a request cannot be met; each kind is one HTTP status.</summary>
public enum FaultKind
{
    /// <summary>The request cannot be understood (400).</summary>
    Malformed,

    /// <summary>What it names does not exist (404).</summary>
    NotFound,

    /// <summary>It contradicts what is there (409).</summary>
    Conflict,

    /// <summary>It is larger than the service takes (413).</summary>
    TooLarge,

    /// <summary>It is understood and cannot be done: a firmware that does not exist or cannot be read (422).</summary>
    Unprocessable,
}

/// <summary>A request that cannot be met, for a reason that its sender may read.</summary>
/// <param name="kind">The kind.</param>
/// <param name="message">The reason, in one sentence, without secrets.</param>
public sealed class ServiceFaultException(FaultKind kind, string message) : Exception(message)
{
    /// <summary>The kind.</summary>
    public FaultKind Kind { get; } = kind;

    /// <summary>The fault of a firmware that is larger than the service takes.</summary>
    public static ServiceFaultException TooLarge(ServiceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new(FaultKind.TooLarge, $"the service takes firmwares of up to {options.MaxFirmwareBytes:N0} bytes");
    }
}

namespace IpswDiff.Diffing.Results;

/// <summary>What the file system says of one entry; numbers stay numbers.</summary>
/// <param name="Kind">file, directory, symlink or special.</param>
/// <param name="Size">Bytes of content.</param>
/// <param name="Mode">Permission bits as octal text.</param>
/// <param name="Target">A symlink's target.</param>
public sealed record FileFacts(string Kind, long Size, string? Mode, string? Target)
{
    /// <summary>What begins <see cref="Content"/> where it is a hash of both ends of the contents only.</summary>
    public const string EndsPrefix = "ends:";

    /// <summary>What begins <see cref="Content"/> where neither the file system nor the archive keeps a hash and all of a short file was read.</summary>
    public const string ReadPrefix = "xxh128:";

    /// <summary>
    /// Of a file that one side alone has: a hash of the contents, the algorithm in front. Where neither file system nor archive keeps
    /// one and the file is large, it is of both ends of the contents only, and says so.
    /// </summary>
    public string? Content { get; init; }
}

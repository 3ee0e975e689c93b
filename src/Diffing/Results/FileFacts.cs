namespace IpswDiff.Diffing.Results;

/// <summary>What the file system says of one entry; numbers stay numbers.</summary>
/// <param name="Kind">file, directory, symlink or special.</param>
/// <param name="Size">Bytes of content.</param>
/// <param name="Mode">Permission bits as octal text.</param>
/// <param name="Target">A symlink's target.</param>
public sealed record FileFacts(string Kind, long Size, string? Mode, string? Target);

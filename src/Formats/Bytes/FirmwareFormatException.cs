namespace IpswDiff.Formats.Bytes;

/// <summary>
/// Input that is not what its format says it must be: cut short, out of range, contradictory or encrypted.
/// Carries the format, the offset and, once a caller that knows it has added it, the file.
/// </summary>
public sealed class FirmwareFormatException : Exception
{
    /// <summary>Reports a fault in <paramref name="format"/> at <paramref name="offset"/>.</summary>
    /// <param name="format">The format as the field names it, for example <c>APFS</c> or <c>Mach-O</c>.</param>
    /// <param name="offset">Byte offset within the source being read; negative when no single offset is at fault.</param>
    /// <param name="reason">What is wrong, and what to do where something can be done.</param>
    /// <param name="innerException">The fault underneath, if another layer reported it.</param>
    public FirmwareFormatException(string format, long offset, string reason, Exception? innerException = null)
        : this(null, format, offset, reason, innerException)
    {
    }

    private FirmwareFormatException(string? file, string format, long offset, string reason, Exception? innerException)
        : base(Describe(file, format, offset, reason), innerException)
    {
        File = file;
        Format = format;
        Offset = offset;
        Reason = reason;
    }

    /// <summary>The file or member the fault lies in, or null while no caller has named it.</summary>
    public string? File { get; }

    /// <summary>The format as the field names it.</summary>
    public string Format { get; }

    /// <summary>Byte offset within the source being read, or a negative number.</summary>
    public long Offset { get; }

    /// <summary>What is wrong, without file, format and offset.</summary>
    public string Reason { get; }

    /// <summary>The same fault with the file named; a file that is already named is kept as the inner part of the path.</summary>
    public FirmwareFormatException In(string file) =>
        new(File is null ? file : $"{file}:{File}", Format, Offset, Reason, this);

    private static string Describe(string? file, string format, long offset, string reason)
    {
        var place = offset < 0 ? format : $"{format} at 0x{offset:x}";
        return file is null ? $"{place}: {reason}" : $"{file}: {place}: {reason}";
    }
}

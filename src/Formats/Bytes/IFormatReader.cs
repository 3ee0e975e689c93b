namespace IpswDiff.Formats.Bytes;

/// <summary>
/// What every reader of a file format offers, by the same names: whether bytes are of its format (<c>Matches</c>), and opening them
/// (<c>Open</c>, <see cref="FormatReaders"/><c>.TryOpen</c> and <c>OpenFile</c>). Readers whose opening can be steered have overloads
/// of <c>Open</c> that take options or a cache.
/// </summary>
/// <typeparam name="TReader">The reader itself.</typeparam>
public interface IFormatReader<TReader>
    where TReader : class, IFormatReader<TReader>
{
    /// <summary>How many of a file's first bytes <see cref="Matches(ReadOnlySpan{byte})"/> wants to see; at most 8192.</summary>
    static abstract int HeadLength { get; }

    /// <summary>Whether a file that begins with <paramref name="head"/> is of the format; false where the bytes are too few to tell.</summary>
    static abstract bool Matches(ReadOnlySpan<byte> head);

    /// <summary>
    /// Whether <paramref name="source"/> is of the format. Reads <see cref="HeadLength"/> bytes, and where the format is told by its end,
    /// those.
    /// </summary>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    static virtual bool Matches(ByteSource source)
    {
        Span<byte> head = stackalloc byte[TReader.HeadLength];
        return TReader.Matches(head[..source.ReadUpTo(0, head)]);
    }

    /// <summary>Opens the file that fills <paramref name="source"/>, which must live as long as what is returned.</summary>
    /// <exception cref="FirmwareFormatException">It is something else, or damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    static abstract TReader Open(ByteSource source);
}

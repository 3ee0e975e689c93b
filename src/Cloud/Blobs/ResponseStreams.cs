namespace IpswDiff.Cloud.Blobs;

/// <summary>Reading what the storage library answers with.</summary>
internal static class ResponseStreams
{
    private const int PieceBytes = 32 << 10;

    /// <summary>
    /// Reads all of <paramref name="destination"/>, piece by piece: the library's streams read into arrays only, and one as long as the
    /// span would be borrowed for every call.
    /// </summary>
    /// <exception cref="EndOfStreamException">The answer ends before.</exception>
    public static void ReadPieces(this Stream answer, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var piece = Math.Min(PieceBytes, destination.Length);
            answer.ReadExactly(destination[..piece]);
            destination = destination[piece..];
        }
    }
}

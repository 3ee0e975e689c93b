namespace IpswDiff.Formats.Bytes;

/// <summary>Takes the next bytes of something that is made piece by piece; they may not be kept.</summary>
internal delegate void ByteSink(ReadOnlySpan<byte> bytes);

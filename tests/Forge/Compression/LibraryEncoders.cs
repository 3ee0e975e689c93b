using System.IO.Compression;
using SharpCompress.Compressors.BZip2;

namespace IpswDiff.Forge.Compression;

/// <summary>Encoders of formats whose compression is a library's.</summary>
public static class LibraryEncoders
{
    /// <summary>A zlib stream.</summary>
    public static byte[] Zlib(ReadOnlySpan<byte> data)
    {
        using var output = new MemoryStream();
        using (var encoder = new ZLibStream(output, CompressionLevel.Optimal, leaveOpen: true))
        {
            encoder.Write(data);
        }

        return output.ToArray();
    }

    /// <summary>A bzip2 stream.</summary>
    public static byte[] Bzip2(ReadOnlySpan<byte> data)
    {
        using var output = new MemoryStream();
        using (var encoder = BZip2Stream.Create(output, SharpCompress.Compressors.CompressionMode.Compress, false, leaveOpen: true))
        {
            encoder.Write(data);
        }

        return output.ToArray();
    }
}

using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Compression;

namespace IpswDiff.Formats.Decmpfs;

/// <summary>
/// Decodes one block. Every codec has a first byte that no stream of its own begins with, which means that the rest is stored as it is.
/// </summary>
internal static class DecmpfsCodec
{
    private const byte LzvnStored = 0x06;

    /// <summary>Decodes <paramref name="source"/>, which is not empty; returns the bytes written.</summary>
    /// <exception cref="FirmwareFormatException">The block is damaged.</exception>
    internal static int Decode(DecmpfsType type, ReadOnlySpan<byte> source, long offset, Span<byte> destination)
    {
        switch (type)
        {
            case DecmpfsType.ZlibAttribute or DecmpfsType.ZlibResource:
                return IsMarked(source) ? Copy(source[1..], offset, destination) : Zlib.Decode(source, destination);
            case DecmpfsType.PlainAttribute or DecmpfsType.PlainResource:
                return Copy(source[1..], offset, destination);
            case DecmpfsType.LzvnAttribute or DecmpfsType.LzvnResource:
                return source[0] == LzvnStored ? Copy(source[1..], offset, destination) : Lzvn.Decode(source, destination);
            case DecmpfsType.LzfseAttribute or DecmpfsType.LzfseResource:
                return IsMarked(source) ? Copy(source[1..], offset, destination) : Lzfse.Decode(source, destination);
            case DecmpfsType.LzBitmapAttribute or DecmpfsType.LzBitmapResource:
                return IsMarked(source) ? Copy(source[1..], offset, destination) : Lzbitmap.Decode(source, destination);
            default:
                throw new FirmwareFormatException(DecmpfsHeader.Format, offset, $"compression type {type} has no decoder");
        }
    }

    private static bool IsMarked(ReadOnlySpan<byte> source) => (source[0] & 0x0F) == 0x0F;

    private static int Copy(ReadOnlySpan<byte> source, long offset, Span<byte> destination)
    {
        if (source.Length > destination.Length)
        {
            throw new FirmwareFormatException(
                DecmpfsHeader.Format, offset, $"a stored block of {source.Length} bytes is longer than {destination.Length}");
        }

        source.CopyTo(destination);
        return source.Length;
    }
}

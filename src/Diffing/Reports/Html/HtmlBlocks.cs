using System.Buffers.Text;
using System.Buffers;
using System.IO.Compression;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Reports.Html;

/// <summary>
/// Writes data into a page as <c>script</c> elements that no browser runs: their type is that of raw bytes, and their text is base64, in
/// which no tag can be spelt.
/// </summary>
internal sealed class HtmlBlocks(Stream stream) : IDisposable
{
    // A multiple of three, so that parts join without padding between them.
    private const int PartBytes = 48 * 1024;

    private readonly byte[] _part = BoundedArrayPool<byte>.Shared.Rent(PartBytes);
    private readonly byte[] _encoded = BoundedArrayPool<byte>.Shared.Rent(Base64.GetMaxEncodedToUtf8Length(PartBytes));

    public void Dispose()
    {
        BoundedArrayPool<byte>.Shared.Return(_part);
        BoundedArrayPool<byte>.Shared.Return(_encoded);
    }

    /// <summary>Writes text of the page itself.</summary>
    public ValueTask TextAsync(string text, CancellationToken cancellationToken) => stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);

    /// <summary>Compresses bytes and writes them as a block.</summary>
    public async Task PackAsync(string attribute, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        using var packed = new MemoryStream();
        var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true);
        await using (gzip.ConfigureAwait(false))
        {
            await gzip.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        }

        packed.Position = 0;
        await CopyAsync(attribute, packed, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes bytes that are gzip already as a block.</summary>
    public async Task CopyAsync(string attribute, Stream packed, CancellationToken cancellationToken)
    {
        await TextAsync($"<script type=\"application/octet-stream\" {attribute}>", cancellationToken).ConfigureAwait(false);
        while (await packed.ReadAtLeastAsync(_part.AsMemory(0, PartBytes), PartBytes, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) is > 0 and var read)
        {
            Base64.EncodeToUtf8(_part.AsSpan(0, read), _encoded, out _, out var written);
            await stream.WriteAsync(_encoded.AsMemory(0, written), cancellationToken).ConfigureAwait(false);
        }

        await TextAsync("</script>\n", cancellationToken).ConfigureAwait(false);
    }
}

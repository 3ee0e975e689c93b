using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using IpswDiff.Diffing.Options;

namespace IpswDiff.Diffing.Storage;

/// <summary>A file on a server, of which length and version are known and any range can be read. Safe for concurrent use.</summary>
/// <param name="address">Where it lies; a storage service may read it there itself, without credentials.</param>
/// <param name="length">Its bytes.</param>
/// <param name="version">The server's mark of this content, an ETag or a time.</param>
public abstract class RemoteFile(Uri address, long length, string version)
{
    /// <summary>Where it lies; a storage service may read it there itself, without credentials.</summary>
    public Uri Address { get; } = address;

    /// <summary>Its bytes.</summary>
    public long Length { get; } = length;

    /// <summary>Address, version and length in 16 bytes: parts of a copy that were made under another key are parts of another file.</summary>
    public byte[] Key { get; } = SHA256.HashData(
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{address.AbsoluteUri}\n{version}\n{length}")))[..16];

    /// <summary>Reads a range of it.</summary>
    /// <exception cref="RemoteFileChangedException">The server has another version now.</exception>
    /// <exception cref="DiffFailedException">The server refuses.</exception>
    /// <exception cref="IOException">The server or the network failed; may be tried again.</exception>
    public abstract Task ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>Fails where the server has another version now.</summary>
    /// <exception cref="RemoteFileChangedException">It has.</exception>
    /// <exception cref="DiffFailedException">The server refuses.</exception>
    /// <exception cref="IOException">The server or the network failed; may be tried again.</exception>
    public abstract Task CheckUnchangedAsync(CancellationToken cancellationToken);
}

/// <summary>The file on the server is not the one that was asked for first; what was copied of it is of no use.</summary>
/// <param name="address">The file.</param>
public sealed class RemoteFileChangedException(Uri address) : IOException($"{address}: the server has replaced it while it was fetched");

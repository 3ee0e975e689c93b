using System.Security.Cryptography;
using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Cli.Commands;

/// <summary>
/// The SHA-256 of the files of a volume. That of a file which stores next to nothing of its length would take without
/// end: it is refused by name, by the rule of <see cref="SparseByteSource"/>.
/// </summary>
/// <param name="source">What the volume lies in, for messages.</param>
/// <param name="cancellationToken">Stops the reading.</param>
internal sealed class ContentHasher(string source, CancellationToken cancellationToken)
{
    /// <summary>Whether a file was refused.</summary>
    public bool HasRefused { get; private set; }

    /// <summary>
    /// The digest, in lower-case hexadecimal; null where the file is refused, which standard error says then.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The contents are damaged.</exception>
    public string? TryHash(FileSystemVolume files, FileEntry entry)
    {
        var content = SparseByteSource.Bound(files.Open(entry));
        if (content is SparseByteSource)
        {
            HasRefused = true;
            var place = $"{MarkdownText.Visible(source)}: {MarkdownText.Visible(entry.Path)}";
            Console.Error.WriteLine($"{place}: nearly all of its {entry.Size} bytes are holes; they are not hashed");
            return null;
        }

        using var stream = new ByteSourceStream(new CancellableByteSource(content, cancellationToken));
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}

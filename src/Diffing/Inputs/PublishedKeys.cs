using IpswDiff.Diffing.Options;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.DiskImages;
using IpswDiff.Formats.Img4;

namespace IpswDiff.Diffing.Inputs;

/// <summary>
/// Keys of encrypted files that people publish for old devices: IV and key of IMG3 and IM4P payloads, keys of encrypted
/// disk images. Each is for one file, which is told by the end of its path, or for a file that is named on its own.
/// Nothing proves that a payload was decrypted rightly, so a key without a name is never tried on what an archive
/// holds, disk images aside, which do prove it.
/// </summary>
public sealed class PublishedKeys
{
    private readonly (string Name, byte[] Key)[] _keys;

    private PublishedKeys(IEnumerable<(string Name, byte[] Key)> keys) =>
        _keys = [.. keys.OrderByDescending(static key => key.Name.Length)];

    /// <summary>No keys.</summary>
    public static PublishedKeys None { get; } = new([]);

    /// <summary>
    /// Reads keys as they are written on a command line: <c>HEX</c>, or <c>NAME=HEX</c> for a file whose path ends in
    /// that name.
    /// </summary>
    /// <exception cref="ArgumentException">One is not hexadecimal, or of a length that no key has.</exception>
    public static PublishedKeys Parse(IEnumerable<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return new PublishedKeys(texts.Select(static text =>
        {
            var split = text.LastIndexOf('=');
            return (Name: split < 0 ? string.Empty : text[..split], Key: ParseHex(text[(split + 1)..]));
        }).ToArray());
    }

    /// <summary>
    /// The member of an archive with its payload in the clear, if it is an encrypted IMG3 or Image4 file and there is a
    /// key for it; else as it is.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The file is damaged, or the key is not its key.</exception>
    internal OwnedByteSource Unlock(string path, OwnedByteSource file) => Disposal.OrDispose(file, locked =>
    {
        var unlocked = Unlock(locked.Source, Find(path, named: true));
        return ReferenceEquals(unlocked, locked.Source) ? locked : new OwnedByteSource(unlocked, locked);
    });

    /// <summary>As the other, for a file that is named on its own.</summary>
    /// <exception cref="FirmwareFormatException">The file is damaged, or the key is not its key.</exception>
    public ByteSource Unlock(string path, ByteSource file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Unlock(file, Find(path, named: false));
    }

    private static ByteSource Unlock(ByteSource file, byte[]? key)
    {
        if (key is not { Length: 32 or 40 or 48 })
        {
            return file;
        }

        Span<byte> prefix = stackalloc byte[Img4File.HeadLength];
        return Img4File.TryDetect(prefix[..file.ReadUpTo(0, prefix)], out _) ? UnlockedImage.Unlock(file, PayloadKey.Of(key)) : file;
    }

    /// <summary>
    /// How the disk image or archive at <paramref name="path"/> is opened, with its key if there is one.
    /// </summary>
    public DiskImageOptions For(string path, DiskImageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options = options with { Keys = options.Keys?.For(Path.GetFileName(path)) };
        return Find(path, named: false) is { Length: 36 or 52 } key ? options with { ImageKey = key } : options;
    }

    private byte[]? Find(string path, bool named) =>
        Array.Find(_keys, key => (key.Name.Length > 0 || !named) && IsEndOf(key.Name, path.Replace('\\', '/'))).Key;

    private static bool IsEndOf(string name, string path) => name.Length == 0
        || (path.EndsWith(name, StringComparison.OrdinalIgnoreCase) && (path.Length == name.Length || path[^(name.Length + 1)] == '/'));

    private static byte[] ParseHex(string text)
    {
        try
        {
            var key = Convert.FromHexString(text);
            return key.Length is 32 or 36 or 40 or 48 or 52
                ? key
                : throw new ArgumentException(
                    $"--key: a key of {key.Length} bytes; IV and key of a payload have 32, 40 or 48, the key of a disk image 36 or 52", nameof(text));
        }
        catch (FormatException fault)
        {
            throw new ArgumentException("--key: the key is not hexadecimal", nameof(text), fault);
        }
    }
}

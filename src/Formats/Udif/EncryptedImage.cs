using System.Buffers.Binary;
using System.Security.Cryptography;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Udif;

/// <summary>
/// An encrypted disk image: <c>encrcdsa</c> at the front (version 2), or <c>cdsaencr</c> at the end (version 1). One of version 2 is read
/// with its own key, as it is published for the root images of devices before iOS 10: the AES key followed by a key of 20 bytes from which the
/// IV of each chunk comes. Facts: vfdecrypt, and nlitsme/encrypteddmg.
/// </summary>
internal sealed class EncryptedImage : BlockedByteSource
{
    internal const int MagicLength = 8;

    private const string Format = "encrypted disk image";
    private const int HeaderSize = 72;
    private const int IvSize = 16;
    private const int MacKeySize = 20;
    private const uint LargestChunk = 16 << 20;

    private readonly ByteSource _file;
    private readonly byte[] _key;
    private readonly byte[] _macKey;
    private readonly long _offset;
    private readonly int _chunkSize;

    private EncryptedImage(ByteSource file, ReadOnlySpan<byte> key, long offset, long length, int chunkSize, BlockCache? cache)
        : base(cache)
    {
        _file = file;
        _key = key[..^MacKeySize].ToArray();
        _macKey = key[^MacKeySize..].ToArray();
        _offset = offset;
        _chunkSize = chunkSize;
        Length = length;
    }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    protected override string Kind => Format;

    /// <summary>Whether a file that begins with <paramref name="head"/> is an encrypted image of version 2, which a key opens.</summary>
    internal static bool Begins(ReadOnlySpan<byte> head) => head.StartsWith("encrcdsa"u8);

    /// <summary>Whether <paramref name="source"/> begins so.</summary>
    internal static bool Begins(ByteSource source)
    {
        Span<byte> magic = stackalloc byte[MagicLength];
        return Begins(magic[..source.ReadUpTo(0, magic)]);
    }

    /// <summary>Why the image cannot be read as it is, or null where it is not encrypted.</summary>
    internal static string? Describe(ByteSource source)
    {
        if (Begins(source))
        {
            return "the image is encrypted with a passphrase or a key (encrcdsa); give its key of 36 or 52 bytes with --key, or convert it with hdiutil first";
        }

        Span<byte> magic = stackalloc byte[MagicLength];
        return source.Length >= MagicLength && source.ReadUpTo(source.Length - MagicLength, magic) == MagicLength && magic.SequenceEqual("cdsaencr"u8)
            ? "the image is encrypted with a passphrase (cdsaencr); convert it with hdiutil first"
            : null;
    }

    /// <summary>The image decrypted.</summary>
    /// <param name="source">An image that begins so.</param>
    /// <param name="key">36 bytes for AES-128, 52 for AES-256.</param>
    /// <param name="cache">Where decrypted chunks live.</param>
    /// <exception cref="FirmwareFormatException">The header is damaged or asks for a key of another length, or the key is not the image's.</exception>
    internal static EncryptedImage Open(ByteSource source, ReadOnlyMemory<byte> key, BlockCache? cache)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        source.ReadExactly(0, header);
        var reader = new SpanReader(header, Format, 0, bigEndian: true);
        reader.Skip(MagicLength);
        var version = reader.ReadUInt32();
        reader.Skip(12);
        var bits = reader.ReadUInt32();
        reader.Skip(24);
        var chunkSize = reader.ReadUInt32();
        var length = reader.ReadOffset64();
        var offset = reader.ReadOffset64();
        if (version != 2 || bits is not (128 or 256))
        {
            throw Fault(MagicLength, $"version {version} with a key of {bits} bits, where version 2 with 128 or 256 is read");
        }

        if (key.Length != (bits / 8) + MacKeySize)
        {
            throw Fault(24, $"a key of {(bits / 8) + MacKeySize} bytes is wanted, and one of {key.Length} was given");
        }

        if (chunkSize is 0 or > LargestChunk || chunkSize % IvSize != 0)
        {
            throw Fault(52, $"chunks of {chunkSize} bytes");
        }

        // The last chunk is stored whole.
        var stored = checked((length + chunkSize - 1) / chunkSize * chunkSize);
        if (offset < HeaderSize || offset > source.Length || stored > source.Length - offset)
        {
            throw Fault(56, $"{length} bytes at 0x{offset:x} in chunks of {chunkSize} do not lie in a file of {source.Length}");
        }

        var image = new EncryptedImage(source, key.Span, offset, length, (int)chunkSize, cache);
        return KolyTrailer.IsPresent(image) || HasFileSystem(image)
            ? image
            : throw Fault(0, "the image is not decrypted by this key: it has neither a UDIF trailer nor a partition map nor a file system then");
    }

    /// <inheritdoc/>
    protected override long FindBlock(long offset, out long start, out int length)
    {
        var index = offset / _chunkSize;
        start = index * _chunkSize;
        length = (int)Math.Min(_chunkSize, Length - start);
        return index;
    }

    /// <inheritdoc/>
    protected override void DecodeBlock(long index, Span<byte> destination)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(number, (uint)index);
        Span<byte> iv = stackalloc byte[MacKeySize];
#pragma warning disable CA5350 // The format's choice.
        HMACSHA1.HashData(_macKey, number, iv);
#pragma warning restore CA5350
        using var aes = Aes.Create();
        aes.Key = _key;
        var buffer = BoundedArrayPool<byte>.Shared.Rent(_chunkSize);
        try
        {
            var chunk = buffer.AsSpan(0, _chunkSize);
            _file.ReadExactly(_offset + (index * _chunkSize), chunk);
            aes.DecryptCbc(chunk, iv[..IvSize], chunk, PaddingMode.None);
            chunk[..destination.Length].CopyTo(destination);
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool HasFileSystem(EncryptedImage image)
    {
        Span<byte> head = stackalloc byte[1026];
        ReadOnlySpan<byte> read = head[..image.ReadUpTo(0, head)];
        return read.Length == head.Length
            && (read.StartsWith("ER"u8) || read[512..].StartsWith("EFI PART"u8) || read[512..].StartsWith("PM"u8)
                || read[32..].StartsWith("NXSB"u8) || read[1024..].StartsWith("H+"u8) || read[1024..].StartsWith("HX"u8) || read[1024..].StartsWith("BD"u8));
    }

    private static FirmwareFormatException Fault(long offset, string reason) => new(Format, offset, reason);
}

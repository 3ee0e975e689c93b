using System.Security.Cryptography;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Img3;

namespace IpswDiff.Formats.Img4;

/// <summary>
/// An IMG3 or IM4P with an encrypted payload, read as if it had been stored in the clear: the payload decrypted by AES in CBC mode where it
/// is read, and the keybags under a tag that readers pass over. Of a payload, whole blocks of sixteen bytes are encrypted; what is left of it
/// lies in the clear.
/// </summary>
public sealed class UnlockedImage : ByteSource
{
    private const int BlockSize = 16;
    private const int ChunkSize = 64 << 10;

    // A context tag without meaning in an IM4P, and a name without meaning in an IMG3.
    private static readonly byte[] Im4pPassed = [0x9e];
    private static readonly byte[] Img3Passed = "----"u8.ToArray();

    private readonly ByteSource _source;
    private readonly PayloadKey _key;
    private readonly long _begin;
    private readonly long _end;
    private readonly (long Offset, byte[] Bytes)[] _patches;

    private UnlockedImage(ByteSource source, PayloadKey key, long offset, long size, (long Offset, byte[] Bytes)[] patches)
    {
        _source = source;
        _key = key;
        _begin = offset;
        _end = offset + (size / BlockSize * BlockSize);
        _patches = patches;
    }

    /// <inheritdoc/>
    public override long Length => _source.Length;

    /// <summary>The image with its payload in the clear; an image that is not encrypted comes back as it is.</summary>
    /// <param name="source">An IMG3 or Image4 file.</param>
    /// <param name="key">IV and key of its payload.</param>
    /// <exception cref="FirmwareFormatException">It is no such file, is damaged, or is a kernel that this key does not decrypt.</exception>
    public static ByteSource Unlock(ByteSource source, PayloadKey key)
    {
        var file = Img4File.Open(source);
        if (file.Payload is not { IsEncrypted: true } payload)
        {
            return source;
        }

        (long, byte[])[] patches = file.Img3 is { } img3
            ? [.. img3.Tags.Where(static tag => tag.Name == "KBAG").Select(static tag => (tag.HeaderOffset, Img3Passed))]
            : [(payload.KeybagOffset, Im4pPassed)];
        var unlocked = new UnlockedImage(source, key, payload.PayloadOffset, payload.Payload.Length, patches);
        return Img4File.Open(unlocked).Payload!.LooksDecoded
            ? unlocked
            : throw new FirmwareFormatException(
                payload.Format, payload.PayloadOffset, $"the payload {payload.Tag} is not decrypted by this IV and key");
    }

    /// <inheritdoc/>
    protected override string Kind => "decrypted payload";

    /// <inheritdoc/>
    protected override void ReadCore(long offset, Span<byte> destination)
    {
        _source.ReadExactly(offset, destination);
        Decrypt(offset, destination);
        foreach (var (at, bytes) in _patches)
        {
            var from = Math.Max(offset, at);
            var to = Math.Min(offset + destination.Length, at + bytes.Length);
            if (from < to)
            {
                bytes.AsSpan((int)(from - at), (int)(to - from)).CopyTo(destination[(int)(from - offset)..]);
            }
        }
    }

    private void Decrypt(long offset, Span<byte> destination)
    {
        var from = Math.Max(offset, _begin);
        var to = Math.Min(offset + destination.Length, _end);
        if (from >= to)
        {
            return;
        }

        using var aes = Aes.Create();
        aes.Key = _key.Key.ToArray();
        Span<byte> iv = stackalloc byte[BlockSize];
        var buffer = BoundedArrayPool<byte>.Shared.Rent(ChunkSize);
        try
        {
            while (from < to)
            {
                // A block is decrypted with the one before it, so that any range can be read.
                var start = _begin + ((from - _begin) / BlockSize * BlockSize);
                var count = (int)Math.Min(ChunkSize, (to - start + BlockSize - 1) / BlockSize * BlockSize);
                var chunk = buffer.AsSpan(0, count);
                _source.ReadExactly(start, chunk);
                if (start == _begin)
                {
                    _key.Iv.Span.CopyTo(iv);
                }
                else
                {
                    _source.ReadExactly(start - BlockSize, iv);
                }

                aes.DecryptCbc(chunk, iv, chunk, PaddingMode.None);
                var taken = (int)(Math.Min(to, start + count) - from);
                chunk.Slice((int)(from - start), taken).CopyTo(destination[(int)(from - offset)..]);
                from += taken;
            }
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

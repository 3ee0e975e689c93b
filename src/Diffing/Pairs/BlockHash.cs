using System.Buffers.Binary;
using System.IO.Hashing;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Pairs;

/// <summary>
/// A hash of contents of any length in time that grows with what is stored of them: of each aligned block of 64 KiB
/// that is not all zeros its number and its bytes, and in the end the length. Holes and stored zeros come to the same.
/// </summary>
internal static class BlockHash
{
    private const int BlockBytes = 64 << 10;

    /// <summary>The hash, with what it is of in front.</summary>
    /// <exception cref="FirmwareFormatException">The contents cannot be read.</exception>
    public static string Of(ByteSource content)
    {
        var hash = new XxHash128();
        Span<byte> number = stackalloc byte[sizeof(long)];
        var buffer = BoundedArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            for (var offset = 0L; offset < content.Length;)
            {
                var run = content.RunAt(offset);
                if (run.IsHole && (run.Length >= BlockBytes || offset + run.Length == content.Length))
                {
                    offset = offset + run.Length == content.Length
                        ? content.Length : offset + (run.Length / BlockBytes * BlockBytes);
                    continue;
                }

                var block = buffer.AsSpan(0, (int)Math.Min(BlockBytes, content.Length - offset));
                content.ReadExactly(offset, block);
                if (block.IndexOfAnyExcept((byte)0) >= 0)
                {
                    BinaryPrimitives.WriteInt64LittleEndian(number, offset / BlockBytes);
                    hash.Append(number);
                    hash.Append(block);
                }

                offset += block.Length;
            }
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
        }

        BinaryPrimitives.WriteInt64LittleEndian(number, content.Length);
        hash.Append(number);
        return "blocks:" + Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}

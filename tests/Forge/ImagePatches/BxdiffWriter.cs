using System.Buffers.Binary;
using System.Security.Cryptography;
using IpswDiff.Forge.Pbzx;
using IpswDiff.Formats.Pbzx;

namespace IpswDiff.Forge.ImagePatches;

/// <summary>Writes BXDIFF50 patches: what both files have at the same distance is added, all else is taken as it is.</summary>
public static class BxdiffWriter
{
    private const int Piece = 1000;

    /// <summary>A patch that makes <paramref name="result"/> of <paramref name="old"/>.</summary>
    /// <param name="old">The base.</param>
    /// <param name="result">What the patch makes.</param>
    /// <param name="algorithm">How the streams are packed.</param>
    /// <param name="twosComplement">Whether steps backwards are written in two's complement rather than as sign and magnitude.</param>
    public static byte[] Write(byte[] old, byte[] result, PbzxAlgorithm algorithm = PbzxAlgorithm.Lzma, bool twosComplement = false)
    {
        var control = new MemoryStream();
        var difference = new MemoryStream();
        var extra = new MemoryStream();
        var inBase = 0;
        for (var at = 0; at < result.Length;)
        {
            // Every third piece is new; the others are the base from a place that goes back and forth.
            var add = at / Piece % 3 == 2 ? 0 : Math.Min(Math.Min(Piece, result.Length - at), old.Length - inBase);
            for (var i = 0; i < add; i++)
            {
                difference.WriteByte((byte)(result[at + i] - old[inBase + i]));
            }

            var copy = Math.Min(add == 0 ? Piece : 17, result.Length - at - add);
            extra.Write(result.AsSpan(at + add, copy));
            at += add + copy;
            inBase += add;
            var wanted = Math.Min(old.Length, at / Piece % 2 == 0 ? at : at / 2);
            control.Write(Number(add));
            control.Write(Number(copy));
            control.Write(twosComplement ? Number(wanted - inBase) : SignAndMagnitude(wanted - inBase));
            inBase = wanted;
        }

        var streams = new[] { control, difference, extra }.Select(stream => PbzxWriter.Write(stream.ToArray(), algorithm)).ToArray();
        return
        [
            .. Head(result.Length, streams[0].Length, streams[2].Length, result),
            .. Number(streams[1].Length), .. Sha1(old), .. streams[0], .. streams[1], .. streams[2],
        ];
    }

    /// <summary>A patch that is the new file alone.</summary>
    public static byte[] WriteWhole(byte[] result, PbzxAlgorithm algorithm = PbzxAlgorithm.Lzma)
    {
        var stream = PbzxWriter.Write(result, algorithm);
        return [.. Head(result.Length, 0, stream.Length, result), .. stream];
    }

    private static byte[] Head(long length, long control, long extra, byte[] result) =>
        [.. "BXDIFF50"u8, .. Number(0), .. Number(length), .. Number(control), .. Number(extra), .. Sha1(result)];

    private static byte[] Number(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] SignAndMagnitude(long value) => Number(value < 0 ? long.MinValue | -value : value);

#pragma warning disable CA5350 // The format's choice.
    private static byte[] Sha1(byte[] bytes) => SHA1.HashData(bytes);
#pragma warning restore CA5350
}

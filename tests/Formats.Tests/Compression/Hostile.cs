using IpswDiff.Forge;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Tests.Compression;

/// <summary>Damages encoded bytes and checks that a decoder answers in bytes or in its one exception, and never outside its room.</summary>
internal static class Hostile
{
    internal delegate int Decoder(ReadOnlySpan<byte> source, Span<byte> destination);

    private const byte Guard = 0xa5;
    private const int GuardBytes = 64;

    internal static void Survives(Decoder decode, byte[] encoded, int decodedLength, ulong seed, int rounds)
    {
        var random = new ForgeRandom(seed);
        for (var round = 0; round < rounds; round++)
        {
            var damaged = Damage(encoded, random);
            var room = random.Next(4) == 0 ? random.Next(decodedLength + 1) : decodedLength;
            Try(decode, damaged, room);
        }
    }

    /// <summary>Decodes into a window between guard bytes; they must not change.</summary>
    internal static byte[]? Try(Decoder decode, ReadOnlySpan<byte> source, int room)
    {
        var buffer = new byte[room + (2 * GuardBytes)];
        buffer.AsSpan().Fill(Guard);
        byte[]? result = null;
        try
        {
            var written = decode(source, buffer.AsSpan(GuardBytes, room));
            Assert.InRange(written, 0, room);
            result = buffer.AsSpan(GuardBytes, written).ToArray();
        }
        catch (FirmwareFormatException fault)
        {
            Assert.NotEmpty(fault.Reason);
        }

        Assert.Equal(-1, buffer.AsSpan(0, GuardBytes).IndexOfAnyExcept(Guard));
        Assert.Equal(-1, buffer.AsSpan(GuardBytes + room).IndexOfAnyExcept(Guard));
        return result;
    }

    private static byte[] Damage(byte[] encoded, ForgeRandom random)
    {
        var damaged = encoded.ToArray();
        if (damaged.Length == 0)
        {
            return damaged;
        }

        switch (random.Next(4))
        {
            case 0:
                return damaged[..random.Next(damaged.Length)];
            case 1:
                random.Fill(damaged.AsSpan(random.Next(damaged.Length)));
                return damaged;
            default:
                // Most faults worth meeting are in headers, near the front.
                for (var flips = 1 + random.Next(4); flips > 0; flips--)
                {
                    var within = random.Next(2) == 0 ? Math.Min(damaged.Length, 64) : damaged.Length;
                    damaged[random.Next(within)] ^= (byte)(1 << random.Next(8));
                }

                return damaged;
        }
    }
}

namespace IpswDiff.Formats.Compression;

/// <summary>The Adler-32 checksum of RFC 1950.</summary>
public static class Adler32
{
    private const uint Modulus = 65521;

    // The longest run whose sums cannot pass 2^32 (RFC 1950, section 9).
    private const int Run = 5552;

    /// <summary>The checksum of <paramref name="data"/>, begun from 1.</summary>
    public static uint Compute(ReadOnlySpan<byte> data) => Append(1, data);

    /// <summary>The checksum of what <paramref name="sum"/> is of and <paramref name="data"/> behind it; it begins with 1.</summary>
    public static uint Append(uint sum, ReadOnlySpan<byte> data)
    {
        var a = sum & 0xffff;
        var b = sum >> 16;
        while (!data.IsEmpty)
        {
            var run = data[..Math.Min(data.Length, Run)];
            foreach (var value in run)
            {
                a += value;
                b += a;
            }

            a %= Modulus;
            b %= Modulus;
            data = data[run.Length..];
        }

        return (b << 16) | a;
    }
}

using System.Text;

namespace IpswDiff.Forge.Compression;

/// <summary>Deterministic bytes with the traits that exercise an LZ coder: noise, runs, short periods, words, far repeats.</summary>
public static class SampleData
{
    private static readonly string[] Words = ["kernel", "Mach-O", "segment", "__TEXT", "objc_msgSend", " the ", ", ", "0x", "\0\0\0\0", "\n"];

    public static byte[] Mixed(ulong seed, int length)
    {
        var random = new ForgeRandom(seed);
        var data = new byte[length];
        var position = 0;
        while (position < length)
        {
            var rest = data.AsSpan(position);
            var count = Math.Min(rest.Length, 1 + random.Next(1 + random.Next(4000)));
            var part = rest[..count];
            switch (random.Next(6))
            {
                case 0:
                    random.Fill(part);
                    break;
                case 1:
                    part.Fill((byte)random.Next(256));
                    break;
                case 2:
                    Periodic(random, part);
                    break;
                case 3 when position > 0:
                    var distance = 1 + random.Next(position);
                    for (var i = 0; i < count; i++)
                    {
                        data[position + i] = data[position + i - distance];
                    }

                    break;
                case 4 when position > 0:
                    // The short repeats at changing distances that opcodes with few bits are made for.
                    count = Math.Min(count, 3 + random.Next(12));
                    var back = Math.Max(0, position - 1 - random.Next(Math.Min(position, 70_000)));
                    for (var i = 0; i < count; i++)
                    {
                        data[position + i] = data[back + (i % (position - back))];
                    }

                    break;
                default:
                    Text(random, part);
                    break;
            }

            position += count;
        }

        return data;
    }

    private static void Periodic(ForgeRandom random, Span<byte> part)
    {
        var period = Math.Min(part.Length, 2 + random.Next(20));
        random.Fill(part[..period]);
        for (var i = period; i < part.Length; i++)
        {
            part[i] = part[i - period];
        }
    }

    private static void Text(ForgeRandom random, Span<byte> part)
    {
        while (!part.IsEmpty)
        {
            var word = Encoding.ASCII.GetBytes(Words[random.Next(Words.Length)]);
            var count = Math.Min(word.Length, part.Length);
            word.AsSpan(0, count).CopyTo(part);
            part = part[count..];
        }
    }
}

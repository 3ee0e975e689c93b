namespace IpswDiff.Forge;

/// <summary>Damages good files in repeatable ways, for readers that must survive anything.</summary>
public static class Mutator
{
    /// <summary>
    /// <paramref name="count"/> damaged copies of <paramref name="original"/>: bytes flipped or set to telling values, in one to four
    /// places, a third of them within <paramref name="hot"/> bytes of either end, where most structures lie.
    /// </summary>
    public static IEnumerable<byte[]> Damage(byte[] original, int count, ulong seed, int hot = 64)
    {
        var random = new ForgeRandom(seed);
        byte[] telling = [0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF];
        for (var i = 0; i < count; i++)
        {
            var copy = (byte[])original.Clone();
            for (var places = 1 + random.Next(4); places > 0; places--)
            {
                var place = random.Next(3) switch
                {
                    0 => random.Next(Math.Min(hot, copy.Length)),
                    1 => copy.Length - 1 - random.Next(Math.Min(hot, copy.Length)),
                    _ => random.Next(copy.Length),
                };
                copy[place] = random.Next(2) == 0 ? (byte)(copy[place] ^ (1 << random.Next(8))) : telling[random.Next(telling.Length)];
            }

            yield return copy;
        }
    }

    /// <summary><paramref name="original"/> cut short at up to <paramref name="count"/> lengths spread over it, and at every length of its first and last bytes.</summary>
    public static IEnumerable<byte[]> Truncate(byte[] original, int count)
    {
        const int Ends = 40;
        var lengths = Enumerable.Range(0, count).Select(i => (int)((long)original.Length * i / count))
            .Concat(Enumerable.Range(0, Ends))
            .Concat(Enumerable.Range(original.Length - Ends, Ends));
        foreach (var length in lengths.Where(length => length >= 0 && length < original.Length).Distinct())
        {
            yield return original[..length];
        }
    }
}

namespace IpswDiff.Forge.Compression;

/// <summary>Bits written forwards, low first, to be read backwards from the end as LZFSE's entropy coder does.</summary>
internal sealed class BackwardBits
{
    private readonly List<byte> _bytes = [];
    private int _used;

    internal BackwardBits(int padding) => _bytes.AddRange(new byte[padding]);

    internal void Push(uint value, int width)
    {
        for (var i = 0; i < width; i++)
        {
            if (_used % 8 == 0)
            {
                _bytes.Add(0);
            }

            _bytes[^1] |= (byte)(((value >> i) & 1) << (_used % 8));
            _used++;
        }
    }

    /// <summary>The bytes, and minus the number of unused bits in the last.</summary>
    internal byte[] Finish(out int bits)
    {
        bits = -((8 - (_used % 8)) % 8);
        return [.. _bytes];
    }
}

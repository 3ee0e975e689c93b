namespace IpswDiff.Forge.Compression;

/// <summary>Writes LZVN streams and uses every opcode class where the data gives a chance to.</summary>
public sealed class LzvnEncoder
{
    private const int Window = 65535;
    private const int LongestMatch = 4096;

    private readonly ByteWriter _output = new();
    private readonly ForgeRandom? _variety;
    private readonly int[] _uses = new int[Enum.GetValues<LzvnOpcode>().Length];
    private int _distance;

    private LzvnEncoder(ForgeRandom? variety) => _variety = variety;

    /// <summary>Encodes <paramref name="data"/>, end mark included.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="variety">Where given, wider opcodes than needed and empty ones are mixed in.</param>
    public static byte[] Encode(ReadOnlySpan<byte> data, ForgeRandom? variety = null) => Encode(data, variety, out _);

    /// <summary>As <see cref="Encode(ReadOnlySpan{byte}, ForgeRandom?)"/>, and counts how often each class of opcode was used.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> data, ForgeRandom? variety, out IReadOnlyDictionary<LzvnOpcode, int> uses)
    {
        var encoder = new LzvnEncoder(variety);
        encoder.Run(data, 0, new MatchFinder(Window));
        uses = Enum.GetValues<LzvnOpcode>().ToDictionary(opcode => opcode, opcode => encoder._uses[(int)opcode]);
        return encoder._output.ToArray();
    }

    /// <summary>Encodes <paramref name="data"/> from <paramref name="start"/>; matches may reach back before it.</summary>
    internal static byte[] EncodeFrom(ReadOnlySpan<byte> data, int start, ForgeRandom? variety, MatchFinder finder)
    {
        var encoder = new LzvnEncoder(variety);
        encoder.Run(data, start, finder);
        return encoder._output.ToArray();
    }

    private void Run(ReadOnlySpan<byte> data, int start, MatchFinder finder)
    {
        var pending = start;
        var position = start;
        while (position < data.Length)
        {
            var length = finder.Find(data, position, LongestMatch, out var distance);
            if (length == 0 || distance > Window)
            {
                position++;
                continue;
            }

            Match(data[pending..position], length, distance);
            finder.Remember(data, position + 1, position + length);
            position += length;
            pending = position;
        }

        Literals(data[pending..], 0);
        Use(LzvnOpcode.Eos);
        _output.Bytes([6, 0, 0, 0, 0, 0, 0, 0]);
    }

    private void Match(ReadOnlySpan<byte> literals, int length, int distance)
    {
        var repeated = distance == _distance;
        literals = Literals(literals, 3);
        if (_variety?.Next(16) == 0)
        {
            Use(LzvnOpcode.Nop);
            _output.Byte(_variety.Next(2) == 0 ? 14 : 22);
        }

        var count = literals.Length;
        var widest = count switch { 0 => 10, 1 => 8, 2 => 6, _ => 4 };
        var first = Math.Min(length, widest);
        var lead = (count << 6) | ((first - 3) << 3);
        if (repeated && count == 0)
        {
            first = 0;
        }
        else if (repeated)
        {
            Use(LzvnOpcode.PreD);
            _output.Byte(lead | 6);
        }
        else if (distance < 0x600 && length <= widest && !Chance(8))
        {
            Use(LzvnOpcode.SmlD);
            _output.Byte(lead | (distance >> 8));
            _output.Byte(distance);
        }
        else if (distance < 0x4000 && !Chance(4))
        {
            Use(LzvnOpcode.MedD);
            first = Math.Min(length, 34);
            _output.Byte(0xa0 | (count << 3) | ((first - 3) >> 2));
            _output.UInt16((distance << 2) | ((first - 3) & 3));
        }
        else
        {
            Use(LzvnOpcode.LrgD);
            _output.Byte(lead | 7);
            _output.UInt16(distance);
        }

        _output.Bytes(literals);
        _distance = distance;
        for (var rest = length - first; rest > 0;)
        {
            var step = rest < 16 ? rest : Math.Min(rest, 271);
            if (step < 16)
            {
                Use(LzvnOpcode.SmlM);
                _output.Byte(0xf0 | step);
            }
            else
            {
                Use(LzvnOpcode.LrgM);
                _output.Byte(0xf0);
                _output.Byte(step - 16);
            }

            rest -= step;
        }
    }

    // Writes all but the last `keep` literals, which the match's own opcode carries.
    private ReadOnlySpan<byte> Literals(ReadOnlySpan<byte> literals, int keep)
    {
        while (literals.Length > keep)
        {
            var step = literals.Length < 16 ? literals.Length : Math.Min(literals.Length, 271);
            if (step < 16)
            {
                Use(LzvnOpcode.SmlL);
                _output.Byte(0xe0 | step);
            }
            else
            {
                Use(LzvnOpcode.LrgL);
                _output.Byte(0xe0);
                _output.Byte(step - 16);
            }

            _output.Bytes(literals[..step]);
            literals = literals[step..];
        }

        return literals;
    }

    private bool Chance(int one) => _variety is not null && _variety.Next(one) == 0;

    private void Use(LzvnOpcode opcode) => _uses[(int)opcode]++;
}

/// <summary>The classes of LZVN opcodes, as Apple's reference names them.</summary>
public enum LzvnOpcode
{
    SmlD,
    MedD,
    LrgD,
    PreD,
    SmlM,
    LrgM,
    SmlL,
    LrgL,
    Nop,
    Eos,
}

using System.Formats.Asn1;

namespace IpswDiff.Formats.Exclave;

/// <summary>
/// The key-value pairs of one program. <c>__COMPONENTNAME</c> and <c>__COMPONENTTYPE</c> are texts; <c>__MACHO__TEXTOFF</c> and
/// <c>__MACHO__TEXTSZ</c> place a piece of the file's segment, <c>__MACHOHEADEROFF</c> and <c>__MACHOHEADERSZ</c> a segment as it is
/// loaded; numbers are octets, most significant first. <c>__ENDPOINT__n</c> is a service.
/// </summary>
internal sealed class ExclaveCompartment
{
    private const string SectionPrefix = "__MACHO__";
    private const string SegmentPrefix = "__MACHO";
    private const string EndpointPrefix = "__ENDPOINT__";
    private const int MaxPairs = 4096;

    internal string Name { get; private set; } = string.Empty;

    internal string Type { get; private set; } = string.Empty;

    internal List<ExclavePart> Sections { get; } = [];

    internal List<ExclavePart> Segments { get; } = [];

    internal List<string> Endpoints { get; } = [];

    internal static ExclaveCompartment Read(AsnReader reader, long bundleLength)
    {
        var compartment = new ExclaveCompartment();
        var numbers = new Dictionary<string, long>(StringComparer.Ordinal);
        reader.ReadIntegerBytes();
        var pairs = reader.ReadSequence();
        for (var count = 0; pairs.HasData; count++)
        {
            if (count > MaxPairs)
            {
                throw ExclaveBundle.Fault(-1, $"a compartment has more than {MaxPairs} keys");
            }

            compartment.Add(pairs.ReadSequence(), numbers);
        }

        compartment.Place(numbers, bundleLength);
        return compartment;
    }

    private void Add(AsnReader pair, Dictionary<string, long> numbers)
    {
        var key = ExclaveConfig.ReadText(pair);
        if (key == "__COMPONENTNAME")
        {
            Name = ExclaveConfig.ReadText(pair);
        }
        else if (key == "__COMPONENTTYPE")
        {
            Type = ExclaveConfig.ReadText(pair);
        }
        else if (key.StartsWith(EndpointPrefix, StringComparison.Ordinal))
        {
            Endpoints.Add(ReadEndpoint(ExclaveConfig.ReadContent(pair)));
        }
        else if (key.StartsWith(SegmentPrefix, StringComparison.Ordinal))
        {
            numbers[key] = ReadNumber(key, ExclaveConfig.ReadContent(pair).Span);
        }
    }

    private void Place(Dictionary<string, long> numbers, long bundleLength)
    {
        foreach (var (key, size) in numbers)
        {
            if (!key.EndsWith("SZ", StringComparison.Ordinal) || size == 0)
            {
                continue;
            }

            // A part without an offset is the first of the bundle.
            var offset = numbers.GetValueOrDefault(key[..^2] + "OFF");
            if (offset > bundleLength - size)
            {
                throw ExclaveBundle.Fault(-1, $"{Name}: {key[..^2]}, 0x{size:x} bytes at 0x{offset:x}, leaves the bundle of 0x{bundleLength:x} bytes");
            }

            var isSection = key.StartsWith(SectionPrefix, StringComparison.Ordinal);
            var name = key[(isSection ? SectionPrefix : SegmentPrefix).Length..^2];
            (isSection ? Sections : Segments).Add(new ExclavePart(name, offset, size));
        }

        Sections.Sort(static (one, other) => (one.Offset, one.Name).CompareTo((other.Offset, other.Name)));
        Segments.Sort(static (one, other) => (one.Offset, one.Name).CompareTo((other.Offset, other.Name)));
    }

    // SEQUENCE { type, any, any, name }
    private static string ReadEndpoint(ReadOnlyMemory<byte> encoded)
    {
        var reader = new AsnReader(encoded, AsnEncodingRules.BER).ReadSequence();
        reader.ReadIntegerBytes();
        reader.ReadEncodedValue();
        reader.ReadEncodedValue();
        return ExclaveConfig.ReadText(reader);
    }

    private static long ReadNumber(string key, ReadOnlySpan<byte> octets)
    {
        octets = octets.TrimStart((byte)0);
        if (octets.Length > 7)
        {
            throw ExclaveBundle.Fault(-1, $"{key} is a number of {octets.Length} bytes");
        }

        var value = 0L;
        foreach (var octet in octets)
        {
            value = (value << 8) | octet;
        }

        return value;
    }
}

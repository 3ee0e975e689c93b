using System.Formats.Asn1;
using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Exclave;

/// <summary>
/// The configuration of a bundle:
/// <c>SEQUENCE { INTEGER, INTEGER, assets SEQUENCE OF { name, type, offset, size }, contents SEQUENCE OF { index, [] { name, type } },
/// compartments SEQUENCE OF { id, SEQUENCE OF { key, value } } }</c>. What follows known elements is passed over.
/// </summary>
internal sealed class ExclaveConfig
{
    private const int MaxItems = 1 << 16;

    internal static ExclaveConfig Empty { get; } = new();

    internal List<ExclaveAsset> Assets { get; } = [];

    internal List<ExclaveCompartment> Compartments { get; } = [];

    private List<(string Name, int Type)?> Contents { get; } = [];

    internal static ExclaveConfig Read(byte[] encoded, long offset, long bundleLength)
    {
        try
        {
            var config = new ExclaveConfig();
            AsnDecoder.ReadEncodedValue(encoded, AsnEncodingRules.BER, out _, out _, out var length);
            var reader = new AsnReader(encoded.AsMemory(0, length), AsnEncodingRules.BER).ReadSequence();
            reader.ReadIntegerBytes();
            reader.ReadIntegerBytes();
            for (var assets = reader.ReadSequence(); assets.HasData; CheckCount(config.Assets.Count))
            {
                config.Assets.Add(ReadAsset(assets.ReadSequence(), bundleLength));
            }

            for (var contents = reader.ReadSequence(); contents.HasData; CheckCount(config.Contents.Count))
            {
                config.Contents.Add(ReadContents(contents.ReadSequence()));
            }

            for (var compartments = reader.ReadSequence(); compartments.HasData; CheckCount(config.Compartments.Count))
            {
                config.Compartments.Add(ExclaveCompartment.Read(compartments.ReadSequence(), bundleLength));
            }

            return config;
        }
        catch (AsnContentException fault)
        {
            throw new FirmwareFormatException(ExclaveBundle.Format, offset, $"the configuration is damaged: {fault.Message}", fault);
        }
    }

    /// <summary>The asset that the table of contents gives to a program beside its Mach-O, with its name; null for the kernel and for programs without one.</summary>
    internal (string Name, ExclaveAsset Asset)? FindExtra(int index) =>
        index > 0 && index < Contents.Count && Contents[index] is { } content && Assets.Find(asset => asset.Type == content.Type) is { } found
            ? (content.Name, found)
            : null;

    /// <summary>The content of an element of whatever tag, as text.</summary>
    internal static string ReadText(AsnReader reader) => Encoding.UTF8.GetString(ReadContent(reader).Span).TrimEnd('\0');

    /// <summary>The content of an element of whatever tag.</summary>
    internal static ReadOnlyMemory<byte> ReadContent(AsnReader reader)
    {
        var encoded = reader.ReadEncodedValue();
        AsnDecoder.ReadEncodedValue(encoded.Span, AsnEncodingRules.BER, out var offset, out var length, out _);
        return encoded.Slice(offset, length);
    }

    private static void CheckCount(int count)
    {
        if (count > MaxItems)
        {
            throw ExclaveBundle.Fault(-1, $"a list of the configuration has more than {MaxItems} elements");
        }
    }

    private static ExclaveAsset ReadAsset(AsnReader reader, long bundleLength)
    {
        var name = ReadText(reader);
        if (!reader.TryReadInt32(out var type) || !reader.TryReadInt64(out var offset) || !reader.TryReadInt64(out var size)
            || offset < 0 || size < 0 || offset > bundleLength - size)
        {
            throw ExclaveBundle.Fault(-1, $"asset {name} does not lie in the bundle of 0x{bundleLength:x} bytes");
        }

        return new ExclaveAsset(name, type, offset, size);
    }

    private static (string Name, int Type)? ReadContents(AsnReader reader)
    {
        reader.ReadIntegerBytes();
        if (!reader.HasData)
        {
            return null;
        }

        // The element wraps a sequence.
        var wrapped = ReadContent(reader);
        if (wrapped.IsEmpty)
        {
            return null;
        }

        var entry = new AsnReader(wrapped, AsnEncodingRules.BER).ReadSequence();
        var name = ReadText(entry);
        return entry.TryReadInt32(out var type) ? (name, type) : null;
    }
}

using System.Buffers.Binary;
using System.Globalization;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>What reports call the places that code refers to.</summary>
internal static class TargetTexts
{
    private const int LongestText = 256;

    /// <summary>
    /// The texts of some addresses of an image: names, strings, numbers; failing all of them the address.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The image is damaged.</exception>
    public static Dictionary<ulong, string> Of(FunctionTable functions, ImageTargets targets, HashSet<ulong> addresses)
    {
        var texts = new Dictionary<ulong, string>(addresses.Count);
        var byFunction = addresses.Select(address =>
            (Address: address, Target: targets.Find(address))).Where(static pair =>
            pair.Target.Kind == TargetKind.Function).ToArray();
        var functionNames = functions.GetText(byFunction.Select(static pair => pair.Target.Function).ToHashSet());
        var symbols = addresses.Count == byFunction.Length ? [] : targets.Symbols.GetText(addresses);
        foreach (var (address, target) in byFunction)
        {
            texts.Add(address, functionNames[target.Function]);
        }

        foreach (var address in addresses)
        {
            texts.TryAdd(address, Of(targets, address, symbols));
        }

        return texts;
    }

    private static string Of(ImageTargets targets, ulong address, Dictionary<ulong, string> symbols)
    {
        var kind = targets.Find(address).Kind;
        var text = kind is TargetKind.String or TargetKind.Selector or TargetKind.Class ? targets.ReadText(address)
            : null;
        if (text is null && symbols.TryGetValue(address, out var name))
        {
            return name;
        }

        text ??= targets.ReadText(address);
        return text is null ? Address(address)
            : text.Length > LongestText ? string.Concat(text.AsSpan(0, LongestText), "…") : text;
    }

    /// <summary>The number at an address.</summary>
    /// <param name="targets">The image.</param>
    /// <param name="address">Where it stands.</param>
    /// <param name="width">Its bytes; 0 for those of the literals of its section.</param>
    public static string Number(ImageTargets targets, ulong address, int width)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        width = width == 0 ? targets.LiteralWidth(address) : Math.Min(width, bytes.Length);
        return width == 0 || !targets.Memory.TryRead(address, bytes[..width]) ? Address(address) : width switch
        {
            4 => Number(BinaryPrimitives.ReadSingleLittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes)),
            8 => Number(BinaryPrimitives.ReadDoubleLittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes)),
            _ => string.Create(CultureInfo.InvariantCulture, $"0x{BinaryPrimitives.ReadUInt128LittleEndian(bytes):x}"),
        };
    }

    private static string Address(ulong address) => string.Create(CultureInfo.InvariantCulture, $"0x{address:x}");

    // Whether a literal is a floating-point number only its user knows; what looks like one is told as one, with its
    // bits.
    private static string Number(double value, ulong bits) => Math.Abs(value) is >= 1e-12 and <= 1e15
        ? string.Create(CultureInfo.InvariantCulture, $"{value:R} (0x{bits:x})")
        : string.Create(CultureInfo.InvariantCulture, $"0x{bits:x}");
}

using System.Diagnostics.CodeAnalysis;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Plist;

/// <summary>
/// Reads property lists: binary, XML (also the dialect the kernel serialises, with <c>ID</c> and <c>IDREF</c>) and the old text form
/// of <c>.strings</c> files. The form is found from the first bytes.
/// </summary>
public static class PropertyList
{
    /// <summary>Bytes that <see cref="Matches"/> wants to see; fewer will do where the file has no more.</summary>
    public const int HeadLength = 1024;

    /// <summary>Reads a property list.</summary>
    /// <exception cref="FirmwareFormatException">It is damaged, cyclic, too deep or too large.</exception>
    public static PlistValue Parse(ReadOnlyMemory<byte> bytes, PlistLimits? limits = null)
    {
        limits ??= PlistLimits.Default;
        CheckSize(bytes.Length, limits);
        return bytes.Span.StartsWith(BinaryPlistReader.Magic) ? BinaryPlistReader.Read(bytes.Span, limits)
            : PlistText.BeginsMarkup(bytes.Span) ? XmlPlistReader.Read(bytes, limits)
            : OpenStepPlistReader.Read(bytes.Span, limits);
    }

    /// <summary>Reads a property list that a source holds from end to end.</summary>
    /// <exception cref="FirmwareFormatException">It is damaged, cyclic, too deep or too large.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static PlistValue Parse(ByteSource source, PlistLimits? limits = null)
    {
        limits ??= PlistLimits.Default;
        CheckSize(source.Length, limits);
        return Parse(source.ReadBytes(0, (int)source.Length), limits);
    }

    /// <summary>Reads a property list whose top value is a dictionary, as nearly all are.</summary>
    /// <exception cref="FirmwareFormatException">It is damaged, cyclic, too deep or too large, or its top value is something else.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static PlistDictionary ParseDictionary(ByteSource source, PlistLimits? limits = null) => AsDictionary(Parse(source, limits));

    /// <summary>Reads a property list whose top value is a dictionary, as nearly all are.</summary>
    /// <exception cref="FirmwareFormatException">It is damaged, cyclic, too deep or too large, or its top value is something else.</exception>
    public static PlistDictionary ParseDictionary(ReadOnlyMemory<byte> bytes, PlistLimits? limits = null) => AsDictionary(Parse(bytes, limits));

    /// <summary>Reads a property list, or says that the bytes are none.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out PlistValue? value, PlistLimits? limits = null)
    {
        try
        {
            value = Parse(bytes, limits);
            return true;
        }
        catch (FirmwareFormatException)
        {
            value = null;
            return false;
        }
    }

    /// <summary>Whether a file that begins with <paramref name="head"/> declares itself a property list, binary or XML.</summary>
    public static bool Matches(ReadOnlySpan<byte> head) => TryDetect(head, out _);

    /// <summary>
    /// Whether a file that begins with <paramref name="prefix"/> declares itself a binary or XML property list. The old text form
    /// has no mark of its own and is never found here.
    /// </summary>
    public static bool TryDetect(ReadOnlySpan<byte> prefix, out PlistFormat format)
    {
        if (prefix.StartsWith(BinaryPlistReader.Magic))
        {
            format = PlistFormat.Binary;
            return true;
        }

        format = PlistFormat.Xml;
        return PlistText.BeginsXmlPlist(prefix);
    }

    private static PlistDictionary AsDictionary(PlistValue value) =>
        value as PlistDictionary
        ?? throw new FirmwareFormatException(PlistBudget.Format, 0, $"the top value is of kind {value.Kind}, a dictionary is wanted");

    private static void CheckSize(long length, PlistLimits limits)
    {
        if (length == 0)
        {
            throw new FirmwareFormatException(PlistBudget.Format, 0, "the file is empty");
        }

        if (length > limits.MaxInputBytes)
        {
            throw new FirmwareFormatException(PlistBudget.Format, 0, $"{length} bytes, more than the {limits.MaxInputBytes} that are read");
        }
    }
}

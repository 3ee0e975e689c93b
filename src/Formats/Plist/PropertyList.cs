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

    /// <summary>
    /// Reads a property list in the old text form, which has no mark of its own, if the whole file is one: a dictionary, an array, data, or
    /// the entries of a <c>.strings</c> file. A lone word or a file of comments could be anything and is none.
    /// </summary>
    /// <param name="source">The file.</param>
    /// <param name="value">What it holds; null when the result is false.</param>
    /// <param name="isStrings">Whether it is a <c>.strings</c> file: entries without braces around them.</param>
    /// <param name="limits">What may be read.</param>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static bool TryParseText(ByteSource source, [NotNullWhen(true)] out PlistValue? value, out bool isStrings, PlistLimits? limits = null)
    {
        limits ??= PlistLimits.Default;
        (value, isStrings) = (null, false);
        Span<byte> head = stackalloc byte[HeadLength];
        if (source.Length == 0 || source.Length > limits.MaxInputBytes || !PlistText.LooksLikeText(head[..source.ReadUpTo(0, head)]))
        {
            return false;
        }

        try
        {
            value = OpenStepPlistReader.Read(source.ReadBytes(0, (int)source.Length), limits, out isStrings);
            value = value is PlistString or PlistDictionary { Count: 0 } ? null : value;
        }
        catch (FirmwareFormatException fault) when (fault.Format == PlistBudget.Format)
        {
            // It is something else, or damaged beyond being told.
        }

        return value is not null;
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

using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Plist;

/// <summary>Counts what one parse makes against its limits, before it is made.</summary>
internal sealed class PlistBudget(PlistLimits limits)
{
    internal const string Format = "plist";

    private long _values;
    private long _bytes;

    /// <summary>What was counted so far; the difference of two is the size of what was parsed between them.</summary>
    internal (long Values, long Bytes) Used => (_values, _bytes);

    /// <summary>Counts one more value with <paramref name="bytes"/> of content.</summary>
    internal void Add(long offset, long bytes) => Add(offset, 1, bytes);

    /// <summary>Counts <paramref name="values"/> more values, which hold <paramref name="bytes"/> together.</summary>
    internal void Add(long offset, long values, long bytes)
    {
        CheckRoom(offset, values);
        _values += values;
        _bytes += bytes;
        if (_bytes > limits.MaxContentBytes)
        {
            throw new FirmwareFormatException(Format, offset, $"strings and data of more than {limits.MaxContentBytes} bytes");
        }
    }

    /// <summary>Fails where <paramref name="values"/> more would be too many, without counting them yet.</summary>
    internal void CheckRoom(long offset, long values)
    {
        if (values > limits.MaxValues - _values)
        {
            throw new FirmwareFormatException(Format, offset, $"more than {limits.MaxValues} values");
        }
    }

    /// <summary>Fails where <paramref name="depth"/> containers lie inside one another and that is too many.</summary>
    internal void CheckDepth(long offset, int depth)
    {
        if (depth > limits.MaxDepth)
        {
            throw new FirmwareFormatException(Format, offset, $"arrays and dictionaries lie more than {limits.MaxDepth} deep");
        }
    }
}

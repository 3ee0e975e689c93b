using System.IO.Hashing;
using System.Runtime.InteropServices;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.IBoot;

namespace IpswDiff.Diffing.Handlers.Firmware;

/// <summary>
/// Strings of raw firmware, as sets: what one side alone holds, with the place where it stands first. Where a string moved to does not
/// count, nor how often it stands.
/// </summary>
internal static class LocatedStrings
{
    /// <summary>Characters of the shortest string that counts, as in published reports; shorter ones are mostly code that looks like text.</summary>
    public const int MinimumLength = 10;

    // Real images hold some ten thousand strings. What holds more than these is no image, and its strings are not compared.
    private const int MaxStrings = 1 << 20;
    private const int WindowBytes = 1 << 20;

    /// <summary>The strings of a source from front to back, one window of it in memory at a time.</summary>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    public static IEnumerable<FirmwareString> Read(ByteSource source)
    {
        var window = new byte[WindowBytes];
        for (long at = 0; at < source.Length;)
        {
            var count = source.ReadUpTo(at, window);
            if (at + count < source.Length && window.AsSpan(0, count).LastIndexOfAnyInRange((byte)0, (byte)0x1F) is > 0 and var end)
            {
                // No string reaches across a control character.
                count = end + 1;
            }

            foreach (var text in FirmwareStrings.Read(window.AsMemory(0, count), 0, MinimumLength))
            {
                yield return text with { Offset = at + text.Offset };
            }

            at += count;
        }
    }

    /// <summary>What one side alone holds; null where neither does, or where there are too many to compare.</summary>
    public static LocatedTextChanges? Compare(IEnumerable<FirmwareString> old, IEnumerable<FirmwareString> @new)
    {
        if (Hashes(old) is not { } before || Hashes(@new) is not { } after)
        {
            return null;
        }

        var (added, removed) = (Missing(@new, before), Missing(old, after));
        return added.Length + removed.Length == 0 ? null : new LocatedTextChanges(added, removed);
    }

    /// <summary>Adds to <paramref name="counts"/> how many strings came and went.</summary>
    public static void Count(LocatedTextChanges? strings, SortedDictionary<string, long> counts)
    {
        if (strings is { Added.Count: > 0 })
        {
            counts["stringsAdded"] = strings.Added.Count;
        }

        if (strings is { Removed.Count: > 0 })
        {
            counts["stringsRemoved"] = strings.Removed.Count;
        }
    }

    private static HashSet<UInt128>? Hashes(IEnumerable<FirmwareString> strings)
    {
        var hashes = new HashSet<UInt128>();
        foreach (var text in strings)
        {
            hashes.Add(Hash(text));
            if (hashes.Count > MaxStrings)
            {
                return null;
            }
        }

        return hashes;
    }

    private static LocatedText[] Missing(IEnumerable<FirmwareString> strings, HashSet<UInt128> others)
    {
        var seen = new HashSet<UInt128>();
        return [.. strings.Where(text => Hash(text) is var hash && !others.Contains(hash) && seen.Add(hash)).Select(text => new LocatedText(text.Offset, text.Text))];
    }

    private static UInt128 Hash(FirmwareString text) => XxHash128.HashToUInt128(MemoryMarshal.AsBytes(text.Text.AsSpan()));
}

using System.Globalization;
using System.IO.Hashing;
using System.Text;
using IpswDiff.Diffing.Storage;
using IpswDiff.Formats.HfsPlus;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>
/// Names the pages beside the README after what they tell of. Paths from a firmware may be anything: no name leads out
/// of the folder, is longer than file systems take, is that of a device, ends in a full stop, differs from another only
/// in case or in how its letters are composed, or is a file where another name has a folder.
/// </summary>
internal sealed class PageNames
{
    private const string Extension = ".md";

    // Storage adds to the last part while a page is written; file systems take 255 bytes a part.
    private const int LongestPart = 120;
    private const int LongestName = 500;

    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>The folder of a section's pages of one volume.</summary>
    /// <param name="folder">The section's folder.</param>
    /// <param name="volume">The volume; empty where there is only one place.</param>
    public static string Place(string folder, string volume) => volume.Length > 0 ? $"{folder}/{Folder(Safe(volume.Replace('/', '_')))}" : folder;

    /// <summary>A name for the page of an item, taken from now on.</summary>
    public string Take(string place, string? volume, string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Safe).ToArray();
        var name = new StringBuilder(place);
        foreach (var part in parts.SkipLast(1).Select(Folder))
        {
            if (name.Length + part.Length > LongestName)
            {
                break;
            }

            name.Append('/').Append(part);
        }

        name.Append('/').Append(parts.Length == 0 ? "entry" : parts[^1]);
        var plain = name.ToString();
        var hash = XxHash32.HashToUInt32(Encoding.UTF8.GetBytes($"{volume}\0{path}"));
        while (!_taken.Add(Folded(name + Extension)))
        {
            name.Clear().Append(plain).Append(CultureInfo.InvariantCulture, $".{hash:x8}");
            hash++;
        }

        return name + Extension;
    }

    /// <summary>A name for the page of a list that is too long for the README, taken from now on.</summary>
    public string TakeList(string place, string tag) => Take(Path.GetDirectoryName(place) is { Length: > 0 } parent ? parent.Replace('\\', '/') : place, null, $"{Path.GetFileName(place)}.{tag}");

    // Only pages end like a page.
    private static string Folder(string part) => part.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) ? part + "_" : part;

    private static string Safe(string part)
    {
        var safe = new StringBuilder(part.Length);
        var bytes = 0;
        foreach (var c in part)
        {
            bytes += c < 0x80 ? 1 : 3;
            if (bytes > LongestPart)
            {
                break;
            }

            safe.Append(c is ' ' or '(' or ')' or '#' or '?' or '\\' or ':' or '*' or '"' or '<' or '>' or '|' || IsUnseen(c) ? '_' : c);
        }

        var text = DeviceNames.Avoid(safe.ToString());
        return text.TrimEnd('.').PadRight(text.Length, '_');
    }

    // What any file system takes for the same name: HFS+ decomposes letters, APFS compares them so, both and NTFS fold
    // case. It says so of more names than they do, which costs a hash in one of them: marks above and below a letter
    // are in no order here. .NET itself decomposes nothing where it runs without ICU.
    private static string Folded(string name)
    {
        var letters = HfsDecomposition.Decompose(name).ToUpperInvariant().ToLowerInvariant()
            .Replace("ß", "ss", StringComparison.Ordinal).ToCharArray();
        for (var start = 0; start < letters.Length; start++)
        {
            var end = start;
            while (end < letters.Length
                && CharUnicodeInfo.GetUnicodeCategory(letters[end]) == UnicodeCategory.NonSpacingMark)
            {
                end++;
            }

            Array.Sort(letters, start, end - start);
            start = Math.Max(start, end - 1);
        }

        return new string(letters);
    }

    private static bool IsUnseen(char c) => char.IsSurrogate(c)
        || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned;
}

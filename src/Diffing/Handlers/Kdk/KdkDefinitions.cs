using IpswDiff.Formats.Dwarf;

namespace IpswDiff.Diffing.Handlers.Kdk;

/// <summary>What the texts of two definitions of one type differ in.</summary>
internal static class KdkDefinitions
{
    private const string CommentEnd = "*/ ";

    /// <summary>How many lines one side alone has, when offsets and sizes are left aside.</summary>
    internal static (long Added, long Removed) CountLines(string old, string @new)
    {
        var lines = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var line in old.Split('\n'))
        {
            lines[Declaration(line)] = lines.GetValueOrDefault(Declaration(line)) - 1;
        }

        foreach (var line in @new.Split('\n'))
        {
            lines[Declaration(line)] = lines.GetValueOrDefault(Declaration(line)) + 1;
        }

        return (lines.Values.Where(count => count > 0).Sum(), -lines.Values.Where(count => count < 0).Sum());
    }

    /// <summary>The aspects that differ: <c>size</c>, what the kind of type is made of, or <c>layout</c> where its members are the same.</summary>
    internal static IReadOnlyList<string> Aspects(KdkChange change, long added, long removed)
    {
        var aspects = new List<string>();
        if (!change.Old.Select(type => type.ByteSize).SequenceEqual(change.New.Select(type => type.ByteSize)))
        {
            aspects.Add("size");
        }

        aspects.Add(added + removed == 0 ? "layout" : change.Kind switch
        {
            DwarfTypeKind.Enum => "values",
            DwarfTypeKind.Typedef => "type",
            _ => "members",
        });
        return aspects;
    }

    // A line without the comment that says where its member lies, or how large what begins on it is.
    private static string Declaration(string line)
    {
        var text = line.Trim();
        if (text.StartsWith("/*", StringComparison.Ordinal) && text.IndexOf(CommentEnd, StringComparison.Ordinal) is >= 0 and var end)
        {
            text = text[(end + CommentEnd.Length)..];
        }

        return text.EndsWith(" bytes */", StringComparison.Ordinal) ? text[..text.LastIndexOf(" /*", StringComparison.Ordinal)] : text;
    }
}

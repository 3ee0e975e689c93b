using System.IO.Hashing;
using System.Text;

namespace IpswDiff.Diffing.Storage;

/// <summary>The names of artifacts: deterministic, safe on every file system and in blob storage.</summary>
public static class ArtifactNames
{
    /// <summary>The folder of all details of items.</summary>
    public const string ItemsFolder = "items";

    /// <summary>Where all lists of the report are kept, once they are merged.</summary>
    public const string Lists = "lists.bin";

    private const int LongestPart = 60;

    // Blob storage takes 1,024 characters, a scope before the name among them.
    private const int LongestName = 900;

    /// <summary>
    /// Where the details of one item are kept. The last part ends in a hash of volume and path, so that paths which differ only in
    /// case or in characters that file names cannot hold stay apart.
    /// </summary>
    public static string ForItem(string handler, string? volume, string path)
    {
        var hash = XxHash64.HashToUInt64(Encoding.UTF8.GetBytes($"{volume}\0{path}"));
        var name = new StringBuilder(ItemsFolder).Append('/').Append(handler).Append('/');
        if (volume is not null)
        {
            AppendPart(name, volume);
            name.Append('/');
        }

        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries).TakeLast(6))
        {
            AppendPart(name, part);
            name.Append('/');
        }

        name.Length--;
        return name.Append('.').Append(hash.ToString("x16")).Append(".json.gz").ToString();
    }

    /// <summary>Where the result of one shard is kept.</summary>
    public static string ForShard(int number) => $"shards/{number:D6}.jsonl.gz";

    /// <summary>Where the cdhashes are kept that the binaries of one shard gained and lost.</summary>
    public static string ForCdHashes(int number) => $"cdhashes/{number:D6}.jsonl.gz";

    /// <summary>Where details are kept until the merge names what they tell by hash; <paramref name="details"/> is their name in the report.</summary>
    public static string ForUnnamed(string details) => $"unnamed/{details}";

    /// <summary>
    /// Fails unless <paramref name="name"/> is a relative path of parts separated by <c>/</c>, none of them empty, <c>.</c> or <c>..</c>,
    /// of 900 characters at most, without backslashes and control characters.
    /// </summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static void Check(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > LongestName)
        {
            throw new ArgumentException($"an artifact name of {name.Length} characters is longer than {LongestName}", nameof(name));
        }

        foreach (var c in name)
        {
            if (c == '\\' || char.IsControl(c))
            {
                throw new ArgumentException("an artifact name holds a backslash or a control character", nameof(name));
            }
        }

        foreach (var range in name.AsSpan().Split('/'))
        {
            if (name.AsSpan()[range] is "" or "." or "..")
            {
                throw new ArgumentException($"the artifact name '{name}' has an empty part or leads out of the store", nameof(name));
            }
        }
    }

    /// <summary>Fails unless names may begin with <paramref name="prefix"/>; the empty prefix is that of every name.</summary>
    /// <exception cref="ArgumentException">They may not.</exception>
    public static void CheckPrefix(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        Check(prefix + "x");
    }

    private static void AppendPart(StringBuilder name, string part)
    {
        var start = name.Length;
        foreach (var c in part.AsSpan(0, Math.Min(part.Length, LongestPart)))
        {
            var first = name.Length == start;
            name.Append(char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '+' || (c == '.' && !first) ? c : '_');
        }

        while (name[^1] == '.')
        {
            name[^1] = '_';
        }

        var plain = name.ToString(start, name.Length - start);
        var kept = DeviceNames.Avoid(plain);
        if (kept != plain)
        {
            name.Length = start;
            name.Append(kept);
        }
    }
}

namespace IpswDiff.Diffing.Handlers.Localizations;

/// <summary>
/// The locales that a run wants. Names are compared without regard to case and to whether <c>-</c> or <c>_</c> stands in them; the
/// names of languages in English that older systems used count as their codes, and <c>Base</c> and <c>en_US</c> as <c>en</c>.
/// </summary>
internal sealed class LocaleFilter
{
    /// <summary>The name that asks for every locale.</summary>
    public const string All = "all";

    private const string FolderExtension = ".lproj";

    private static readonly Dictionary<string, string> Synonyms = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Base"] = "en",
        ["English"] = "en",
        ["en_US"] = "en",
        ["Dutch"] = "nl",
        ["French"] = "fr",
        ["German"] = "de",
        ["Italian"] = "it",
        ["Japanese"] = "ja",
        ["Portuguese"] = "pt",
        ["Spanish"] = "es",
    };

    private readonly HashSet<string>? _wanted;

    /// <summary>Makes a filter.</summary>
    /// <param name="names">Locales, or <see cref="All"/>.</param>
    /// <exception cref="ArgumentException">There is no name, or one is empty.</exception>
    public LocaleFilter(IReadOnlyCollection<string> names)
    {
        if (names.Count == 0 || names.Any(string.IsNullOrWhiteSpace))
        {
            throw new ArgumentException($"locales are named as en, de or zh_CN, or '{All}' for every one");
        }

        _wanted = names.Contains(All, StringComparer.OrdinalIgnoreCase) ? null : new(names.Select(Canonical), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Whether a locale is wanted.</summary>
    public bool Wants(string locale) => _wanted is null || _wanted.Contains(Canonical(locale));

    /// <summary>The one name of a locale that has several.</summary>
    public static string Canonical(string locale)
    {
        var name = locale.Replace('-', '_');
        return Synonyms.GetValueOrDefault(name, name);
    }

    /// <summary>The locale of the first <c>.lproj</c> folder on a path, or null where there is none.</summary>
    public static string? OfPath(string path)
    {
        foreach (var range in path.AsSpan().Split('/'))
        {
            var part = path.AsSpan()[range];
            if (part.EndsWith(FolderExtension, StringComparison.OrdinalIgnoreCase))
            {
                return part[..^FolderExtension.Length].ToString();
            }
        }

        return null;
    }

    /// <summary>The smaller, the sooner a table stands for its language where several do.</summary>
    internal static int Preference(string locale) => locale.Replace('-', '_') switch
    {
        "en_US" => 0,
        "en" => 1,
        "English" => 2,
        "Base" => 3,
        _ => 4,
    };
}

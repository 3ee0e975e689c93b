using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Values;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Diffing.Handlers.Localizations;

/// <summary>Text that users see: <c>.strings</c>, <c>.stringsdict</c> and <c>.loctable</c> files of the wanted locales, compared by key.</summary>
internal sealed class LocalizationsHandler(LocaleFilter locales, bool exhaustive) : IFileHandler
{
    /// <summary>The handler's section.</summary>
    public static SectionDescriptor Descriptor { get; } = new("Localizations")
    {
        ShowsValuesInline = true,
        RecognisesMoves = true,
        Subject = "string tables of the wanted locales",
    };

    private const string ProvenanceKey = "LocProvenance";

    private readonly KeyedFiles _files = new(exhaustive);

    /// <inheritdoc/>
    public SectionDescriptor Section => Descriptor;

    /// <inheritdoc/>
    public bool NeedsFileSystem => true;

    /// <inheritdoc/>
    public void Compare(FilePair pair, ItemSink sink, CancellationToken cancellationToken)
    {
        var extension = Path.GetExtension(pair.Path.AsSpan());
        if (extension.Equals(".loctable", StringComparison.OrdinalIgnoreCase))
        {
            _files.Compare(pair, sink, ReadTable);
        }
        else if ((extension.Equals(".strings", StringComparison.OrdinalIgnoreCase) || extension.Equals(".stringsdict", StringComparison.OrdinalIgnoreCase))
            && (LocaleFilter.OfPath(pair.Path) is not { } locale || locales.Wants(locale)))
        {
            _files.Compare(pair, sink, KeyedFiles.Read);
        }
    }

    // Locale by locale; what else stands beside them (where the texts came from) is none.
    private PlistValue? ReadTable(FileSide side)
    {
        if (KeyedFiles.Read(side) is not PlistDictionary table)
        {
            return null;
        }

        var wanted = new OrderedDictionary<string, PlistValue>(StringComparer.Ordinal);
        foreach (var (name, value) in table.OrderBy(entry => LocaleFilter.Preference(entry.Key)).ThenBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (value is PlistDictionary && name != ProvenanceKey && locales.Wants(name))
            {
                // The preferred of several tables of one language takes its name, so that en and en_US on two sides meet.
                wanted.TryAdd(wanted.ContainsKey(LocaleFilter.Canonical(name)) ? name : LocaleFilter.Canonical(name), value);
            }
        }

        return wanted.Count == 0 ? null : new PlistDictionary(wanted);
    }
}

using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Values;

namespace IpswDiff.Diffing.Handlers.Features;

/// <summary>Feature flags: the property lists below <c>Library/FeatureFlags</c>, one a domain, compared by flag and attribute in exact case.</summary>
internal sealed class FeaturesHandler(bool exhaustive) : IFileHandler
{
    /// <summary>The handler's section.</summary>
    public static SectionDescriptor Descriptor { get; } = new("Features")
    {
        Heading = "Feature Flags",
        ShowsValuesInline = true,
        RecognisesMoves = true,
        Subject = "feature-flag property lists",
    };

    private static readonly string[] Folders = ["/Library/FeatureFlags/", "/Library/Preferences/FeatureFlags/"];

    private readonly KeyedFiles _files = new(exhaustive);

    /// <inheritdoc/>
    public SectionDescriptor Section => Descriptor;

    /// <inheritdoc/>
    public bool NeedsFileSystem => true;

    /// <inheritdoc/>
    public void Compare(FilePair pair, ItemSink sink, CancellationToken cancellationToken)
    {
        if (IsFeatureFlags(pair.Path))
        {
            _files.Compare(pair, sink, KeyedFiles.Read);
        }
    }

    private static bool IsFeatureFlags(string path) =>
        path.EndsWith(".plist", StringComparison.OrdinalIgnoreCase)
        && Array.Exists(Folders, folder => path.Contains(folder, StringComparison.Ordinal));
}

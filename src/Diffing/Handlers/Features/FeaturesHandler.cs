using IpswDiff.Diffing.Passes;
using IpswDiff.Diffing.Values;

namespace IpswDiff.Diffing.Handlers.Features;

/// <summary>Feature flags: the property lists below <c>Library/FeatureFlags</c>, one a domain, compared by flag and attribute in exact case.</summary>
public sealed class FeaturesHandler(bool exhaustive) : IFileHandler
{
    private static readonly string[] Folders = ["/Library/FeatureFlags/", "/Library/Preferences/FeatureFlags/"];

    private readonly KeyedFiles _files = new(exhaustive);

    /// <inheritdoc/>
    public string Name => "Features";

    /// <inheritdoc/>
    public bool RecognisesMoves => true;

    /// <inheritdoc/>
    public bool NeedsFileSystem => true;

    /// <inheritdoc/>
    public string Subject => "feature-flag property lists";

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

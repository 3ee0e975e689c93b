using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Signal;
using IpswDiff.Diffing.Values;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Diffing.Handlers.Launchd;

/// <summary>
/// What launchd starts: the configuration inside <c>/sbin/launchd</c> (section <c>__TEXT,__config</c>), the property lists of daemons
/// and agents, and the list of all of them that newer systems keep in <c>System/Library/xpc/launchd.plist</c>; compared by key.
/// </summary>
internal sealed class LaunchdHandler(bool exhaustive) : IFileHandler
{
    /// <summary>The handler's section.</summary>
    public static SectionDescriptor Descriptor { get; } = new("Launchd")
    {
        Classes = ItemClasses.OfInterface,
        ShowsValuesInline = true,
        RecognisesMoves = true,
        Subject = "launchd and no property lists of daemons or agents",
    };

    private const int MaxConfigBytes = 16 << 20;
    private const string Program = "/sbin/launchd";
    private const string Collection = "/System/Library/xpc/launchd.plist";

    // Also NanoLaunchDaemons and the like.
    private static readonly string[] Folders = ["LaunchDaemons", "LaunchAgents", "LaunchAngels"];

    private readonly KeyedFiles _files = new(exhaustive);

    /// <inheritdoc/>
    public SectionDescriptor Section => Descriptor;

    /// <inheritdoc/>
    public bool NeedsFileSystem => true;

    /// <inheritdoc/>
    public void Compare(FilePair pair, ItemSink sink, CancellationToken cancellationToken)
    {
        if (IsJob(pair.Path))
        {
            _files.Compare(pair, sink, KeyedFiles.Read);
        }
        else if (pair.Path.EndsWith(Program, StringComparison.Ordinal))
        {
            _files.Compare(
                pair,
                sink,
                static side => side.LooksLikeMachO,
                static (before, after) => SliceValues.Compare(before?.MachO(), after?.MachO(), ReadConfig) is { Count: > 0 } changes ? changes : null);
        }
    }

    private static PlistValue? ReadConfig(MachOImage image)
    {
        if (image.FindSection("__TEXT", "__config") is not { } section || section.Size == 0)
        {
            return null;
        }

        if (section.Size > MaxConfigBytes)
        {
            throw new FirmwareFormatException("launchd", -1, $"a configuration of {section.Size} bytes, more than the {MaxConfigBytes} that are read");
        }

        var content = image.OpenSection(section);
        var bytes = content.ReadBytes(0, (int)content.Length).AsMemory().TrimEnd((byte)0);
        return bytes.IsEmpty ? null : PropertyList.Parse(bytes);
    }

    private static bool IsJob(string path)
    {
        if (!path.EndsWith(".plist", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var folder = Path.GetFileName(Path.GetDirectoryName(path.AsSpan()));
        foreach (var name in Folders)
        {
            if (folder.EndsWith(name, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return path.EndsWith(Collection, StringComparison.Ordinal);
    }
}

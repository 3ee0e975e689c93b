using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Signal;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Handlers.Files;

/// <summary>
/// Names, kinds, sizes, modes, symlink targets and contents of every volume and of the archive. Contents are compared by the hash
/// that the file system (sealed APFS) or the archive's directory (CRC-32) keeps, else byte by byte where the sizes are equal.
/// </summary>
internal sealed class FilesHandler : IFileHandler, IMemberHandler
{
    /// <summary>The handler's section.</summary>
    public static SectionDescriptor Descriptor { get; } = new("Files")
    {
        Classes = new ItemClasses(ChangeClass.Data, ChangeClass.Data) { OfPath = ClassOf },
        RecognisesMoves = true,
    };

    /// <summary>The volume name under which members of the archive are listed.</summary>
    public const string ArchiveVolume = "IPSW";

    /// <inheritdoc/>
    public SectionDescriptor Section => Descriptor;

    /// <inheritdoc/>
    public bool NeedsFileSystem => true;

    /// <inheritdoc/>
    public void Compare(FilePair pair, ItemSink sink, CancellationToken cancellationToken)
    {
        var before = pair.Old?.Entry;
        var after = pair.New?.Entry;
        if (before is null || after is null)
        {
            var content = OneSidedContent.HashOf((pair.Old ?? pair.New)!);
            sink.Add(
                before is null ? ItemGroup.Added : ItemGroup.Removed,
                new ReportItem { Volume = pair.Volume, Path = pair.Path, Old = Facts(before, content), New = Facts(after, content) });
            return;
        }

        var what = Differences(pair, before, after);
        if (what.Count > 0)
        {
            sink.Add(
                ItemGroup.Changed, new ReportItem { Volume = pair.Volume, Path = pair.Path, What = what, Old = Facts(before, null), New = Facts(after, null) });
        }
    }

    /// <inheritdoc/>
    public void Compare(MemberPair pair, ItemSink sink, CancellationToken cancellationToken)
    {
        if ((pair.New ?? pair.Old)!.IsListed is false)
        {
            return;
        }

        if (pair.Old is { } before && pair.New is { } after)
        {
            List<string> what = [];
            if (before.Size != after.Size)
            {
                what.Add("size");
            }
            else if (before.Crc32 != after.Crc32)
            {
                what.Add("content");
            }

            if (what.Count > 0)
            {
                sink.Add(ItemGroup.Changed, new ReportItem
                {
                    Volume = ArchiveVolume,
                    Path = pair.Name,
                    What = what,
                    Old = Facts(before, null),
                    New = Facts(after, null),
                });
            }

            return;
        }

        var crc = (pair.Old ?? pair.New)!.Crc32 is { } value ? $"crc32:{value:x8}" : null;
        sink.Add(
            pair.Old is null ? ItemGroup.Added : ItemGroup.Removed,
            new ReportItem { Volume = ArchiveVolume, Path = pair.Name, Old = Facts(pair.Old, crc), New = Facts(pair.New, crc) });
    }

    private static List<string> Differences(FilePair pair, FileEntry before, FileEntry after)
    {
        List<string> what = [];
        if (before.Kind != after.Kind)
        {
            what.Add("kind");
        }
        else if (before.Kind == FileKind.Symlink)
        {
            if (before.Target != after.Target)
            {
                what.Add("target");
            }
        }
        else if (before.Kind == FileKind.File)
        {
            if (before.Size != after.Size)
            {
                what.Add("size");
            }
            else if (pair.ProofOfEqualContents() is null)
            {
                what.Add("content");
            }
        }

        if (before.Mode != after.Mode)
        {
            what.Add("mode");
        }

        return what;
    }

    private static FileFacts? Facts(FileEntry? entry, string? content) => entry is null
        ? null
        : new FileFacts(KindName(entry.Kind), entry.Size, Octal(entry.Mode), entry.Target) { Content = content };

    private static FileFacts? Facts(InputMember? member, string? content) => member is null
        ? null
        : new FileFacts("file", member.Size, member.Mode is { } mode ? Octal(mode) : null, null) { Content = content };

    private static string Octal(int mode) => Convert.ToString(mode, 8).PadLeft(4, '0');

    private static string KindName(FileKind kind) => kind switch
    {
        FileKind.File => "file",
        FileKind.Directory => "directory",
        FileKind.Symlink => "symlink",
        _ => "special",
    };

    private static ChangeClass ClassOf(string path) =>
        path.Contains("/LaunchDaemons/", StringComparison.Ordinal) || path.Contains("/LaunchAgents/", StringComparison.Ordinal)
            ? ChangeClass.Interface
            : path.Contains("/_CodeSignature/", StringComparison.Ordinal) ? ChangeClass.Rebuilt : ChangeClass.Data;
}

using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Formats.Ar;

/// <summary>
/// The members of an <c>ar</c> archive as the files of a volume. Of several with one name each but the first gets a number
/// (<c>/a.o (2)</c>), in the archive's order; a slash within a name reads as a colon.
/// </summary>
public sealed class ArVolume : FileSystemVolume
{
    private const int PermissionsOfRoot = 0b111_101_101;

    private readonly ArArchive _archive;
    private readonly (string Path, int Member)[] _order;
    private readonly Dictionary<string, int> _members;

    /// <summary>Makes a volume of <paramref name="archive"/>.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="name">The volume's name.</param>
    public ArVolume(ArArchive archive, string name)
    {
        _archive = archive;
        Name = name;
        _members = new Dictionary<string, int>(archive.Members.Count, StringComparer.Ordinal);
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < archive.Members.Count; i++)
        {
            var file = FileName(archive.Members[i].Name, i);
            var path = "/" + file;
            while (!_members.TryAdd(path, i))
            {
                numbers[file] = numbers.GetValueOrDefault(file, 1) + 1;
                path = $"/{file} ({numbers[file]})";
            }
        }

        _order = [.. _members.Select(static member => (member.Key, member.Value)).OrderBy(static member => member.Key, PathOrder.Instance)];
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary><c>ar</c>.</summary>
    public override string FileSystem => "ar";

    /// <inheritdoc/>
    public override bool CaseSensitive => true;

    /// <inheritdoc/>
    public override bool Sealed => false;

    private static FileEntry Root { get; } = new() { Path = "/", Kind = FileKind.Directory, Size = 0, Mode = PermissionsOfRoot, FileId = 1 };

    /// <inheritdoc/>
    public override IEnumerable<FileEntry> Walk(string from = "/", CancellationToken cancellationToken = default) =>
        from == "/" ? WalkRange("/", null, cancellationToken)
        : Find(from) is { } entry ? [entry]
        : [];

    /// <inheritdoc/>
    public override IEnumerable<FileEntry> WalkRange(string first, string? end, CancellationToken cancellationToken = default)
    {
        if (PathOrder.Compare("/", first) >= 0 && (end is null || PathOrder.Compare("/", end) < 0))
        {
            yield return Root;
        }

        foreach (var (path, member) in _order)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (end is not null && PathOrder.Compare(path, end) >= 0)
            {
                yield break;
            }

            if (PathOrder.Compare(path, first) >= 0)
            {
                yield return Entry(path, member);
            }
        }
    }

    /// <inheritdoc/>
    public override FileEntry? Find(string path) => path == "/" ? Root : _members.TryGetValue(path, out var member) ? Entry(path, member) : null;

    /// <inheritdoc/>
    public override ByteSource Open(FileEntry entry) => _members.TryGetValue(entry.Path, out var member)
        ? _archive.OpenMember(_archive.Members[member])
        : throw new FirmwareFormatException(ArArchive.Format, -1, $"{entry.Path} is no member of this archive");

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, long> ExtendedAttributes(FileEntry entry) => new Dictionary<string, long>();

    /// <inheritdoc/>
    public override ByteSource? OpenExtendedAttribute(FileEntry entry, string name) => null;

    private static string FileName(string name, int index) =>
        name is "" or "." or ".." ? $"member {index + 1}" : name.Replace('/', ':').Replace('\0', ' ');

    private FileEntry Entry(string path, int index)
    {
        var member = _archive.Members[index];
        return new FileEntry
        {
            Path = path,
            Kind = FileKind.File,
            Size = member.Size,
            Mode = member.Mode,
            FileId = (ulong)index + 2,
            PhysicalOffset = member.Offset,
        };
    }
}

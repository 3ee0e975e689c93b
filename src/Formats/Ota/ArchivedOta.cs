using IpswDiff.Formats.AppleArchive;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.Ipsw;
using IpswDiff.Formats.Zip;

namespace IpswDiff.Formats.Ota;

/// <summary>An update in an Apple Archive, as they come since iOS 18.</summary>
internal sealed class ArchivedOta : IpswStorage
{
    // Updates have some thousand; what has more is a system, not an update.
    private const int MostMembers = 200_000;

    private readonly AppleArchiveVolume _archive;

    internal ArchivedOta(AppleArchiveVolume archive)
    {
        if (archive.EntryCount > MostMembers)
        {
            throw new FirmwareFormatException(OtaArchive.Format, -1, $"an update of more than {MostMembers} files");
        }

        _archive = archive;
        Members =
        [
            .. archive.Walk()
                .Where(static entry => entry.Kind is FileKind.File or FileKind.Symlink)
                .Select(static entry => new IpswMember
                {
                    Name = entry.Path[1..],
                    Size = entry.Size,
                    Mode = entry.Mode,
                    IsSymlink = entry.Kind == FileKind.Symlink,
                    IsInPlace = true,
                }),
        ];
    }

    internal override IReadOnlyList<IpswMember> Members { get; }

    internal override OwnedByteSource Open(IpswMember member, ZipUnpackOptions? options)
    {
        var entry = _archive.Find("/" + member.Name) ?? throw new ArgumentException($"{member.Name} is no member of this archive", nameof(member));
        return new OwnedByteSource(entry.Target is { } target
            ? new MemoryByteSource(System.Text.Encoding.UTF8.GetBytes(target))
            : _archive.Open(entry));
    }
}

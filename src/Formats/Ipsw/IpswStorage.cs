using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Zip;

namespace IpswDiff.Formats.Ipsw;

/// <summary>Where the files of a firmware are: in a ZIP archive, or unpacked in a folder.</summary>
internal abstract class IpswStorage
{
    /// <summary>All files, folders left out.</summary>
    internal abstract IReadOnlyList<IpswMember> Members { get; }

    internal abstract OwnedByteSource Open(IpswMember member, ZipUnpackOptions? options);

    /// <summary>Reads the first bytes of a file without unpacking more of it; returns how many there are.</summary>
    internal virtual int ReadHead(IpswMember member, Span<byte> destination)
    {
        using var opened = Open(member, options: null);
        return opened.Source.ReadUpTo(0, destination);
    }
}

/// <summary>A firmware as it is distributed.</summary>
internal sealed class ZippedIpsw : IpswStorage
{
    private readonly ZipArchiveReader _zip;

    internal ZippedIpsw(ZipArchiveReader zip)
    {
        _zip = zip;
        Members = [.. zip.Members.Where(static member => !member.IsDirectory).DistinctBy(static member => member.Name, StringComparer.Ordinal).Select(ToMember)];
    }

    internal override IReadOnlyList<IpswMember> Members { get; }

    internal override OwnedByteSource Open(IpswMember member, ZipUnpackOptions? options) =>
        _zip.Find(member.Name) is { } zipped
            ? _zip.OpenMember(zipped, options)
            : throw new ArgumentException($"{member.Name} is no member of this archive", nameof(member));

    internal override int ReadHead(IpswMember member, Span<byte> destination)
    {
        if (member.IsInPlace || _zip.Find(member.Name) is not { } zipped)
        {
            return base.ReadHead(member, destination);
        }

        using var stream = _zip.OpenStream(zipped);
        return stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
    }

    private static IpswMember ToMember(ZipMember member) => new()
    {
        Name = member.Name,
        Size = member.Size,
        Crc32 = member.Crc32,
        Mode = member.UnixMode & 0xFFF,
        IsSymlink = member.IsSymlink,
        IsInPlace = member.Method == ZipMethod.Stored,
    };
}

/// <summary>A firmware unpacked into a folder. Links to folders are not followed.</summary>
internal sealed class UnpackedIpsw : IpswStorage
{
    private readonly string _root;

    internal UnpackedIpsw(string root)
    {
        _root = Path.GetFullPath(root);
        var options = new EnumerationOptions { RecurseSubdirectories = false, AttributesToSkip = 0, IgnoreInaccessible = false };
        var members = new List<IpswMember>();
        var folders = new Stack<DirectoryInfo>([new DirectoryInfo(_root)]);
        while (folders.TryPop(out var folder))
        {
            foreach (var entry in folder.EnumerateFileSystemInfos("*", options))
            {
                if (entry is DirectoryInfo inner)
                {
                    if (inner.LinkTarget is null)
                    {
                        folders.Push(inner);
                    }
                }
                else
                {
                    members.Add(ToMember((FileInfo)entry));
                }
            }
        }

        members.Sort(static (one, other) => string.CompareOrdinal(one.Name, other.Name));
        Members = members;
    }

    internal override IReadOnlyList<IpswMember> Members { get; }

    internal override OwnedByteSource Open(IpswMember member, ZipUnpackOptions? options)
    {
        var file = new FileByteSource(Path.Combine(_root, member.Name));
        return new OwnedByteSource(file, file);
    }

    private IpswMember ToMember(FileInfo file)
    {
        // A link to an image somewhere else stands for that image.
        var target = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        return new IpswMember
        {
            Name = Path.GetRelativePath(_root, file.FullName).Replace(Path.DirectorySeparatorChar, '/'),
            Size = target.Exists ? target.Length : 0,
            Mode = OperatingSystem.IsWindows() ? null : (int)target.UnixFileMode,
            IsInPlace = true,
        };
    }
}

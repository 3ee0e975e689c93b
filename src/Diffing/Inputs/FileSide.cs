using IpswDiff.Formats.Ar;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Inputs;

/// <summary>
/// One side of a pair of files. Contents and the parsed Mach-O are opened once, on demand, whichever handler asks
/// first. Used by one worker at a time.
/// </summary>
public sealed class FileSide
{
    private const int HeadLength = 4096;

    private readonly FileSystemVolume? _volume;
    private readonly CancellationToken _cancellationToken;
    private ByteSource? _content;
    private byte[]? _head;
    private MachOFile? _machO;
    private FirmwareFormatException? _machOFault;
    private bool _machOTried;
    private bool? _isStaticLibrary;

    /// <summary>A file of a volume.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="entry">What it says of the file.</param>
    /// <param name="cancellationToken">Stops whoever reads the contents.</param>
    public FileSide(FileSystemVolume volume, FileEntry entry, CancellationToken cancellationToken = default)
    {
        _volume = volume;
        Entry = entry;
        _cancellationToken = cancellationToken;
    }

    /// <summary>A file that stands alone.</summary>
    public FileSide(FileEntry entry, ByteSource content)
    {
        Entry = entry;
        _content = content;
    }

    /// <summary>What the file system says of it.</summary>
    public FileEntry Entry { get; }

    /// <summary>
    /// The contents. Of a file that stores next to nothing of its length holes are passed over or refused; see <see
    /// cref="SparseByteSource"/>.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The entry is no file, or its structures are damaged.</exception>
    public ByteSource Content => _content ??= Open();

    /// <summary>The first bytes of the contents, at most 4 KiB; empty for anything but a regular file.</summary>
    /// <exception cref="FirmwareFormatException">The contents cannot be read.</exception>
    public ReadOnlySpan<byte> Head => _head ??= ReadHead();

    /// <summary>Whether the contents begin like a Mach-O.</summary>
    /// <exception cref="FirmwareFormatException">The contents cannot be read.</exception>
    public bool LooksLikeMachO => Entry.Kind == FileKind.File && Entry.Size >= 28 && MachOFile.Matches(Head) && !LooksLikeStaticLibrary;

    /// <summary>Whether the contents begin like a static library, an archive or a fat file of archives.</summary>
    /// <exception cref="FirmwareFormatException">The contents cannot be read.</exception>
    public bool LooksLikeStaticLibrary => _isStaticLibrary ??=
        Entry.Kind == FileKind.File && (ArArchive.Matches(Head) || MachOFile.Matches(Head)) && Formats.Ar.StaticLibrary.Matches(Content);

    /// <summary>The contents as a Mach-O, or null where they are none.</summary>
    /// <exception cref="FirmwareFormatException">The contents begin like a Mach-O but are damaged.</exception>
    public MachOFile? MachO()
    {
        if (!_machOTried)
        {
            _machOTried = true;
            try
            {
                _machO = LooksLikeMachO ? MachOFile.Open(Content) : null;
            }
            catch (FirmwareFormatException fault)
            {
                _machOFault = fault;
            }
        }

        return _machOFault is null ? _machO : throw _machOFault;
    }

    /// <summary>The contents as a static library, or null where they are none.</summary>
    /// <exception cref="FirmwareFormatException">The contents begin like a library but are damaged.</exception>
    public StaticLibrary? StaticLibrary() => LooksLikeStaticLibrary ? Formats.Ar.StaticLibrary.Open(Content) : null;

    /// <summary>
    /// The contents as a Mach-O where a handler has asked for them and they can be read; opens nothing.
    /// </summary>
    internal MachOFile? OpenedMachO => _machO;

    private ByteSource Open()
    {
        var content = SparseByteSource.Bound(_volume!.Open(Entry));
        return _cancellationToken.CanBeCanceled ? new CancellableByteSource(content, _cancellationToken) : content;
    }

    private byte[] ReadHead()
    {
        if (Entry.Kind != FileKind.File || Entry.Size == 0)
        {
            return [];
        }

        var head = new byte[(int)Math.Min(HeadLength, Content.Length)];
        Content.ReadExactly(0, head);
        return head;
    }
}

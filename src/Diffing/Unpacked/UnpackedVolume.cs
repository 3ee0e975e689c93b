using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Storage;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Unpacked;

/// <summary>
/// A volume that was unpacked into artifacts, read as the image itself would be. Entries bear the place of their
/// contents as <see cref="FileEntry.PhysicalOffset"/>. Extended attributes are not kept: no comparison reads them.
/// </summary>
internal sealed class UnpackedVolume : FileSystemVolume, IDisposable
{
    private readonly UnpackedVolumeRecord _record;
    private readonly OwnedByteSource _indexSource;
    private readonly VolumeIndex _index;
    private readonly StoredContents _contents;

    private UnpackedVolume(UnpackedVolumeRecord record, OwnedByteSource indexSource, IArtifactStore store)
    {
        _record = record;
        _indexSource = indexSource;
        _index = new VolumeIndex(indexSource.Source, record.Blocks);
        _contents = new StoredContents(store, record.Extents);
    }

    public override string Name => _record.Name;

    public override string FileSystem => _record.FileSystem;

    public override bool CaseSensitive => _record.CaseSensitive;

    public override bool Sealed => _record.Sealed;

    /// <summary>Opens what <see cref="VolumeSeal"/> has left.</summary>
    /// <param name="store">The unpacked firmware.</param>
    /// <param name="part">Which part of it.</param>
    /// <exception cref="FirmwareFormatException">The record does not fit the index.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public static UnpackedVolume Open(IArtifactStore store, UnpackedPart part)
    {
        var record = store.ReadJsonAsync(part.Record, UnpackingJson.Compact.UnpackedVolumeRecord, CancellationToken.None).GetAwaiter().GetResult();
        var index = store.TryOpenSourceAsync(part.Index, CancellationToken.None).GetAwaiter().GetResult()
            ?? throw new IOException($"{part.Index} is missing from the unpacked firmware; it may have been removed as out of date: start the run again");
        return Disposal.OrDispose(index, opened => new UnpackedVolume(record, opened, store));
    }

    public override IEnumerable<FileEntry> Walk(string from = "/", CancellationToken cancellationToken = default)
    {
        var below = from == "/" ? from : from + "/";
        return WalkRange(from, null, cancellationToken)
            .TakeWhile(entry => entry.Path == from || entry.Path.StartsWith(below, StringComparison.Ordinal));
    }

    public override IEnumerable<FileEntry> WalkRange(string first, string? end, CancellationToken cancellationToken = default)
    {
        foreach (var entry in _index.From(first))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (end is not null && PathOrder.Compare(entry.Path, end) >= 0)
            {
                yield break;
            }

            yield return entry;
        }
    }

    public override FileEntry? Find(string path) => _index.Find(path);

    public override ByteSource Open(FileEntry entry)
    {
        if (entry.Kind != FileKind.File)
        {
            throw new FirmwareFormatException(EntryCodec.Format, -1, $"{entry.Path} is a {entry.Kind.ToString().ToLowerInvariant()}, not a file");
        }

        return entry.Size == 0 ? new MemoryByteSource(ReadOnlyMemory<byte>.Empty) : _contents.Open(entry.PhysicalOffset, entry.Size);
    }

    public override IReadOnlyDictionary<string, long> ExtendedAttributes(FileEntry entry) => throw NotKept();

    public override ByteSource? OpenExtendedAttribute(FileEntry entry, string name) => throw NotKept();

    public void Dispose()
    {
        _contents.Dispose();
        _indexSource.Dispose();
    }

    private static NotSupportedException NotKept() => new("an unpacked volume keeps no extended attributes; open the image itself for them");
}

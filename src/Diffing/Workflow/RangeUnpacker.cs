using System.Security.Cryptography;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Storage;
using IpswDiff.Diffing.Unpacked;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Workflow;

/// <summary>
/// Unpacks one range of the files of a volume: large files become blobs of their own, small ones lie together in packs,
/// equal ones once. Holds the range's entries and one small file. Used once.
/// </summary>
/// <param name="store">The unpacked firmware.</param>
/// <param name="part">The part that the range is of.</param>
/// <param name="number">The range's number in it.</param>
internal sealed class RangeUnpacker(IArtifactStore store, UnpackedPart part, int number)
{
    /// <summary>
    /// A file of this size or more is a blob of its own, so that readers of a shared cache or kernelcache share no
    /// blob.
    /// </summary>
    public const int LargeFile = 4 << 20;

    private const long PackBytes = 64L << 20;
    private const int CopyBytes = 1 << 20;

    // Each range counts places of its own: a tebibyte is more than any image holds.
    private const int PlaceBits = 40;

    private readonly string _attempt = Guid.NewGuid().ToString("N")[..8];
    private readonly List<ContentExtent> _extents = [];
    private readonly Dictionary<(ContentDigest Digest, long Size), long> _places = [];
    private readonly Dictionary<ulong, (ContentDigest Digest, long Size, long Place)> _files = [];
    private long _next = (number + 1L) << PlaceBits;
    private int _blobs;

    /// <summary>
    /// Unpacks the range and leaves its blocks and its record; true where this attempt was the first to do so.
    /// </summary>
    /// <exception cref="FirmwareFormatException">Something in the range cannot be read.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task<bool> UnpackAsync(IContentTree tree, string first, string? end, CancellationToken cancellationToken)
    {
        var entries = tree.WalkRange(first, end, cancellationToken).ToArray();

        // In the order in which they lie on disk; a file with several names is read once.
        var files = entries.Where(entry => entry is { Kind: FileKind.File, Size: > 0 })
            .OrderBy(entry => entry.PhysicalOffset).ThenBy(entry => entry.Path, PathOrder.Instance).DistinctBy(entry => entry.FileId).ToArray();
        CheckPlaces(files);
        var large = files.Where(file => file.Size >= LargeFile).ToArray();
        await PackAsync(tree, files, cancellationToken).ConfigureAwait(false);
        foreach (var file in large)
        {
            var isAlone = large.Count(other => other.Size == file.Size) == 1;
            cancellationToken.ThrowIfCancellationRequested();
            await StoreLargeAsync(tree, file, isAlone, cancellationToken).ConfigureAwait(false);
        }

        IReadOnlyList<IndexBlock> blocks = [];
        async Task WriteBlocksAsync(Stream stream, CancellationToken token)
        {
            var writer = new IndexBlockWriter(stream);
            foreach (var entry in entries)
            {
                await writer.AddAsync(Placed(entry), token).ConfigureAwait(false);
            }

            await writer.FlushAsync(token).ConfigureAwait(false);
            blocks = writer.Blocks;
        }

        await CreateAsync(part.RangeBlocks(number, _attempt), WriteBlocksAsync, cancellationToken).ConfigureAwait(false);
        var record = new UnpackedRange
        {
            BlocksName = part.RangeBlocks(number, _attempt),
            Blocks = blocks,
            Extents = _extents,
            Bytes = entries.Sum(entry => entry.Kind == FileKind.File ? entry.Size : 0),
        };
        if (await store.TryCreateJsonAsync(part.RangeRecord(number), record, UnpackingJson.Compact.UnpackedRange, cancellationToken).ConfigureAwait(false))
        {
            return true;
        }

        await RemoveOwnAsync(cancellationToken).ConfigureAwait(false);
        return false;
    }

    /// <summary>Removes the blobs that this attempt has written.</summary>
    /// <exception cref="IOException">Storage failed.</exception>
    public async Task RemoveOwnAsync(CancellationToken cancellationToken)
    {
        await store.DeleteAsync(part.RangeBlocks(number, _attempt), cancellationToken).ConfigureAwait(false);
        for (var blob = 0; blob < _blobs; blob++)
        {
            await store.DeleteAsync(part.Content(number, _attempt, blob), cancellationToken).ConfigureAwait(false);
        }
    }

    // What a volume claims may be more than there are places: it is read where it lies then, hole by hole.
    private static void CheckPlaces(FileEntry[] files)
    {
        UInt128 sum = 0;
        foreach (var file in files)
        {
            sum += (ulong)file.Size;
            if (sum > 1UL << PlaceBits)
            {
                throw new FirmwareFormatException(
                    EntryCodec.Format, -1,
                        $"{file.Path} has {file.Size} bytes; a range is unpacked up to {1L << (PlaceBits - 30)} GiB");
            }
        }
    }

    private FileEntry Placed(FileEntry entry) => entry switch
    {
        { Kind: not FileKind.File } => entry with { PhysicalOffset = 0 },
        { Size: 0 } => entry with { PhysicalOffset = 0, Digest = Empty },
        _ when _files[entry.FileId] is var file && file.Size == entry.Size => entry with { PhysicalOffset = file.Place, Digest = file.Digest },
        _ => throw new FirmwareFormatException(EntryCodec.Format, -1, $"{entry.Path} has {entry.Size} bytes, and another name of the same file {_files[entry.FileId].Size}"),
    };

    private async Task PackAsync(IContentTree tree, FileEntry[] files, CancellationToken cancellationToken)
    {
        var small = files.Where(file => file.Size < LargeFile).GetEnumerator();
        var buffer = BoundedArrayPool<byte>.Shared.Rent(LargeFile);
        try
        {
            var more = ReadNew();
            while (more)
            {
                await StoreAsync(async (stream, token) =>
                {
                    long written = 0;
                    do
                    {
                        var size = (int)small.Current.Size;
                        await stream.WriteAsync(buffer.AsMemory(0, size), token).ConfigureAwait(false);
                        written += size;
                        _next += size;
                        more = ReadNew();
                    }
                    while (more && written + small.Current.Size <= PackBytes);
                }).ConfigureAwait(false);
            }
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
            small.Dispose();
        }

        // Reads on to the next file whose contents are new, and gives it the place that comes next.
        bool ReadNew()
        {
            Span<byte> hash = stackalloc byte[ContentDigest.Length];
            while (small.MoveNext())
            {
                cancellationToken.ThrowIfCancellationRequested();
                var content = buffer.AsSpan(0, (int)small.Current.Size);
                using (var opened = OpenChecked(tree, small.Current))
                {
                    opened.Source.ReadExactly(0, content);
                }

                SHA256.HashData(content, hash);
                if (Keep(small.Current, ContentDigest.Read(hash)))
                {
                    return true;
                }
            }

            return false;
        }

        Task StoreAsync(Func<Stream, CancellationToken, Task> write) => StoreBlobAsync(write, cancellationToken);
    }

    private async Task StoreLargeAsync(IContentTree tree, FileEntry file, bool isAlone, CancellationToken cancellationToken)
    {
        using var opened = OpenChecked(tree, file);
        if (!isAlone)
        {
            // Another one is as long; whether they are the same has to be known before either is written twice.
            var digest = await CopyAsync(opened.Source, Stream.Null, cancellationToken).ConfigureAwait(false);
            if (!Keep(file, digest))
            {
                return;
            }
        }

        var place = _next;
        await StoreBlobAsync(
            async (stream, token) =>
            {
                var digest = await CopyAsync(opened.Source, stream, token).ConfigureAwait(false);
                _files[file.FileId] = (digest, file.Size, place);
                _next = place + file.Size;
            },
            cancellationToken).ConfigureAwait(false);
    }

    // Whether the contents are new; where they are not, the file has its place already.
    private bool Keep(FileEntry file, ContentDigest digest)
    {
        var isNew = _places.TryAdd((digest, file.Size), _next);
        _files[file.FileId] = (digest, file.Size, _places[(digest, file.Size)]);
        return isNew;
    }

    private async Task StoreBlobAsync(Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        var name = part.Content(number, _attempt, _blobs++);
        var start = _next;
        await CreateAsync(name, write, cancellationToken).ConfigureAwait(false);
        _extents.Add(new ContentExtent(start, _next - start, name));
        ProcessMemory.Relieve();
    }

    private async Task CreateAsync(string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        if (!await store.TryCreateAsync(name, write, cancellationToken).ConfigureAwait(false))
        {
            throw new IOException($"{name} exists, although nobody else writes under that name; run the activity again");
        }
    }

    private static OwnedByteSource OpenChecked(IContentTree tree, FileEntry file)
    {
        var opened = tree.Open(file);
        if (opened.Source.Length == file.Size)
        {
            return opened;
        }

        opened.Dispose();
        throw new FirmwareFormatException(EntryCodec.Format, -1, $"{file.Path} has {opened.Source.Length} bytes of contents, where its entry says {file.Size}");
    }

    private static async Task<ContentDigest> CopyAsync(ByteSource source, Stream destination, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = BoundedArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            for (long offset = 0; offset < source.Length; offset += CopyBytes)
            {
                var chunk = buffer.AsMemory(0, (int)Math.Min(CopyBytes, source.Length - offset));
                source.ReadExactly(offset, chunk.Span);
                hash.AppendData(chunk.Span);
                await destination.WriteAsync(chunk, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
        }

        return ContentDigest.Read(hash.GetHashAndReset());
    }

    private static ContentDigest Empty { get; } = ContentDigest.Read(SHA256.HashData([]));
}

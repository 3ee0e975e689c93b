using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Img4;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Kernelcache;

/// <summary>
/// A kernelcache: the kernel and its kexts in one Mach-O, as a fileset or prelinked, bare or in an Image4 payload. Opening reads
/// headers and, of a prelinked one, the list of kexts. Facts: <c>mach-o/loader.h</c>, xnu's <c>libkern/prelink.h</c>.
/// </summary>
public sealed class KernelcacheFile : IFormatReader<KernelcacheFile>
{
    /// <summary>Bytes that a compressed payload may take in memory unless a caller says otherwise; Macs' take about 110 MB.</summary>
    public const int DefaultMaxDecodedBytes = 512 << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, KernelcacheEntry> _byId = new(StringComparer.Ordinal);

    private PrelinkInfo? _info;

    private KernelcacheFile(ByteSource file, MachOImage image)
    {
        Image = image;
        Source = file;
        if (image.FileType == MachOFileType.Fileset)
        {
            Kind = KernelcacheKind.Fileset;
            Entries = FilesetEntries(file, image);
        }
        else
        {
            Kind = PrelinkedEntries.HasTables(image) ? KernelcacheKind.PrelinkedModules : KernelcacheKind.Prelinked;
            var kexts = Kind == KernelcacheKind.PrelinkedModules
                ? PrelinkedEntries.FromTables(image)
                : PrelinkedEntries.FromInfo(image, _info = PrelinkInfo.Read(image, KernelcacheFormat.FindInfo(image)!));
            Entries = [new KernelcacheEntry(KernelcacheFormat.KernelId, image.BaseAddress, new FileMachOBacking(file)), .. kexts];
        }

        foreach (var entry in Entries)
        {
            if (!_byId.TryAdd(entry.Id, entry))
            {
                throw KernelcacheFormat.Fault(-1, $"two images are called {entry.Id}");
            }
        }
    }

    /// <summary>How the kexts are held.</summary>
    public KernelcacheKind Kind { get; }

    /// <summary>The outer Mach-O: the fileset, or the kernel with everything in it.</summary>
    public MachOImage Image { get; }

    /// <summary>The bytes of the outer Mach-O, decompressed.</summary>
    public ByteSource Source { get; }

    /// <summary>
    /// The kernel and every kext with code, in the file's order. The kernel of a prelinked cache is the outer Mach-O, so that its
    /// segments <c>__PRELINK_*</c> and <c>__PLK_*</c> hold the kexts.
    /// </summary>
    public IReadOnlyList<KernelcacheEntry> Entries { get; }

    /// <summary>Whether an image is a kernelcache: a fileset, or one with a list of kexts in <c>__PRELINK_INFO</c>.</summary>
    public static bool IsKernelcache(MachOImage image) => image.FileType == MachOFileType.Fileset || KernelcacheFormat.FindInfo(image) is not null;

    /// <inheritdoc/>
    public static int HeadLength => Math.Max(MachOFile.HeadLength, Img4File.HeadLength);

    /// <summary>
    /// Whether a file that begins with <paramref name="head"/> may be a kernelcache: it is a Mach-O or an Image4 file. More is told by
    /// <see cref="TryOpen"/> alone, which decodes the payload.
    /// </summary>
    public static bool Matches(ReadOnlySpan<byte> head) => MachOFile.Matches(head) || Img4File.Matches(head);

    static KernelcacheFile IFormatReader<KernelcacheFile>.Open(ByteSource source) => Open(source);

    /// <summary>Opens a kernelcache: a Mach-O, or an Image4 payload that holds one. A compressed payload is decoded once, into memory.</summary>
    /// <param name="source">The file.</param>
    /// <param name="maxDecodedBytes">What a compressed payload may take in memory.</param>
    /// <exception cref="FirmwareFormatException">It is no kernelcache, or damaged, encrypted, or larger than allowed.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static KernelcacheFile Open(ByteSource source, int maxDecodedBytes = DefaultMaxDecodedBytes) =>
        TryOpen(source, out var file, maxDecodedBytes)
            ? file
            : throw KernelcacheFormat.Fault(0, "this is no kernelcache: neither a fileset nor a kernel with a list of kexts (__PRELINK_INFO)");

    /// <summary>Opens a kernelcache if the file is one; an Image4 payload is decoded to find out, whatever its type.</summary>
    /// <param name="source">The file.</param>
    /// <param name="file">The kernelcache.</param>
    /// <param name="maxDecodedBytes">What a compressed payload may take in memory.</param>
    /// <returns>False when it is something else.</returns>
    /// <exception cref="FirmwareFormatException">It is a kernelcache, but a damaged one; or its payload is encrypted or larger than allowed.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static bool TryOpen(
        ByteSource source,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out KernelcacheFile? file,
        int maxDecodedBytes = DefaultMaxDecodedBytes)
    {
        file = null;
        var payload = Unwrap(source, maxDecodedBytes);
        if (!MachOFile.TryOpen(payload, out var macho))
        {
            return false;
        }

        if (macho.Slices.Count != 1)
        {
            return macho.Slices.Any(IsKernelcache)
                ? throw KernelcacheFormat.Fault(0, $"a fat file of {macho.Slices.Count} kernelcaches; give one slice of it")
                : false;
        }

        if (IsKernelcache(macho.Slices[0]))
        {
            file = new KernelcacheFile(payload.Slice(macho.SliceRanges[0].Offset, macho.SliceRanges[0].Size), macho.Slices[0]);
        }

        return file is not null;
    }

    /// <summary>The image with exactly that identifier, or null.</summary>
    public KernelcacheEntry? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>Every Info.plist in the cache's list, in its order: kexts without code and pseudo-kexts (<c>com.apple.kpi.*</c>) too.</summary>
    /// <exception cref="FirmwareFormatException">The list is damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public IReadOnlyList<KextInfo> ReadKextInfos() => Info().Kexts;

    /// <summary>The Info.plist of the kext with exactly that identifier, or null.</summary>
    /// <exception cref="FirmwareFormatException">The list is damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public KextInfo? FindKextInfo(string id) => Info().Find(id);

    /// <summary>Version and build date of the kernel, from its banner; null where it has none.</summary>
    /// <exception cref="FirmwareFormatException">The kernel's image is damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public KernelVersion? ReadVersion() => Find(KernelcacheFormat.KernelId) is { } kernel ? KernelVersion.Read(kernel.OpenImage()) : null;

    private static ByteSource Unwrap(ByteSource source, int maxDecodedBytes)
    {
        if (!Img4File.Matches(source))
        {
            return source;
        }

        var payload = Img4File.Open(source).Payload ?? throw KernelcacheFormat.Fault(0, "this Image4 file holds no payload");
        return payload.OpenPayload(maxDecodedBytes);
    }

    private static KernelcacheEntry[] FilesetEntries(ByteSource file, MachOImage image)
    {
        var listed = image.FilesetEntries;
        if (listed.Count > KernelcacheFormat.MaxEntries)
        {
            throw KernelcacheFormat.Fault(-1, $"{listed.Count} images, more than the {KernelcacheFormat.MaxEntries} that are read");
        }

        var starts = listed.Select(static entry => entry.FileOffset).Order().ToArray();
        return [.. listed.Select(entry =>
        {
            if (entry.FileOffset <= 0 || entry.FileOffset >= file.Length)
            {
                throw KernelcacheFormat.Fault(
                    entry.FileOffset, $"{entry.Id} is said to begin at 0x{entry.FileOffset:x}, outside the file of 0x{file.Length:x} bytes; is it cut short?");
            }

            var next = Array.BinarySearch(starts, entry.FileOffset) + 1;
            if ((next < starts.Length && starts[next] == entry.FileOffset) || (next > 1 && starts[next - 2] == entry.FileOffset))
            {
                throw KernelcacheFormat.Fault(entry.FileOffset, $"two images, {entry.Id} one of them, begin at 0x{entry.FileOffset:x}");
            }

            var limit = next < starts.Length ? Math.Min(starts[next], file.Length) : file.Length;
            return new KernelcacheEntry(entry.Id, entry.Address, new FilesetBacking(file, entry.FileOffset, limit - entry.FileOffset));
        })];
    }

    private PrelinkInfo Info()
    {
        lock (_lock)
        {
            return _info ??= KernelcacheFormat.FindInfo(Image) is { } section ? PrelinkInfo.Read(Image, section) : PrelinkInfo.Empty;
        }
    }
}

using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Inputs;

/// <summary>A volume of a firmware, opened when it is first needed and then shared by all workers.</summary>
public sealed class InputVolume
{
    private readonly OpenedOnce<FileSystemVolume> _volume;
    private readonly OpenedOnce<IReadOnlyList<InputCache>> _caches;

    /// <summary>Names a volume that the firmware has and that nothing here can open.</summary>
    /// <param name="label">Its name in reports.</param>
    /// <param name="source">The file it lies in, for messages.</param>
    /// <param name="refusal">Why, and what to do.</param>
    public InputVolume(string label, string source, string refusal)
        : this(label, source, null, () => throw new FirmwareFormatException("OTA", -1, refusal)) => Refusal = refusal;

    /// <summary>Names a volume.</summary>
    /// <param name="label">
    /// Its name in reports: FileSystem, SystemOS, AppOS, ExclaveOS, or the file system's own name.
    /// </param>
    /// <param name="source">The image it lies in, for messages.</param>
    /// <param name="digest">The image's digest from the manifest, or null.</param>
    /// <param name="open">Opens it.</param>
    public InputVolume(string label, string source, string? digest, Func<FileSystemVolume> open)
    {
        Label = label;
        Source = source;
        Digest = digest;
        Role = label;
        _volume = new OpenedOnce<FileSystemVolume>(() => OpenNamed(open, source));
        _caches = new OpenedOnce<IReadOnlyList<InputCache>>(() => [.. CacheFolder.OfVolume(this)]);
    }

    /// <summary>Its name, unique within the firmware.</summary>
    public string Label { get; }

    /// <summary>
    /// What it is for, the same for all volumes of a role: FileSystem, SystemOS and so on; the label where nothing
    /// says.
    /// </summary>
    public string Role { get; init; }

    /// <summary>The boards that install it, in ordinal order; none where nothing says.</summary>
    public IReadOnlyList<string> Boards { get; init; } = [];

    /// <summary>The image it lies in.</summary>
    public string Source { get; }

    /// <summary>The image's digest from the manifest; equal digests mean equal images.</summary>
    public string? Digest { get; }

    /// <summary>Why it cannot be opened, where that is known beforehand; else null.</summary>
    public string? Refusal { get; }

    /// <summary>The volume itself.</summary>
    /// <exception cref="FirmwareFormatException">The image cannot be read; names the image.</exception>
    public FileSystemVolume Open() => _volume.Get();

    /// <summary>The dyld shared caches that lie on it, each under a label of its own.</summary>
    /// <exception cref="FirmwareFormatException">The volume cannot be read.</exception>
    public IReadOnlyList<InputCache> FindCaches() => _caches.Get();

    private static FileSystemVolume OpenNamed(Func<FileSystemVolume> open, string source)
    {
        try
        {
            return open();
        }
        catch (FirmwareFormatException fault) when (fault.File?.StartsWith(source, StringComparison.Ordinal) != true)
        {
            throw fault.In(source);
        }
    }
}

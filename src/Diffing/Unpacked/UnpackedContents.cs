using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Storage;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Unpacked;

/// <summary>
/// The contents of a firmware that lies unpacked; what could not be unpacked is read from the firmware itself, which is opened for that
/// alone. Safe for concurrent use.
/// </summary>
internal sealed class UnpackedContents : IFirmwareContents
{
    private readonly UnpackOutline _outline;
    private readonly OpenedOnce<FirmwareInput> _original;
    private readonly OpenedOnce<UnpackedVolume>[] _parts;

    /// <param name="outline">What lies where.</param>
    /// <param name="store">The unpacked firmware.</param>
    /// <param name="original">Opens the firmware itself.</param>
    public UnpackedContents(UnpackOutline outline, IArtifactStore store, Func<FirmwareInput> original)
    {
        _outline = outline;
        _original = new OpenedOnce<FirmwareInput>(original);
        _parts = [.. outline.Parts.Select(part => new OpenedOnce<UnpackedVolume>(() => UnpackedVolume.Open(store, new UnpackedPart(part.Key))))];
    }

    public FileSystemVolume OpenVolume(int number) => UnpackedPart(number)?.Get() ?? _original.Get().Volumes[number].Open();

    public OwnedByteSource OpenMember(int number)
    {
        var member = _outline.Facts.Members[number];
        return TryOpenLoose(LooseTree.MemberPath(member.IsListed, member.Name)) ?? _original.Get().Members[number].Open();
    }

    public OwnedByteSource OpenKernelcache(int number) =>
        TryOpenLoose(LooseTree.KernelcachePath(_outline.Facts.Kernelcaches[number].Path)) ?? _original.Get().Kernelcaches[number].Open();

    public void Dispose()
    {
        foreach (var part in _parts)
        {
            part.Opened?.Dispose();
        }

        _original.Opened?.Dispose();
    }

    private OwnedByteSource? TryOpenLoose(string path)
    {
        if (UnpackedPart(null)?.Get() is not { } loose)
        {
            return null;
        }

        var entry = loose.Find(path)
            ?? throw new FirmwareFormatException(EntryCodec.Format, -1, $"{path} is not among the loose files of the unpacked firmware");
        return new OwnedByteSource(loose.Open(entry));
    }

    private OpenedOnce<UnpackedVolume>? UnpackedPart(int? volume)
    {
        for (var i = 0; i < _parts.Length; i++)
        {
            if (_outline.Parts[i].Volume == volume)
            {
                return _outline.Parts[i].State == PartState.Unpacked ? _parts[i] : null;
            }
        }

        return null;
    }
}

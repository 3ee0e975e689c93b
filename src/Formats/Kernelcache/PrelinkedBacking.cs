using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Kernelcache;

/// <summary>
/// A kext in segments of the kernel. What its commands call file offsets is of no use, some count from its own header and some were
/// never rewritten; addresses are right, and the kernel's segments say where their bytes are. Where the kext is to be loaded elsewhere
/// than it stands (x86), its addresses are those of the place it is loaded to.
/// </summary>
internal sealed class PrelinkedBacking : MachOBacking
{
    private readonly MachOImage _kernel;
    private readonly PrelinkedPlace _place;

    // Set with the first image that is opened; every one opened from this backing has the same commands.
    private MachOSegment[] _segments = [];

    private readonly long _headerLength;
    private readonly Func<ulong, ulong>? _untag;

    /// <param name="kernel">The outer image.</param>
    /// <param name="place">Where the kext stands in it.</param>
    /// <param name="headerLength">Bytes that its header and commands may take.</param>
    /// <param name="untag">What makes a plain address of one in the kext's commands, where those are tagged.</param>
    internal PrelinkedBacking(MachOImage kernel, PrelinkedPlace place, long headerLength, Func<ulong, ulong>? untag)
    {
        _kernel = kernel;
        _place = place;
        _headerLength = headerLength;
        _untag = untag;
    }

    public override ByteSource Header
    {
        get
        {
            var header = _kernel.OpenAddress(_place.Source, _headerLength);
            return _untag is null ? header : UntaggedHeader.Read(header, _untag);
        }
    }

    public override ByteSource OpenAddress(MachOImage image, ulong address, long size) => Open(address, size);

    public override ByteSource OpenLinkedit(long offset, long size)
    {
        if (size == 0)
        {
            return Empty;
        }

        foreach (var segment in Segments())
        {
            var within = offset - segment.FileOffset;
            if (segment.Name == "__LINKEDIT" && within >= 0 && within < segment.FileSize)
            {
                return size <= segment.FileSize - within
                    ? Open(unchecked(segment.Address + (ulong)within), size)
                    : throw KernelcacheFormat.Fault(offset, $"{size} bytes of link-edit data leave the kext's __LINKEDIT of 0x{segment.FileSize:x} bytes");
            }
        }

        throw KernelcacheFormat.Fault(offset, $"the kext has no __LINKEDIT with {size} bytes of link-edit data at 0x{offset:x}");
    }

    private ByteSource Open(ulong address, long size)
    {
        var within = unchecked(address - _place.Load);
        return _kernel.OpenAddress(within < _place.Size ? unchecked(_place.Source + within) : address, size);
    }

    private MachOSegment[] Segments()
    {
        if (_segments.Length == 0)
        {
            _segments = [.. MachOImage.Open(this).Segments];
        }

        return _segments;
    }
}

/// <summary>Where a prelinked kext stands.</summary>
/// <param name="Source">Address of its header among the kernel's segments.</param>
/// <param name="Load">Address its commands count from; mostly the same.</param>
/// <param name="Size">Bytes in one piece from there; what lies outside was moved to other segments.</param>
internal readonly record struct PrelinkedPlace(ulong Source, ulong Load, ulong Size);

using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Kernelcache;

/// <summary>One image of a kernelcache: the kernel or a kext.</summary>
public sealed class KernelcacheEntry
{
    private readonly MachOBacking _backing;

    internal KernelcacheEntry(string id, ulong address, MachOBacking backing, string? moduleVersion = null)
    {
        Id = id;
        Address = address;
        ModuleVersion = moduleVersion;
        _backing = backing;
    }

    /// <summary>Bundle identifier, <c>com.apple.kernel</c> for the kernel.</summary>
    public string Id { get; }

    /// <summary>Whether this is the kernel itself.</summary>
    public bool IsKernel => Id == KernelcacheFormat.KernelId;

    /// <summary>Address of the Mach header.</summary>
    public ulong Address { get; }

    /// <summary>The version in the kext's <c>kmod_info</c> structure, where the cache is found by those; else null.</summary>
    public string? ModuleVersion { get; }

    /// <summary>Opens the image: reads its header and load commands, nothing else.</summary>
    /// <exception cref="FirmwareFormatException">No Mach-O stands there, or it is damaged.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public MachOImage OpenImage()
    {
        try
        {
            return MachOImage.Open(_backing);
        }
        catch (FirmwareFormatException fault)
        {
            throw new FirmwareFormatException(fault.Format, fault.Offset, $"{Id}: {fault.Reason}", fault);
        }
    }
}

using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Kernelcache;

/// <summary>What the files of this folder share: names of segments, sections and keys (xnu's <c>libkern/prelink.h</c>), limits, faults.</summary>
internal static class KernelcacheFormat
{
    internal const string Name = "kernelcache";

    internal const string KernelId = "com.apple.kernel";
    internal const string InfoSegment = "__PRELINK_INFO";
    internal const string InfoSection = "__info";
    internal const string KmodInfoSection = "__kmod_info";
    internal const string KmodStartSection = "__kmod_start";
    internal const string InfoDictionaryKey = "_PrelinkInfoDictionary";
    internal const string LoadAddressKey = "_PrelinkExecutableLoadAddr";
    internal const string SourceAddressKey = "_PrelinkExecutableSourceAddr";
    internal const string SizeKey = "_PrelinkExecutableSize";
    internal const string BundleIdKey = "CFBundleIdentifier";
    internal const string BundleVersionKey = "CFBundleVersion";

    // The largest kernelcaches, those of Macs, hold about a thousand kexts.
    internal const int MaxEntries = 8192;

    internal static FirmwareFormatException Fault(long offset, string reason) => new(Name, offset, reason);

    /// <summary>The section with the Info.plists, where it has bytes; kernels outside a cache have an empty one.</summary>
    internal static MachOSection? FindInfo(MachOImage image) =>
        image.FindSection(InfoSegment, InfoSection) is { Size: > 0, IsZeroFill: false } section ? section : null;
}

using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Formats.Kernelcache;

/// <summary>
/// The property list of <c>__PRELINK_INFO,__info</c>, in the kernel's XML dialect: an array of Info.plists under
/// <c>_PrelinkInfoDictionary</c>. The oldest caches hold the bare array.
/// </summary>
internal sealed class PrelinkInfo
{
    // A Mac's list has 6 MB and 200,000 values.
    private static readonly PlistLimits Limits = new() { MaxInputBytes = 64 << 20, MaxValues = 1 << 20, MaxContentBytes = 64 << 20 };

    private readonly Dictionary<string, KextInfo> _byId = new(StringComparer.Ordinal);

    private PrelinkInfo(PlistArray dictionaries)
    {
        var kexts = new List<KextInfo>();
        foreach (var value in dictionaries)
        {
            // A kext that stands twice (a pseudo-extension and its code) keeps its first place.
            if (value is PlistDictionary properties && properties.String(KernelcacheFormat.BundleIdKey) is { } id)
            {
                var kext = new KextInfo(id, properties);
                if (_byId.TryAdd(id, kext))
                {
                    kexts.Add(kext);
                }
            }
        }

        Kexts = kexts;
    }

    internal static PrelinkInfo Empty { get; } = new(PlistArray.Empty);

    /// <summary>Every Info.plist with an identifier, in the list's order.</summary>
    internal IReadOnlyList<KextInfo> Kexts { get; }

    internal static PrelinkInfo Read(MachOImage image, MachOSection section)
    {
        try
        {
            var value = PropertyList.Parse(image.OpenSection(section), Limits);
            return new PrelinkInfo(
                value as PlistArray
                ?? (value as PlistDictionary)?.Array(KernelcacheFormat.InfoDictionaryKey)
                ?? throw KernelcacheFormat.Fault(section.FileOffset, $"the list of kexts has no array {KernelcacheFormat.InfoDictionaryKey}"));
        }
        catch (FirmwareFormatException fault) when (fault.Format != KernelcacheFormat.Name)
        {
            throw new FirmwareFormatException(
                KernelcacheFormat.Name, section.FileOffset, $"the list of kexts (__PRELINK_INFO) is damaged: {fault.Reason}", fault);
        }
    }

    internal KextInfo? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>An address, which lists write signed or unsigned; null without the key.</summary>
    internal static ulong? Address(PlistDictionary properties, string key) =>
        (properties.Find(key) as PlistInteger)?.Value is { } value && value >= long.MinValue && value <= ulong.MaxValue ? unchecked((ulong)value) : null;
}

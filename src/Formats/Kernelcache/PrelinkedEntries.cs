using System.Text;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Kernelcache;

/// <summary>
/// Finds the kexts in a kernelcache that is no fileset: by the addresses in its property list, or by the tables that list the
/// kexts' <c>kmod_info</c> structures and Mach headers. Facts: xnu's <c>libkern/prelink.h</c>, <c>mach/kmod.h</c>, <c>OSKext.cpp</c>.
/// </summary>
internal static class PrelinkedEntries
{
    private const int PointerSize = 8;
    private const int KmodNameOffset = 16;
    private const int KmodNameSize = 64;
    private const int KmodHeadSize = KmodNameOffset + (2 * KmodNameSize);

    // Pointers of these caches carry the distance to the next one to be slid in their top 13 bits, or, where they are signed, an
    // offset from the kernel's base in their low 32.
    private const int PointerTagBits = 13;

    /// <summary>Whether the kexts are listed in tables.</summary>
    internal static bool HasTables(MachOImage kernel) =>
        kernel.FindSection(KernelcacheFormat.InfoSegment, KernelcacheFormat.KmodInfoSection) is { Size: > 0 }
        && kernel.FindSection(KernelcacheFormat.InfoSegment, KernelcacheFormat.KmodStartSection) is { Size: > 0 };

    /// <summary>The kexts that the property list gives an address.</summary>
    internal static List<KernelcacheEntry> FromInfo(MachOImage kernel, PrelinkInfo info)
    {
        var places = new List<(string Id, PrelinkedPlace Place, string? Version)>();
        foreach (var kext in info.Kexts)
        {
            var load = PrelinkInfo.Address(kext.Properties, KernelcacheFormat.LoadAddressKey);
            var source = PrelinkInfo.Address(kext.Properties, KernelcacheFormat.SourceAddressKey) ?? load;
            if (source is { } address)
            {
                var size = PrelinkInfo.Address(kext.Properties, KernelcacheFormat.SizeKey) ?? 0;
                places.Add((kext.Id, new PrelinkedPlace(address, load ?? address, size), null));
            }
        }

        return Build(kernel, places, null);
    }

    /// <summary>The kexts of the tables.</summary>
    internal static List<KernelcacheEntry> FromTables(MachOImage kernel)
    {
        var infos = ReadPointers(kernel, KernelcacheFormat.KmodInfoSection);
        var starts = ReadPointers(kernel, KernelcacheFormat.KmodStartSection);
        if (starts.Length < infos.Length)
        {
            throw KernelcacheFormat.Fault(-1, $"{infos.Length} kexts have a kmod_info structure, but only {starts.Length} a Mach header");
        }

        Span<byte> head = stackalloc byte[KmodHeadSize];
        var places = new List<(string Id, PrelinkedPlace Place, string? Version)>();
        for (var i = 0; i < infos.Length; i++)
        {
            kernel.OpenAddress(infos[i], KmodHeadSize).ReadExactly(0, head);
            var name = Text(head.Slice(KmodNameOffset, KmodNameSize));
            var version = Text(head[(KmodNameOffset + KmodNameSize)..]);
            places.Add((name, new PrelinkedPlace(starts[i], starts[i], 0), version.Length == 0 ? null : version));
        }

        return Build(kernel, places, address => Untag(kernel, address));
    }

    private static List<KernelcacheEntry> Build(
        MachOImage kernel, List<(string Id, PrelinkedPlace Place, string? Version)> places, Func<ulong, ulong>? untag)
    {
        if (places.Count > KernelcacheFormat.MaxEntries)
        {
            throw KernelcacheFormat.Fault(-1, $"{places.Count} kexts, more than the {KernelcacheFormat.MaxEntries} that are read");
        }

        // A header ends where the next one begins, so that all of them together are no longer than the file.
        var starts = places.Select(static place => place.Place.Source).Order().ToArray();
        var entries = new List<KernelcacheEntry>(places.Count);
        var seen = new HashSet<string>(StringComparer.Ordinal) { KernelcacheFormat.KernelId };
        foreach (var (id, place, version) in places)
        {
            if (!seen.Add(id))
            {
                throw KernelcacheFormat.Fault(-1, $"two images are called {id}");
            }

            var next = Array.BinarySearch(starts, place.Source) + 1;
            if ((next < starts.Length && starts[next] == place.Source) || (next > 1 && starts[next - 2] == place.Source))
            {
                throw KernelcacheFormat.Fault(-1, $"two kexts, {id} one of them, begin at address 0x{place.Source:x}");
            }

            var limit = HeaderLimit(kernel, id, place.Source);
            if (next < starts.Length && starts[next] - place.Source < (ulong)limit)
            {
                limit = (long)(starts[next] - place.Source);
            }

            entries.Add(new KernelcacheEntry(id, place.Load, new PrelinkedBacking(kernel, place, limit, untag), version));
        }

        return entries;
    }

    private static long HeaderLimit(MachOImage kernel, string id, ulong address)
    {
        foreach (var segment in kernel.Segments)
        {
            var within = unchecked(address - segment.Address);
            if (within < (ulong)segment.FileSize)
            {
                return segment.FileSize - (long)within;
            }
        }

        throw KernelcacheFormat.Fault(-1, $"{id} is said to begin at address 0x{address:x}, where the file has nothing");
    }

    private static ulong[] ReadPointers(MachOImage kernel, string name)
    {
        var section = kernel.FindSection(KernelcacheFormat.InfoSegment, name)!;
        if (section.Size > (KernelcacheFormat.MaxEntries + 1) * PointerSize)
        {
            throw KernelcacheFormat.Fault(section.FileOffset, $"{name} has {section.Size} bytes, more than {KernelcacheFormat.MaxEntries} kexts need");
        }

        var bytes = kernel.OpenSection(section).ReadBytes(0, (int)section.Size);
        var reader = new SpanReader(bytes, KernelcacheFormat.Name, section.FileOffset);
        var pointers = new ulong[bytes.Length / PointerSize];
        foreach (ref var pointer in pointers.AsSpan())
        {
            pointer = Untag(kernel, reader.ReadUInt64());
        }

        return pointers;
    }

    // A plain kernel address has ones in all the bits of the tag; a signed pointer has the topmost, but never the next.
    private static ulong Untag(MachOImage kernel, ulong pointer) =>
        pointer >> (64 - PointerTagBits) == (1UL << PointerTagBits) - 1 ? pointer
        : (pointer & (1UL << 63)) != 0 ? unchecked(kernel.BaseAddress + (uint)pointer)
        : (ulong)((long)(pointer << PointerTagBits) >> PointerTagBits);

    private static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }
}

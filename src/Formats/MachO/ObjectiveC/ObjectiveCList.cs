namespace IpswDiff.Formats.MachO.ObjectiveC;

/// <summary>
/// A list of methods, properties, instance variables or protocols. Facts: <c>entsize_list_tt</c>, <c>method_list_t</c> and
/// <c>protocol_list_t</c> of <c>objc-runtime-new.h</c>.
/// </summary>
/// <param name="Address">Where it stands; 0 for none.</param>
/// <param name="Count">Entries.</param>
/// <param name="EntrySize">Bytes of one.</param>
/// <param name="Flags">For methods: how entries refer to what they name.</param>
internal readonly record struct ObjectiveCList(ulong Address, int Count, uint EntrySize, uint Flags)
{
    internal const int IvarSize = 32;
    internal const int PropertySize = 16;

    // method_list_t: entries are relative; they lead to selectors themselves and not to references of them, in a shared cache only;
    // types, too, count from the base of the selectors (methodListUsesTypeOffsets of dyld's ObjCVisitor.h, OS 27).
    private const uint RelativeList = 0x80000000;
    private const uint DirectSelectors = 0x40000000;
    private const uint TypeOffsets = 0x20000000;
    private const uint EntrySizeMask = 0xFFFC;
    private const uint UnknownFlags = 0xFFFF0000 & ~(RelativeList | DirectSelectors | TypeOffsets);

    private const int PointerSize = 8;
    private const uint MethodSize = 24;
    private const uint RelativeMethodSize = 12;
    private const int MostEntries = 1 << 20;

    private bool IsRelative => (Flags & RelativeList) != 0;

    /// <summary>The methods that a pointer at <paramref name="field"/> leads to.</summary>
    internal static ObjectiveCList ReadMethods(ObjectiveCMemory memory, ulong field) => Read(memory, field, null);

    /// <summary>The properties or instance variables that a pointer at <paramref name="field"/> leads to.</summary>
    internal static ObjectiveCList ReadEntries(ObjectiveCMemory memory, ulong field, uint smallest) => Read(memory, field, smallest);

    /// <summary>The protocols that a pointer at <paramref name="field"/> leads to: a count of 64 bits, of which no list needs more than 32, and pointers.</summary>
    internal static ObjectiveCList ReadProtocols(ObjectiveCMemory memory, ulong field) =>
        Find(memory, field) is var list and not 0 ? new ObjectiveCList(list, CheckCount(memory, memory.ReadUInt32(list), list), PointerSize, 0) : default;

    /// <summary>Where an entry stands.</summary>
    internal ulong Entry(int index) => Address + 8 + ((ulong)index * EntrySize);

    /// <summary>Address of a method's selector; 0 for none.</summary>
    internal ulong FindSelector(ObjectiveCMemory memory, ulong method)
    {
        if (!IsRelative)
        {
            return memory.ReadPointer(method).Address;
        }

        // Since iOS 16 direct selectors count from a base for all images; before that, from the entry.
        return (Flags & DirectSelectors) == 0 ? memory.ReadPointer(memory.ReadRelative(method)).Address
            : memory.Pointers.SelectorBase is { } origin ? unchecked(origin + memory.ReadUInt32(method))
            : memory.ReadRelative(method);
    }

    /// <summary>Address of a method's types; 0 for none.</summary>
    internal ulong FindTypes(ObjectiveCMemory memory, ulong method) =>
        !IsRelative ? memory.ReadPointer(method + 8).Address
        : memory.ReadUInt32(method + 4) is var types && types == 0 ? 0
        : (Flags & TypeOffsets) == 0 ? memory.ReadRelative(method + 4)
        : memory.Pointers.SelectorBase is { } origin ? unchecked(origin + types)
        : throw MachOFormat.Fault(-1, $"the types of the methods at address 0x{Address:x} count from the selectors of a shared cache, which is not at hand");

    private static ObjectiveCList Read(ObjectiveCMemory memory, ulong field, uint? smallest)
    {
        var list = Find(memory, field);
        if (list == 0)
        {
            return default;
        }

        var flags = memory.ReadUInt32(list);
        var count = CheckCount(memory, memory.ReadUInt32(list + 4), list);
        var size = flags & EntrySizeMask;
        if ((flags & UnknownFlags) != 0)
        {
            // Entries of a form that is not known would be read as something that they are not.
            throw MachOFormat.Fault(-1, $"the list at address 0x{list:x} has flags 0x{flags & 0xFFFF0000:x8}, of which some are not known");
        }

        var wanted = smallest ?? ((flags & RelativeList) != 0 ? RelativeMethodSize : MethodSize);
        return count > 0 && size < wanted
            ? throw MachOFormat.Fault(-1, $"the list at address 0x{list:x} has entries of {size} bytes where {wanted} are wanted")
            : new ObjectiveCList(list, count, size, flags);
    }

    private static ulong Find(ObjectiveCMemory memory, ulong field)
    {
        var list = memory.ReadPointer(field).Address;
        return (list & 1) == 0 ? list : LastOfLists(memory, list);
    }

    /// <summary>
    /// In a shared cache that has attached categories to their classes, a list is a list of lists, marked by its lowest bit: 16 bits of
    /// image and 48 of distance from the entry each. The class's own list is the last.
    /// </summary>
    private static ulong LastOfLists(ObjectiveCMemory memory, ulong tagged)
    {
        var lists = tagged & ~1UL;
        var size = memory.ReadUInt32(lists);
        var count = CheckCount(memory, memory.ReadUInt32(lists + 4), lists);
        if (size != 8 || count == 0)
        {
            throw MachOFormat.Fault(-1, $"the list of lists at address 0x{lists:x} has {count} entries of {size} bytes");
        }

        var entry = lists + 8 + ((ulong)(count - 1) * 8);
        var distance = (long)(memory.ReadUInt32(entry) | ((ulong)memory.ReadUInt32(entry + 4) << 32)) >> 16;
        return unchecked(entry + (ulong)distance);
    }

    private static int CheckCount(ObjectiveCMemory memory, uint count, ulong list)
    {
        // What each entry costs is counted as it is read.
        memory.Spend(count, list);
        return count <= MostEntries
            ? (int)count
            : throw MachOFormat.Fault(-1, $"the Objective-C list at address 0x{list:x} states {count} entries");
    }
}

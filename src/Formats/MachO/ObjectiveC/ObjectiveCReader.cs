namespace IpswDiff.Formats.MachO.ObjectiveC;

/// <summary>Reads the structures of the 64-bit Objective-C runtime. Facts: <c>objc-runtime-new.h</c> of Apple's objc4. For one thread.</summary>
internal sealed class ObjectiveCReader(ObjectiveCMemory memory)
{
    // method_list_t: entries are relative; they lead to selectors themselves and not to references of them, in a shared cache only.
    private const uint RelativeList = 0x80000000;
    private const uint DirectSelectors = 0x40000000;
    private const uint EntrySizeMask = 0xFFFC;

    // class_t.bits: the low bits are flags, of which two say that Swift made the class; the address is below bit 47.
    private const ulong ClassDataMask = 0x0000_7FFF_FFFF_FFF8;
    private const ulong SwiftBits = 3;

    private const int MethodSize = 24;
    private const int RelativeMethodSize = 12;
    private const int IvarSize = 32;
    private const int PropertySize = 16;
    private const int MostEntries = 1 << 20;

    private const string ClassSymbol = "_OBJC_CLASS_$_";
    private const string MetaclassSymbol = "_OBJC_METACLASS_$_";
    private const string ProtocolSymbol = "__OBJC_PROTOCOL_$_";

    internal string ReadString(ulong address) => memory.ReadString(address);

    internal ObjectiveCClass ReadClass(ulong address)
    {
        var (data, isSwift) = ReadClassData(address);
        var (metadata, _) = memory.ReadPointer(address) is { Address: not 0 } metaclass ? ReadClassData(metaclass.Address) : default;
        return new ObjectiveCClass
        {
            Name = memory.ReadStringAt(data + 24) ?? string.Empty,
            Superclass = NameOf(memory.ReadPointer(address + 8), ClassSymbol),
            IsSwift = isSwift,
            InstanceMethods = ReadMethods(data + 32),
            ClassMethods = metadata == 0 ? [] : ReadMethods(metadata + 32),
            Ivars = ReadEntries(data + 48, IvarSize, ReadIvar),
            Properties = ReadEntries(data + 64, PropertySize, ReadProperty),
            ClassProperties = metadata == 0 ? [] : ReadEntries(metadata + 64, PropertySize, ReadProperty),
            Protocols = ReadProtocolNames(data + 40),
        };
    }

    internal ObjectiveCCategory ReadCategory(ulong address) => new()
    {
        Name = memory.ReadStringAt(address) ?? string.Empty,
        ClassName = NameOf(memory.ReadPointer(address + 8), ClassSymbol) ?? string.Empty,
        InstanceMethods = ReadMethods(address + 16),
        ClassMethods = ReadMethods(address + 24),
        Protocols = ReadProtocolNames(address + 32),
        Properties = ReadEntries(address + 40, PropertySize, ReadProperty),
    };

    internal ObjectiveCProtocol ReadProtocol(ulong address) => new()
    {
        Name = memory.ReadStringAt(address + 8) ?? string.Empty,
        Protocols = ReadProtocolNames(address + 16),
        InstanceMethods = ReadMethods(address + 24),
        ClassMethods = ReadMethods(address + 32),
        OptionalInstanceMethods = ReadMethods(address + 40),
        OptionalClassMethods = ReadMethods(address + 48),
        Properties = ReadEntries(address + 56, PropertySize, ReadProperty),
    };

    private (ulong Data, bool IsSwift) ReadClassData(ulong address)
    {
        var bits = memory.ReadPointer(address + 32).Address;
        var data = bits & ClassDataMask;
        return data == 0
            ? throw MachOFormat.Fault(-1, $"the class at address 0x{address:x} has no data")
            : (data, (bits & SwiftBits) != 0);
    }

    /// <summary>Name of the class that a pointer leads to, in this image or another.</summary>
    private string? NameOf(MachOPointer pointer, string prefix) => pointer switch
    {
        { Import: { } symbol } => symbol.StartsWith(prefix, StringComparison.Ordinal) ? symbol[prefix.Length..]
            : symbol.StartsWith(MetaclassSymbol, StringComparison.Ordinal) ? symbol[MetaclassSymbol.Length..]
            : symbol,
        { Address: 0 } => null,
        { Address: var address } => memory.ReadStringAt(ReadClassData(address).Data + 24),
    };

    private string[] ReadProtocolNames(ulong field)
    {
        var list = memory.ReadPointer(field).Address;
        if (list == 0)
        {
            return [];
        }

        if ((list & 1) != 0)
        {
            // A list of lists, as for methods; see there.
            list = LastOfLists(list);
        }

        // The count has 64 bits, of which no list needs more than 32.
        var count = CheckCount(memory.ReadUInt32(list), list);
        var names = new List<string>(Math.Min(count, 64));
        for (var i = 0; i < count; i++)
        {
            var protocol = memory.ReadPointer(list + 8 + ((ulong)i * 8));
            if (protocol.Import is { } symbol)
            {
                names.Add(symbol.StartsWith(ProtocolSymbol, StringComparison.Ordinal) ? symbol[ProtocolSymbol.Length..] : symbol);
            }
            else if (protocol.Address != 0)
            {
                names.Add(memory.ReadStringAt(protocol.Address + 8) ?? string.Empty);
            }
        }

        return [.. names];
    }

    private ObjectiveCMethod[] ReadMethods(ulong field)
    {
        var list = memory.ReadPointer(field).Address;
        if (list == 0)
        {
            return [];
        }

        if ((list & 1) != 0)
        {
            list = LastOfLists(list);
        }

        var flags = memory.ReadUInt32(list);
        var count = CheckCount(memory.ReadUInt32(list + 4), list);
        var isRelative = (flags & RelativeList) != 0;
        var size = flags & EntrySizeMask;
        if (count > 0 && size < (isRelative ? RelativeMethodSize : MethodSize))
        {
            throw MachOFormat.Fault(-1, $"the method list at address 0x{list:x} has entries of {size} bytes");
        }

        var methods = new List<ObjectiveCMethod>(Math.Min(count, 256));
        for (var i = 0; i < count; i++)
        {
            var entry = list + 8 + ((ulong)i * size);
            methods.Add(isRelative ? ReadRelativeMethod(entry, flags) : ReadMethod(entry));
        }

        return [.. methods];
    }

    private ObjectiveCMethod ReadMethod(ulong entry) =>
        new(memory.ReadStringAt(entry) ?? string.Empty, memory.ReadStringAt(entry + 8) ?? string.Empty);

    private ObjectiveCMethod ReadRelativeMethod(ulong entry, uint flags)
    {
        // Since iOS 16 direct selectors count from a base for all images; before that, from the entry.
        var selector = (flags & DirectSelectors) == 0 ? memory.ReadStringAt(memory.ReadRelative(entry)) ?? string.Empty
            : memory.Pointers.SelectorBase is { } origin ? memory.ReadString(unchecked(origin + memory.ReadUInt32(entry)))
            : memory.ReadString(memory.ReadRelative(entry));
        return new ObjectiveCMethod(selector, memory.ReadUInt32(entry + 4) == 0 ? string.Empty : memory.ReadString(memory.ReadRelative(entry + 4)));
    }

    private T[] ReadEntries<T>(ulong field, uint entrySize, Func<ulong, T> read)
    {
        var list = memory.ReadPointer(field).Address;
        if (list == 0)
        {
            return [];
        }

        if ((list & 1) != 0)
        {
            list = LastOfLists(list);
        }

        var size = memory.ReadUInt32(list) & EntrySizeMask;
        var count = CheckCount(memory.ReadUInt32(list + 4), list);
        if (count > 0 && size < entrySize)
        {
            throw MachOFormat.Fault(-1, $"the list at address 0x{list:x} has entries of {size} bytes where {entrySize} are wanted");
        }

        var entries = new List<T>(Math.Min(count, 256));
        for (var i = 0; i < count; i++)
        {
            entries.Add(read(list + 8 + ((ulong)i * size)));
        }

        return [.. entries];
    }

    private ObjectiveCIvar ReadIvar(ulong entry) => new(
        memory.ReadStringAt(entry + 8) ?? string.Empty, memory.ReadStringAt(entry + 16) ?? string.Empty, memory.ReadUInt32(entry + 28));

    private ObjectiveCProperty ReadProperty(ulong entry) =>
        new(memory.ReadStringAt(entry) ?? string.Empty, memory.ReadStringAt(entry + 8) ?? string.Empty);

    /// <summary>
    /// In a shared cache that has attached categories to their classes, a list is a list of lists, marked by its lowest bit: 16 bits of
    /// image and 48 of distance from the entry each. The class's own list is the last.
    /// </summary>
    private ulong LastOfLists(ulong tagged)
    {
        var lists = tagged & ~1UL;
        var size = memory.ReadUInt32(lists);
        var count = CheckCount(memory.ReadUInt32(lists + 4), lists);
        if (size != 8 || count == 0)
        {
            throw MachOFormat.Fault(-1, $"the list of lists at address 0x{lists:x} has {count} entries of {size} bytes");
        }

        var entry = lists + 8 + ((ulong)(count - 1) * 8);
        var distance = (long)(memory.ReadUInt32(entry) | ((ulong)memory.ReadUInt32(entry + 4) << 32)) >> 16;
        return unchecked(entry + (ulong)distance);
    }

    private int CheckCount(uint count, ulong list)
    {
        // What each entry costs is counted as it is read.
        memory.Spend(count, list);
        return count <= MostEntries
            ? (int)count
            : throw MachOFormat.Fault(-1, $"the Objective-C list at address 0x{list:x} states {count} entries");
    }
}

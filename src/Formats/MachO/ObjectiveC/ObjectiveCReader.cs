
namespace IpswDiff.Formats.MachO.ObjectiveC;

/// <summary>Reads the structures of the 64-bit Objective-C runtime. Facts: <c>objc-runtime-new.h</c> of Apple's objc4. For one thread.</summary>
internal sealed class ObjectiveCReader(ObjectiveCMemory memory)
{
    // class_t.bits: the low bits are flags, of which two say that Swift made the class; the address is below bit 47.
    private const ulong ClassDataMask = 0x0000_7FFF_FFFF_FFF8;
    private const ulong SwiftBits = 3;

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
            Ivars = ReadEntries(data + 48, ObjectiveCList.IvarSize, ReadIvar),
            Properties = ReadEntries(data + 64, ObjectiveCList.PropertySize, ReadProperty),
            ClassProperties = metadata == 0 ? [] : ReadEntries(metadata + 64, ObjectiveCList.PropertySize, ReadProperty),
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
        Properties = ReadEntries(address + 40, ObjectiveCList.PropertySize, ReadProperty),
    };

    internal ObjectiveCProtocol ReadProtocol(ulong address) => new()
    {
        Name = memory.ReadStringAt(address + 8) ?? string.Empty,
        Protocols = ReadProtocolNames(address + 16),
        InstanceMethods = ReadMethods(address + 24),
        ClassMethods = ReadMethods(address + 32),
        OptionalInstanceMethods = ReadMethods(address + 40),
        OptionalClassMethods = ReadMethods(address + 48),
        Properties = ReadEntries(address + 56, ObjectiveCList.PropertySize, ReadProperty),
    };

    /// <summary>Where the constant data of a class stands, and whether Swift made it.</summary>
    internal static (ulong Data, bool IsSwift) ReadClassData(ObjectiveCMemory memory, ulong address)
    {
        var bits = memory.ReadPointer(address + 32).Address;
        var data = bits & ClassDataMask;
        return data == 0
            ? throw MachOFormat.Fault(-1, $"the class at address 0x{address:x} has no data")
            : (data, (bits & SwiftBits) != 0);
    }

    private (ulong Data, bool IsSwift) ReadClassData(ulong address) => ReadClassData(memory, address);

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
        var list = ObjectiveCList.ReadProtocols(memory, field);
        var names = new List<string>(Math.Min(list.Count, 64));
        for (var i = 0; i < list.Count; i++)
        {
            var protocol = memory.ReadPointer(list.Entry(i));
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
        var list = ObjectiveCList.ReadMethods(memory, field);
        var methods = new List<ObjectiveCMethod>(Math.Min(list.Count, 256));
        for (var i = 0; i < list.Count; i++)
        {
            var entry = list.Entry(i);
            methods.Add(new ObjectiveCMethod(Text(list.FindSelector(memory, entry)), Text(list.FindTypes(memory, entry))));
        }

        return [.. methods];
    }

    private string Text(ulong address) => address == 0 ? string.Empty : memory.ReadString(address);

    private T[] ReadEntries<T>(ulong field, uint entrySize, Func<ulong, T> read)
    {
        var list = ObjectiveCList.ReadEntries(memory, field, entrySize);
        var entries = new List<T>(Math.Min(list.Count, 256));
        for (var i = 0; i < list.Count; i++)
        {
            entries.Add(read(list.Entry(i)));
        }

        return [.. entries];
    }

    private ObjectiveCIvar ReadIvar(ulong entry) => new(
        memory.ReadStringAt(entry + 8) ?? string.Empty, memory.ReadStringAt(entry + 16) ?? string.Empty, memory.ReadUInt32(entry + 28));

    private ObjectiveCProperty ReadProperty(ulong entry) =>
        new(memory.ReadStringAt(entry) ?? string.Empty, memory.ReadStringAt(entry + 8) ?? string.Empty);
}

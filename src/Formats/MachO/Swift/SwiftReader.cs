namespace IpswDiff.Formats.MachO.Swift;

/// <summary>Reads descriptors. For one thread.</summary>
internal sealed class SwiftReader(SwiftMemory memory)
{
    private const uint MostFields = 1 << 20;
    private const uint MostRequirements = 1 << 16;
    private const int FieldRecordsAt = 16;
    private const int RequirementSize = 12;

    private readonly SwiftNames _names = new(memory);

    /// <summary>The type that a record of <c>__swift5_types</c> leads to; null where another image has it.</summary>
    internal SwiftType? ReadType(ulong record)
    {
        // The two lowest bits say what the record refers to: 0 a descriptor, 1 a pointer to one, others classes of Objective-C.
        var kind = memory.ReadUInt32(record) & 3;
        var pointer = kind < 2 ? memory.ReadIndirectable(record) : default;
        if (pointer.Address == 0)
        {
            return null;
        }

        var context = _names.ReadContext(pointer.Address);
        if (!context.IsType)
        {
            throw MachOFormat.Fault(-1, $"the type record at address 0x{record:x} leads to a descriptor of kind {(int)context.Kind}");
        }

        var superclass = context.Kind == SwiftContextKind.Class ? memory.ReadRelative(context.Superclass) : 0;
        return new SwiftType(
            _names.NameOf(context),
            context.Kind switch
            {
                SwiftContextKind.Class => SwiftTypeKind.Class,
                SwiftContextKind.Struct => SwiftTypeKind.Struct,
                _ => SwiftTypeKind.Enum,
            },
            superclass == 0 ? null : _names.TypeAt(superclass),
            ReadFields(memory.ReadRelative(context.Fields)),
            context.Kind == SwiftContextKind.Class ? SwiftMethodTables.OfClass(memory, context) : [],
            pointer.Address);
    }

    /// <summary>The protocol that a record of <c>__swift5_protos</c> leads to; null where another image has it.</summary>
    internal SwiftProtocol? ReadProtocol(ulong record)
    {
        var address = memory.ReadIndirectable(record).Address;
        if (address == 0)
        {
            return null;
        }

        var context = _names.ReadContext(address);
        if (context.Kind != SwiftContextKind.Protocol)
        {
            throw MachOFormat.Fault(-1, $"the protocol record at address 0x{record:x} leads to a descriptor of kind {(int)context.Kind}");
        }

        var requirements = memory.ReadUInt32(address + 16);
        if (requirements > MostRequirements)
        {
            throw MachOFormat.Fault(-1, $"the protocol at address 0x{address:x} has {requirements} requirements");
        }

        var associated = memory.ReadRelative(address + 20);
        return new SwiftProtocol(
            _names.NameOf(context),
            SwiftMethodTables.OfProtocol(memory, address, (int)requirements),
            associated == 0 ? [] : memory.ReadString(associated).Split(' ', StringSplitOptions.RemoveEmptyEntries),
            address);
    }

    /// <summary>The conformance that a record of <c>__swift5_proto</c> leads to.</summary>
    internal SwiftConformance? ReadConformance(ulong record)
    {
        var address = memory.ReadRelative(record);
        if (address == 0)
        {
            return null;
        }

        var flags = memory.ReadUInt32(address + 12);
        var requirements = (flags >> 8) & 0xFF;

        // A retroactive conformance has its module behind the flags.
        var at = address + 16 + ((flags & 0x40) != 0 ? 4UL : 0);
        var where = new List<string>();
        for (var i = 0; i < requirements; i++)
        {
            where.Add(_names.Requirement(at + (ulong)(i * RequirementSize)));
        }

        return new SwiftConformance(
            _names.ConformingType(address + 4, (flags >> 3) & 7, where),
            _names.ProtocolAt(address, 0),
            where.Count == 0 ? null : string.Join(", ", where),
            address);
    }

    private SwiftField[]? ReadFields(ulong descriptor)
    {
        if (descriptor == 0)
        {
            return null;
        }

        var isEnum = memory.ReadUInt16(descriptor + 8) is 2 or 3;
        var size = memory.ReadUInt16(descriptor + 10);
        var count = memory.ReadUInt32(descriptor + 12);
        if (count > MostFields || (size < 12 && count > 0))
        {
            throw MachOFormat.Fault(-1, $"the field descriptor at address 0x{descriptor:x} has {count} records of {size} bytes");
        }

        var fields = new List<SwiftField>((int)Math.Min(count, 64));
        for (var i = 0UL; i < count; i++)
        {
            var record = descriptor + FieldRecordsAt + (i * size);
            var flags = memory.ReadUInt32(record);
            var type = memory.ReadRelative(record + 4);
            var name = memory.ReadRelative(record + 8);
            fields.Add(new SwiftField(
                name == 0 ? string.Empty : memory.ReadString(name),
                type != 0 ? _names.TypeAt(type) : isEnum ? null : SwiftNames.Unknown,
                IsVar: (flags & 2) != 0,
                IsIndirect: (flags & 1) != 0,
                IsArtificial: (flags & 4) != 0));
        }

        return [.. fields];
    }
}

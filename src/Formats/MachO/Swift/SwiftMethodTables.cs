namespace IpswDiff.Formats.MachO.Swift;

/// <summary>
/// The tables of virtual methods behind class descriptors, and the requirements behind protocol descriptors. Facts:
/// <c>TargetClassDescriptor</c>, <c>TargetProtocolDescriptor</c> and <c>TargetGenericContext</c> of
/// <c>swift/ABI/Metadata.h</c> and
/// <c>GenericContext.h</c>; flags of <c>MetadataValues.h</c>.
/// </summary>
internal static class SwiftMethodTables
{
    private const int EntrySize = 8;
    private const int RequirementSize = 12;
    private const int MostMethods = 1 << 14;
    private const int KindMask = 0xF;
    private const uint IsInstance = 0x10;

    // Flags of a class, in the upper half of those of its context.
    private const uint InitializationMask = 3;
    private const uint HasResilientSuperclass = 1 << 13;
    private const uint HasTable = 1 << 15;

    // Flags of a generic context.
    private const uint HasPacks = 1;
    private const uint HasInvertedProtocols = 2;
    private const uint HasValues = 4;

    private static readonly string[] MethodKinds =
        ["method", "init", "getter", "setter", "modify", "read", "read", "modify"];

    private static readonly string[] RequirementKinds =
    [
        "base protocol", "method", "init", "getter", "setter", "read", "modify", "associated type",
            "associated conformance", "read", "modify",
    ];

    /// <summary>What a class adds to its table; null where what stands before it is not understood.</summary>
    internal static SwiftMethod[]? OfClass(SwiftMemory memory, SwiftContext context)
    {
        var flags = context.Flags >> 16;
        if ((flags & HasTable) == 0)
        {
            return [];
        }

        if (BehindGenerics(memory, context) is not { } at || (flags & InitializationMask) == 3)
        {
            return null;
        }

        at += (flags & HasResilientSuperclass) != 0 ? 4UL : 0;
        at += (flags & InitializationMask) switch
        {
            1 => 12UL,
            2 => 4UL,
            _ => 0,
        };
        var count = memory.ReadUInt32(at + 4);
        return count > MostMethods ? null : Read(memory, at + 8, (int)count, isAsync: 0x40, MethodKinds);
    }

    /// <summary>The requirements of a protocol, of which it has <paramref name="count"/>.</summary>
    internal static SwiftMethod[] OfProtocol(SwiftMemory memory, ulong address, int count)
    {
        var signature = (ulong)memory.ReadUInt32(address + 12);
        return Read(memory, unchecked(address + 24 + (signature * RequirementSize)), count, isAsync: 0x20,
            RequirementKinds);
    }

    private static SwiftMethod[] Read(SwiftMemory memory, ulong at, int count, uint isAsync, string[] kinds)
    {
        var methods = new List<SwiftMethod>(Math.Min(count, 64));
        for (var i = 0; i < count; i++, at += EntrySize)
        {
            var flags = memory.ReadUInt32(at);
            var kind = (flags & KindMask) < kinds.Length ? kinds[flags & KindMask] : "entry";
            var isOfType = kind is "method" or "getter" or "setter" or "read" or "modify" && (flags & IsInstance) == 0;
            kind = isOfType ? "static " + kind : kind;
            methods.Add(new SwiftMethod(
                (flags & isAsync) != 0 ? "async " + kind : kind, at, memory.ReadRelative(at + 4)));
        }

        return [.. methods];
    }

    /// <summary>
    /// Where the generic parameters of a class end, what is required of them, packs, inverted protocols and values
    /// among them.
    /// </summary>
    private static ulong? BehindGenerics(SwiftMemory memory, SwiftContext context)
    {
        var at = context.GenericHeader;
        if (!context.IsGeneric)
        {
            return at;
        }

        var (parameters, requirements, flags) =
            (memory.ReadUInt16(at + 8), memory.ReadUInt16(at + 10), (uint)memory.ReadUInt16(at + 14));
        if (flags > (HasPacks | HasInvertedProtocols | HasValues))
        {
            return null;
        }

        at += 16 + (ulong)((parameters + 3) & ~3) + ((ulong)requirements * RequirementSize);
        if ((flags & HasPacks) != 0)
        {
            at += 4 + ((ulong)memory.ReadUInt16(at) * 8);
        }

        if ((flags & HasInvertedProtocols) != 0)
        {
            // A set, for each in it how many requirements there are up to its own, then these.
            var sets = System.Numerics.BitOperations.PopCount(memory.ReadUInt16(at));
            var total = sets == 0 ? 0 : memory.ReadUInt16(at + (ulong)(sets * 2));
            at = ((at + 2 + (ulong)(sets * 2) + 3) & ~3UL) + ((ulong)total * RequirementSize);
        }

        if ((flags & HasValues) != 0)
        {
            at += 4 + ((ulong)memory.ReadUInt32(at) * 4);
        }

        return at;
    }
}

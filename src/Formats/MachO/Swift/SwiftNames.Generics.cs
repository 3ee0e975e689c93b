using IpswDiff.Formats.Demangling.Swift;
using IpswDiff.Formats.MachO.Fixups;

namespace IpswDiff.Formats.MachO.Swift;

/// <content>Generic parameters and what is required of them.</content>
internal sealed partial class SwiftNames
{
    private const int MostParameters = 256;

    /// <summary>A requirement (<c>GenericRequirementDescriptor</c>) as sources write it.</summary>
    internal string Requirement(ulong address)
    {
        var kind = _memory.ReadUInt32(address) & 0x1F;
        var subject = _memory.ReadRelative(address + 4);
        var name = subject == 0 ? Unknown : TypeAt(subject);
        var other = address + 8;
        return kind switch
        {
            0 => $"{name}: {ProtocolAt(other, 2)}",
            1 => $"{name} == {TypeBehind(other)}",
            2 => $"{name}: {TypeBehind(other)}",
            4 => $"{name}.shape == {TypeBehind(other)}.shape",
            5 => $"{name}: {Inverted(_memory.ReadUInt32(other) >> 16)}",
            0x1F => $"{name}: Swift.AnyObject",
            _ => Unknown,
        };
    }

    /// <summary>The type that a conformance is of.</summary>
    /// <param name="address">Where the reference stands.</param>
    /// <param name="kind">0 a descriptor, 1 a pointer to one, 2 the name of a class of Objective-C, 3 a pointer to such a class.</param>
    /// <param name="requirements">What the conformance requires, which tells parameters of types of other images.</param>
    internal string ConformingType(ulong address, uint kind, List<string> requirements)
    {
        var target = _memory.ReadRelative(address);
        if (target == 0)
        {
            return Unknown;
        }

        Begin();
        switch (kind)
        {
            case 0: return Text(Parameterized(new MachOPointer(target, null), requirements));
            case 1: return Text(Parameterized(_memory.ReadPointer(target), requirements));
            case 2: return Text(ObjectiveCName(_memory.ReadString(target)));
            case 3:
                return _memory.ReadPointer(target).Import is { } symbol ? Text(ImportedNode(symbol)) : Unknown;
            default: return Unknown;
        }
    }

    private string TypeBehind(ulong address)
    {
        var target = _memory.ReadRelative(address);
        return target == 0 ? Unknown : TypeAt(target);
    }

    // Protocols that types conform to unless they say otherwise, one bit each.
    private static string Inverted(uint protocols) => protocols switch
    {
        1 => "~Swift.Copyable",
        2 => "~Swift.Escapable",
        3 => "~Swift.Copyable & ~Swift.Escapable",
        _ => Unknown,
    };

    private Node? Parameterized(MachOPointer pointer, List<string> requirements)
    {
        if (DescribedNode(pointer) is not { } type || type[0] is not { } nominal)
        {
            return null;
        }

        if (pointer.Address != 0)
        {
            return Wrap(NodeKind.Type, Bound(nominal, ReadContext(pointer.Address)));
        }

        // The descriptor is another image's: as many parameters as the requirements speak of, and what is known of the library.
        var count = requirements.Count == 0 ? 0 : requirements.Max(static text => text[0] is >= 'A' and <= 'Z' ? text[0] - 'A' + 1 : 0);
        return Wrap(NodeKind.Type, BoundImport(nominal, count));
    }

    private Node BoundImport(Node nominal, int count)
    {
        if (nominal[0] is not { Kind: NodeKind.Class or NodeKind.Structure or NodeKind.Enum } context)
        {
            return WithParameters(nominal, 0, Math.Max(count, KnownParameters(nominal)))!;
        }

        // A type within a generic one has its parameters.
        var node = _arena.Make(nominal.Kind);
        _arena.Add(node, BoundImport(context, count));
        foreach (var child in nominal.Children[1..])
        {
            _arena.Add(node, child);
        }

        return node;
    }

    private int KnownParameters(Node nominal) => nominal[1] is { } name && nominal[0] is { Kind: NodeKind.Module }
        ? System.Text.Encoding.UTF8.GetString(_arena.Text(name)) switch
        {
            "Array" or "ArraySlice" or "ContiguousArray" or "Set" or "Optional" or "Range" or "ClosedRange" or "Slice"
                or "UnsafePointer" or "UnsafeMutablePointer" or "UnsafeBufferPointer" or "UnsafeMutableBufferPointer"
                or "ReversedCollection" or "CollectionOfOne" or "EmptyCollection" or "AsyncStream" => 1,
            "Dictionary" or "Result" or "KeyValuePairs" or "AsyncThrowingStream" or "Task" => 2,
            _ => 0,
        }
        : 0;

    /// <summary>A type of this image with the parameters of its own and of the contexts around it.</summary>
    private Node? Bound(Node? nominal, SwiftContext context)
    {
        if (nominal is null)
        {
            return null;
        }

        Enter(context.Address);
        var (total, outer, depth, parentNode) = (ParameterCount(context), 0, 0, nominal[0]);
        var parent = TypeAround(context);
        if (parent is { } around)
        {
            outer = ParameterCount(around);
            depth = GenericDepth(around);
            parentNode = Bound(nominal[0], around);
        }

        _depth--;
        if (parentNode is null)
        {
            return null;
        }

        var node = _arena.Make(nominal.Kind);
        _arena.Add(node, parentNode);
        foreach (var child in nominal.Children[1..])
        {
            _arena.Add(node, child);
        }

        return WithParameters(node, depth, total - outer);
    }

    private SwiftContext? TypeAround(SwiftContext context)
    {
        for (var steps = 0; steps < MaxDepth; steps++)
        {
            var parent = _memory.ReadIndirectable(context.Parent).Address;
            if (parent == 0)
            {
                return null;
            }

            context = ReadContext(parent);
            if (context.IsType)
            {
                return context;
            }

            if (context.Kind != SwiftContextKind.Anonymous)
            {
                return null;
            }
        }

        return null;
    }

    // How many lists of parameters there are up to a type.
    private int GenericDepth(SwiftContext context)
    {
        Enter(context.Address);
        var around = TypeAround(context);
        var (outer, depth) = around is { } type ? (ParameterCount(type), GenericDepth(type)) : (0, 0);
        _depth--;
        return ParameterCount(context) > outer ? depth + 1 : depth;
    }

    private int ParameterCount(SwiftContext context)
    {
        if (!context.IsGeneric)
        {
            return 0;
        }

        // Two distances to what instances are made from, then the counts; those of the contexts around are among them.
        var count = _memory.ReadUInt16(context.GenericHeader + 8);
        return count <= MostParameters
            ? count
            : throw MachOFormat.Fault(-1, $"the type at address 0x{context.Address:x} has {count} generic parameters");
    }

    private Node? WithParameters(Node node, int depth, int count)
    {
        if (count <= 0)
        {
            return node;
        }

        var kind = node.Kind switch
        {
            NodeKind.Class => NodeKind.BoundGenericClass,
            NodeKind.Structure => NodeKind.BoundGenericStructure,
            NodeKind.Enum => NodeKind.BoundGenericEnum,
            _ => NodeKind.None,
        };
        if (kind == NodeKind.None)
        {
            return node;
        }

        var arguments = _arena.Make(NodeKind.TypeList);
        for (var index = 0; index < count; index++)
        {
            var parameter = _arena.Make(NodeKind.DependentGenericParamType, ((long)depth << 32) | (uint)index);
            _arena.Add(arguments, Wrap(NodeKind.Type, parameter)!);
        }

        var bound = _arena.Make(kind);
        _arena.Add(bound, Wrap(NodeKind.Type, node)!);
        _arena.Add(bound, arguments);
        return bound;
    }
}

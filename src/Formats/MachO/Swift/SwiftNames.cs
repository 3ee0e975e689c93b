using System.Text;
using IpswDiff.Formats.Demangling.Swift;
using IpswDiff.Formats.MachO.Fixups;

namespace IpswDiff.Formats.MachO.Swift;

/// <summary>
/// Names of types as metadata say them: mangled, with symbolic references to descriptors of this image and, by pointers, of others.
/// </summary>
internal sealed partial class SwiftNames : ISymbolicReferences
{
    /// <summary>What stands for a type that only code knows.</summary>
    internal const string Unknown = "?";

    private const int MaxDepth = 64;

    private readonly SwiftMemory _memory;
    private readonly NodeArena _arena = new();
    private readonly TreePrinter _printer;
    private readonly List<SymbolParser> _parsers = [];
    private readonly Dictionary<ulong, string> _types = [];
    private ulong _nameAddress;
    private int _nameStart;
    private int _depth;

    internal SwiftNames(SwiftMemory memory)
    {
        _memory = memory;
        _printer = new TreePrinter(_arena);
    }

    internal SwiftContext ReadContext(ulong address) => new(address, _memory.ReadUInt32(address));

    /// <summary>Module, parents and name of a type or protocol.</summary>
    internal string NameOf(SwiftContext context)
    {
        Begin();
        return Text(ContextNode(context));
    }

    /// <summary>The type whose mangled name stands at an address; <see cref="Unknown"/> where it is not understood.</summary>
    internal string TypeAt(ulong address)
    {
        if (_types.TryGetValue(address, out var known))
        {
            _memory.Spend(known, address);
            return known;
        }

        Begin();
        var type = Text(MangledNode(address));
        if (_types.Count < 1 << 16)
        {
            _types.Add(address, type);
        }

        return type;
    }

    /// <summary>The protocol that the distance at an address leads to.</summary>
    internal string ProtocolAt(ulong address, uint flags)
    {
        Begin();
        return Text(DescribedNode(_memory.ReadIndirectable(address, flags)));
    }

    public Node? Resolve(NodeArena arena, byte kind, int offset)
    {
        // Distances count from where they stand.
        var at = unchecked(_nameAddress + (ulong)(offset - _nameStart));
        switch (kind)
        {
            case 0x01: return DescribedNode(new MachOPointer(_memory.ReadRelative(at), null));
            case 0x02: return DescribedNode(_memory.ReadPointer(_memory.ReadRelative(at)));
            case 0x0C: return ObjectiveCProtocol(_memory.ReadPointer(_memory.ReadRelative(at)));
            default: return null;
        }
    }

    private void Begin()
    {
        _arena.Reset(default);
        _depth = 0;
    }

    private string Text(Node? node)
    {
        if (node is null || _arena.IsExhausted)
        {
            return Unknown;
        }

        var text = _printer.Print(node, isSimplified: false);
        if (text.IsEmpty)
        {
            return Unknown;
        }

        var name = Encoding.UTF8.GetString(text);
        _memory.Spend(name, _nameAddress);
        return name;
    }

    private void Enter(ulong address)
    {
        if (++_depth > MaxDepth)
        {
            throw MachOFormat.Fault(-1, $"contexts of Swift metadata at address 0x{address:x} are nested more than {MaxDepth} deep");
        }
    }

    private Node? MangledNode(ulong address)
    {
        Enter(address);
        var (nameAddress, nameStart) = (_nameAddress, _nameStart);
        var name = _memory.ReadMangled(address);
        (_nameAddress, _nameStart) = (address, _arena.AddText(name));
        var node = Parser().ParseType(_nameStart, _nameStart + name.Length);
        (_nameAddress, _nameStart) = (nameAddress, nameStart);
        _depth--;
        return node;
    }

    // A name may refer to a context whose name is again mangled: each depth has a parser of its own.
    private SymbolParser Parser()
    {
        while (_parsers.Count <= _depth)
        {
            _parsers.Add(new SymbolParser(_arena) { References = this });
        }

        return _parsers[_depth];
    }

    /// <summary>The type or protocol behind a pointer to its descriptor: one of this image, or a symbol of another.</summary>
    private Node? DescribedNode(MachOPointer pointer)
    {
        if (pointer.Import is { } symbol)
        {
            return ImportedNode(symbol);
        }

        if (pointer.Address == 0)
        {
            return null;
        }

        var context = ReadContext(pointer.Address);
        return context.IsType || context.Kind == SwiftContextKind.Protocol ? Wrap(NodeKind.Type, ContextNode(context)) : null;
    }

    private Node? ImportedNode(string symbol)
    {
        foreach (var prefix in (ReadOnlySpan<string>)["_OBJC_CLASS_$_", "_OBJC_METACLASS_$_", "__OBJC_PROTOCOL_$_", "_OBJC_PROTOCOL_$_"])
        {
            if (symbol.StartsWith(prefix, StringComparison.Ordinal))
            {
                var kind = prefix.Contains("PROTOCOL", StringComparison.Ordinal) ? NodeKind.Protocol : NodeKind.Class;
                return Wrap(NodeKind.Type, Imported(kind, symbol[prefix.Length..]));
            }
        }

        if (!symbol.StartsWith("_$s", StringComparison.Ordinal))
        {
            return null;
        }

        Enter(0);
        var name = Encoding.UTF8.GetBytes(symbol[3..]);
        var start = _arena.AddText(name);
        var node = Parser().ParseType(start, start + name.Length);
        _depth--;
        return node?.Kind switch
        {
            NodeKind.NominalTypeDescriptor or NodeKind.ProtocolDescriptor or NodeKind.TypeMetadata => node[0],
            NodeKind.Type => node,
            _ => null,
        };
    }

    private Node ObjectiveCName(string name) => Wrap(NodeKind.Type, Imported(NodeKind.Class, name))!;

    private Node? ObjectiveCProtocol(MachOPointer pointer)
    {
        if (pointer.Import is { } symbol)
        {
            return ImportedNode(symbol);
        }

        var name = pointer.Address == 0 ? default : _memory.ReadPointer(pointer.Address + (ulong)_memory.PointerSize);
        return name.Address == 0 ? null : Wrap(NodeKind.Type, Imported(NodeKind.Protocol, _memory.ReadString(name.Address)));
    }

    private Node Imported(NodeKind kind, string name)
    {
        var node = _arena.Make(kind);
        _arena.Add(node, _arena.Make(NodeKind.Module, "__C"u8));
        _arena.Add(node, _arena.Make(NodeKind.Identifier, Encoding.UTF8.GetBytes(name)));
        return node;
    }

    private Node? Wrap(NodeKind kind, Node? child)
    {
        if (child is null)
        {
            return null;
        }

        var node = _arena.Make(kind);
        _arena.Add(node, child);
        return node;
    }

    /// <summary>The context as a tree; anonymous ones, which keep private names apart, are passed over.</summary>
    private Node? ContextNode(SwiftContext context)
    {
        Enter(context.Address);
        var node = context.Kind switch
        {
            SwiftContextKind.Module => _arena.Make(NodeKind.Module, NameBytes(context)),
            SwiftContextKind.Extension => ExtendedNode(context),
            SwiftContextKind.Anonymous or SwiftContextKind.OpaqueType => ParentNode(context),
            SwiftContextKind.Protocol => Named(NodeKind.Protocol, context),
            SwiftContextKind.Class => Named(NodeKind.Class, context),
            SwiftContextKind.Struct => Named(NodeKind.Structure, context),
            SwiftContextKind.Enum => Named(NodeKind.Enum, context),
            _ => throw MachOFormat.Fault(-1, $"the context descriptor at address 0x{context.Address:x} is of kind {(int)context.Kind}"),
        };
        _depth--;
        return node;
    }

    private Node? Named(NodeKind kind, SwiftContext context)
    {
        if (ParentNode(context) is not { } parent)
        {
            return null;
        }

        var node = _arena.Make(kind);
        _arena.Add(node, parent);
        _arena.Add(node, _arena.Make(NodeKind.Identifier, NameBytes(context)));
        return node;
    }

    private Node? ParentNode(SwiftContext context)
    {
        var parent = _memory.ReadIndirectable(context.Parent);
        if (parent.Import is { } symbol)
        {
            return ImportedNode(symbol)?[0];
        }

        return parent.Address == 0 ? null : ContextNode(ReadContext(parent.Address));
    }

    // What an extension extends may be a generic type with its own parameters; its name is the unbound one.
    private Node? ExtendedNode(SwiftContext context)
    {
        var extended = _memory.ReadRelative(context.Name);
        var node = extended == 0 ? null : MangledNode(extended)?[0];
        if (node is { Kind: >= NodeKind.BoundGenericClass and <= NodeKind.BoundGenericTypeAlias })
        {
            node = node[0]?[0];
        }

        return node is not null && node.Kind.Is(NodeTraits.Nominal) ? node : ParentNode(context);
    }

    private byte[] NameBytes(SwiftContext context)
    {
        var at = _memory.ReadRelative(context.Name);
        if (at == 0)
        {
            throw MachOFormat.Fault(-1, $"the context descriptor at address 0x{context.Address:x} has no name");
        }

        var name = _memory.ReadString(at);
        if (context.HasImportInfo)
        {
            // Behind the name: N and the name that the ABI has for it, S and T for what C calls it; an empty string ends them.
            var next = unchecked(at + (ulong)Encoding.UTF8.GetByteCount(name) + 1);
            for (var part = _memory.ReadString(next); part.Length > 0; part = _memory.ReadString(next))
            {
                name = part[0] == 'N' ? part[1..] : name;
                next = unchecked(next + (ulong)Encoding.UTF8.GetByteCount(part) + 1);
            }
        }

        return Encoding.UTF8.GetBytes(name);
    }
}

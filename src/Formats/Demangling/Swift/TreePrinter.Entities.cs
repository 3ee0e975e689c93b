namespace IpswDiff.Formats.Demangling.Swift;

/// <content>Declarations, with the context they stand in and their type.</content>
internal sealed partial class TreePrinter
{
    private enum TypeStyle
    {
        None,
        AfterColon,
        AsFunction,
    }

    private bool ShowsTypes => !_isSimplified;

    private static bool IsEntity(NodeKind kind) => kind is (>= NodeKind.Class and <= NodeKind.UnsafeMutableAddressor)
        or NodeKind.BoundGenericFunction;

    private Node? VisitEntity(Node node, bool asContext)
    {
        var isInClass = node[0] is { Kind: NodeKind.Class };
        switch (node.Kind)
        {
            case >= NodeKind.Class and <= NodeKind.OtherNominalType or NodeKind.GenericTypeParamDecl:
                return Entity(node, asContext, new EntityForm(TypeStyle.None, HasName: true));
            case NodeKind.Extension:
                Extension(node);
                return null;
            case NodeKind.AnonymousContext:
                AnonymousContext(node);
                return null;
            case NodeKind.Function or NodeKind.BoundGenericFunction:
                return Entity(node, asContext, new EntityForm(TypeStyle.AsFunction, HasName: true));
            case NodeKind.Variable:
                return Entity(node, asContext, new EntityForm(TypeStyle.AfterColon, HasName: true));
            case NodeKind.Subscript:
                return Entity(node, asContext, new EntityForm(TypeStyle.AsFunction, HasName: false) { Name = "subscript"u8 });
            case NodeKind.Macro:
                var style = node.Count == 3 ? TypeStyle.AfterColon : TypeStyle.AsFunction;
                return Entity(node, asContext, new EntityForm(style, HasName: true));
            case NodeKind.Allocator:
                return Entity(node, asContext, new EntityForm(TypeStyle.AsFunction, HasName: false)
                {
                    Extra = isInClass ? "__allocating_init"u8 : "init"u8,
                });
            case NodeKind.Constructor:
                return Entity(node, asContext, new EntityForm(TypeStyle.AsFunction, HasName: node.Count > 2) { Extra = "init"u8 });
            case NodeKind.Destructor:
                return Plain(node, asContext, "deinit"u8);
            case NodeKind.Deallocator:
                return Plain(node, asContext, isInClass ? "__deallocating_deinit"u8 : "deinit"u8);
            case NodeKind.IsolatedDeallocator:
                return Plain(node, asContext, isInClass ? "__isolated_deallocating_deinit"u8 : "deinit"u8);
            case NodeKind.IVarInitializer:
                return Plain(node, asContext, "__ivar_initializer"u8);
            case NodeKind.IVarDestroyer:
                return Plain(node, asContext, "__ivar_destroyer"u8);
            case NodeKind.Initializer:
                return Plain(node, asContext, "variable initialization expression"u8);
            case NodeKind.PropertyWrapperBackingInitializer:
                return Plain(node, asContext, "property wrapper backing initializer"u8);
            case NodeKind.PropertyWrapperInitFromProjectedValue:
                return Plain(node, asContext, "property wrapper init from projected value"u8);
            case NodeKind.PropertyWrappedFieldInitAccessor:
                return Plain(node, asContext, "property wrapped field init accessor"u8);
            case NodeKind.DefaultArgumentInitializer:
                return Numbered(node, asContext, TypeStyle.None, "default argument "u8, node[1]?.Index ?? -1);
            case NodeKind.ExplicitClosure:
                return Numbered(node, asContext, ClosureStyle, "closure #"u8, (node[1]?.Index ?? -1) + 1);
            case NodeKind.ImplicitClosure:
                return Numbered(node, asContext, ClosureStyle, "implicit closure #"u8, (node[1]?.Index ?? -1) + 1);
            case NodeKind.FreestandingMacroExpansion:
                return Expansion(node, asContext, "freestanding macro expansion #"u8, 2);
            case NodeKind.MacroExpansionUniqueName:
                return Expansion(node, asContext, "unique name #"u8, 2);
            case >= NodeKind.AccessorAttachedMacroExpansion and <= NodeKind.BodyAttachedMacroExpansion:
                return AttachedExpansion(node, asContext);
            case >= NodeKind.Getter and <= NodeKind.UnsafeMutableAddressor:
                return Accessor(node, asContext);
            default:
                _isInvalid = true;
                return null;
        }
    }

    private TypeStyle ClosureStyle => ShowsTypes ? TypeStyle.AsFunction : TypeStyle.None;

    private Node? Plain(Node node, bool asContext, ReadOnlySpan<byte> what) =>
        Entity(node, asContext, new EntityForm(TypeStyle.None, HasName: false) { Extra = what });

    private Node? Numbered(Node node, bool asContext, TypeStyle style, ReadOnlySpan<byte> what, long number) =>
        Entity(node, asContext, new EntityForm(style, HasName: false) { Extra = what, Number = number });

    private Node? Expansion(Node node, bool asContext, ReadOnlySpan<byte> what, int numberAt) =>
        Entity(node, asContext, new EntityForm(TypeStyle.None, HasName: true)
        {
            Extra = what,
            Number = (node[numberAt]?.Index ?? -1) + 1,
        });

    private Node? AttachedExpansion(Node node, bool asContext)
    {
        var role = node.Kind switch
        {
            NodeKind.AccessorAttachedMacroExpansion => "accessor"u8,
            NodeKind.MemberAttributeAttachedMacroExpansion => "memberAttribute"u8,
            NodeKind.MemberAttachedMacroExpansion => "member"u8,
            NodeKind.PeerAttachedMacroExpansion => "peer"u8,
            NodeKind.ConformanceAttachedMacroExpansion => "conformance"u8,
            NodeKind.ExtensionAttachedMacroExpansion => "extension"u8,
            NodeKind.PreambleAttachedMacroExpansion => "preamble"u8,
            _ => "body"u8,
        };
        return Entity(node, asContext, new EntityForm(TypeStyle.None, HasName: true)
        {
            Extra = role,
            MacroName = node[2],
            Number = (node[3]?.Index ?? -1) + 1,
        });
    }

    private Node? Accessor(Node node, bool asContext)
    {
        var what = AccessorName(node.Kind);
        if (node[0] is { Kind: NodeKind.Variable } variable)
        {
            return Entity(variable, asContext, new EntityForm(TypeStyle.AfterColon, HasName: true) { Extra = what });
        }

        if (node[0] is { Kind: NodeKind.Subscript } subscript)
        {
            return Entity(
                subscript, asContext, new EntityForm(TypeStyle.AfterColon, HasName: false) { Extra = what, Name = "subscript"u8 });
        }

        _isInvalid = true;
        return null;
    }

    private static ReadOnlySpan<byte> AccessorName(NodeKind kind) => kind switch
    {
        NodeKind.Getter or NodeKind.GlobalGetter => "getter"u8,
        NodeKind.Setter => "setter"u8,
        NodeKind.MaterializeForSet => "materializeForSet"u8,
        NodeKind.WillSet => "willset"u8,
        NodeKind.DidSet => "didset"u8,
        NodeKind.InitAccessor => "init"u8,
        NodeKind.ReadAccessor => "read"u8,
        NodeKind.Read2Accessor => "read2"u8,
        NodeKind.ModifyAccessor => "modify"u8,
        NodeKind.Modify2Accessor => "modify2"u8,
        NodeKind.BorrowAccessor => "borrow"u8,
        NodeKind.MutateAccessor => "mutate"u8,
        NodeKind.OwningAddressor => "owningAddressor"u8,
        NodeKind.OwningMutableAddressor => "owningMutableAddressor"u8,
        NodeKind.NativeOwningAddressor => "nativeOwningAddressor"u8,
        NodeKind.NativeOwningMutableAddressor => "nativeOwningMutableAddressor"u8,
        NodeKind.NativePinningAddressor => "nativePinningAddressor"u8,
        NodeKind.NativePinningMutableAddressor => "nativePinningMutableAddressor"u8,
        NodeKind.UnsafeAddressor => "unsafeAddressor"u8,
        _ => "unsafeMutableAddressor"u8,
    };

    private void Extension(Node node)
    {
        if (!_isSimplified)
        {
            Write("(extension in "u8);
            Visit(node[0], asContext: true);
            Write("):"u8);
        }

        Visit(node[1]);
        VisitIfAny(node[2]);
    }

    private void AnonymousContext(Node node)
    {
        if (_isSimplified)
        {
            return;
        }

        Visit(node[1]);
        Write(".(unknown context at "u8);
        WriteText(node[0]);
        Write(")"u8);
        if (node[2] is { Count: > 0 } arguments)
        {
            Write("<"u8);
            Visit(arguments);
            Write(">"u8);
        }
    }
}

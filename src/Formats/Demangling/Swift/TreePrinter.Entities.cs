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

    /// <summary>
    /// Writes a declaration: <c>context.name</c>, or <c>name in context</c> where the context itself ends with a type or the name has
    /// several words.
    /// </summary>
    private Node? Entity(Node node, bool asContext, EntityForm form)
    {
        Node? arguments = null;
        if (node.Kind == NodeKind.BoundGenericFunction)
        {
            arguments = node[1];
            if (node[0] is not { } function)
            {
                _isInvalid = true;
                return null;
            }

            node = function;
        }

        var isLocal = form.HasName && node[1] is { Kind: NodeKind.LocalDeclName };
        var hasSeveralWords = form.MacroName is not null || form.Extra.Contains((byte)' ') || isLocal;
        if (asContext && (form.Type != TypeStyle.None || hasSeveralWords))
        {
            return node;
        }

        Node? postfix = null;
        if (node[0] is not { } context)
        {
            _isInvalid = true;
            return null;
        }

        if (ShowsContext(context))
        {
            if (hasSeveralWords)
            {
                postfix = context;
            }
            else
            {
                var before = _length;
                postfix = Visit(context, asContext: true);
                if (_length != before)
                {
                    Write("."u8);
                }
            }
        }

        EntityName(node, form, hasSeveralWords);
        if (form.Type != TypeStyle.None)
        {
            EntityType(node, form.Type, hasSeveralWords, arguments);
        }

        if (!asContext && postfix is not null)
        {
            var isPart = node.Kind is NodeKind.DefaultArgumentInitializer or NodeKind.Initializer
                or NodeKind.PropertyWrapperBackingInitializer or NodeKind.PropertyWrapperInitFromProjectedValue
                or NodeKind.PropertyWrappedFieldInitAccessor;
            Write(isPart ? " of "u8 : " in "u8);
            Visit(postfix);
            return null;
        }

        return postfix;
    }

    // What the debugger generates has modules of its own, of no use in simplified names.
    private bool ShowsContext(Node context) => !_isSimplified
        || context.Kind != NodeKind.Module || !arena.Text(context).StartsWith("__lldb_expr_"u8);

    private void EntityName(Node node, EntityForm form, bool hasSeveralWords)
    {
        if (form.HasName || !form.Name.IsEmpty)
        {
            var isExtraFirst = hasSeveralWords && !form.Extra.IsEmpty;
            if (isExtraFirst)
            {
                WriteExtra(form);
                Write(" of "u8);
            }

            var before = _length;
            if (!form.Name.IsEmpty)
            {
                Write(form.Name);
            }
            else
            {
                if (node[1] is not { Kind: NodeKind.PrivateDeclName })
                {
                    Visit(node[1]);
                }

                VisitIfAny(node.Find(NodeKind.PrivateDeclName));
            }

            if (isExtraFirst)
            {
                return;
            }

            if (_length != before && !form.Extra.IsEmpty)
            {
                Write("."u8);
            }
        }

        WriteExtra(form);
    }

    private void WriteExtra(EntityForm form)
    {
        if (form.Extra.IsEmpty)
        {
            return;
        }

        Write(form.Extra);
        if (form.MacroName is not null)
        {
            Write(" macro @"u8);
            Visit(form.MacroName);
            Write(" expansion #"u8);
        }

        if (form.Number >= 0)
        {
            Write(form.Number);
        }
    }

    private void EntityType(Node node, TypeStyle style, bool hasSeveralWords, Node? arguments)
    {
        if (node.Find(NodeKind.Type)?[0] is not { } type)
        {
            _isInvalid = true;
            return;
        }

        if (style == TypeStyle.AsFunction)
        {
            var function = type;
            while (function is { Kind: NodeKind.DependentGenericType })
            {
                function = function[1]?[0];
            }

            if (function is not
                {
                    Kind: NodeKind.FunctionType or NodeKind.NoEscapeFunctionType or NodeKind.UncurriedFunctionType
                or NodeKind.CFunctionPointer or NodeKind.ThinFunctionType
                })
            {
                style = TypeStyle.AfterColon;
            }
        }

        if (style == TypeStyle.AfterColon)
        {
            if (ShowsTypes)
            {
                Write(" : "u8);
                EntityType(node, type, arguments);
            }
        }
        else
        {
            if (hasSeveralWords || NeedsSpace(type))
            {
                Write(" "u8);
            }

            EntityType(node, type, arguments);
        }
    }

    private void EntityType(Node node, Node type, Node? arguments)
    {
        var labels = node.Find(NodeKind.LabelList);
        if (labels is null && arguments is null)
        {
            Visit(type);
            return;
        }

        if (arguments is not null)
        {
            Write("<"u8);
            VisitAll(arguments.Children, ", "u8);
            Write(">"u8);
        }

        var function = type;
        if (type.Kind == NodeKind.DependentGenericType)
        {
            if (arguments is null)
            {
                Visit(type[0]);
            }

            if (type[1] is not { } dependent || dependent[0] is not { } inner)
            {
                _isInvalid = true;
                return;
            }

            if (NeedsSpace(dependent))
            {
                Write(" "u8);
            }

            function = inner;
        }

        FunctionType(labels, function);
    }

    private static bool NeedsSpace(Node? type)
    {
        while (type is { Kind: NodeKind.Type })
        {
            type = type[0];
        }

        return type is not
        {
            Kind: NodeKind.FunctionType or NodeKind.NoEscapeFunctionType or NodeKind.UncurriedFunctionType
            or NodeKind.DependentGenericType
        };
    }

    /// <summary>How a declaration is written.</summary>
    /// <param name="Type">Whether and how its type follows.</param>
    /// <param name="HasName">Whether it has a name, as the second child.</param>
    private readonly ref struct EntityForm(TypeStyle Type, bool HasName)
    {
        public TypeStyle Type { get; } = Type;

        public bool HasName { get; } = HasName;

        /// <summary>What it is, beside its name.</summary>
        public ReadOnlySpan<byte> Extra { get; init; }

        /// <summary>A name that its kind has.</summary>
        public ReadOnlySpan<byte> Name { get; init; }

        public Node? MacroName { get; init; }

        /// <summary>A number after <see cref="Extra"/>, or -1.</summary>
        public long Number { get; init; } = -1;
    }
}

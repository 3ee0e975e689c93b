namespace IpswDiff.Formats.Demangling.Swift;

/// <content>Writes a declaration with what surrounds it: context, name, type.</content>
internal sealed partial class TreePrinter
{
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

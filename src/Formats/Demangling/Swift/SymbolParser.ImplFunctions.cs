namespace IpswDiff.Formats.Demangling.Swift;

/// <content>Functions as the optimizer's language (SIL) types them, with conventions of parameters and results.</content>
internal sealed partial class SymbolParser
{
    private Node? ImplFunctionType()
    {
        var function = arena.Make(NodeKind.ImplFunctionType);
        if (!AddSubstitutions(function))
        {
            return null;
        }

        var signature = Pop(NodeKind.DependentGenericSignature);
        if (signature is not null && Take('P'))
        {
            signature = As(NodeKind.DependentPseudogenericSignature, signature);
        }

        if (Take('e'))
        {
            arena.Add(function, arena.Make(NodeKind.ImplEscaping));
        }

        if (Take('A'))
        {
            arena.Add(function, arena.Make(NodeKind.ImplErasedIsolation));
        }

        if (Look() is (byte)'d' or (byte)'l' or (byte)'f' or (byte)'r')
        {
            arena.Add(function, arena.Make(NodeKind.ImplDifferentiabilityKind, Next()));
        }

        if (!AddConventions(function))
        {
            return null;
        }

        AddIfAny(function, signature);
        var types = AddParametersAndResults(function);
        if (types < 0 || !Take('_'))
        {
            return null;
        }

        for (var i = 1; i <= types; i++)
        {
            if (With(function[function.Count - i], Pop(NodeKind.Type)) is null)
            {
                return null;
            }
        }

        return TypeOf(function);
    }

    private bool AddSubstitutions(Node function)
    {
        if (Take('s'))
        {
            if (PopBoundGenerics() is not { Lists.Count: 1 } bound)
            {
                return false;
            }

            var list = bound.Lists[0];
            if (Make(NodeKind.ImplPatternSubstitutions, Pop(NodeKind.DependentGenericSignature), list) is not { } pattern)
            {
                return false;
            }

            AddIfAny(pattern, bound.Conformances);
            arena.Add(function, pattern);
        }

        if (Take('I'))
        {
            if (PopBoundGenerics() is not { Lists.Count: 1 } bound)
            {
                return false;
            }

            var invocation = Make(NodeKind.ImplInvocationSubstitutions, bound.Lists[0])!;
            AddIfAny(invocation, bound.Conformances);
            arena.Add(function, invocation);
        }

        return true;
    }

    private bool AddConventions(Node function)
    {
        var callee = (char)Next() switch
        {
            'y' => "@callee_unowned"u8,
            'g' => "@callee_guaranteed"u8,
            'x' => "@callee_owned"u8,
            't' => "@convention(thin)"u8,
            _ => default,
        };
        if (callee.IsEmpty)
        {
            return false;
        }

        arena.Add(function, arena.Make(NodeKind.ImplConvention, callee));
        var hasClangType = Look() == 'z' && Look(1) is (byte)'B' or (byte)'C' && Take('z');
        var convention = (char)Look() switch
        {
            'B' => "block"u8,
            'C' => "c"u8,
            'M' => "method"u8,
            'O' => "objc_method"u8,
            'K' => "closure"u8,
            'W' => "witness_method"u8,
            _ => default,
        };
        if (!convention.IsEmpty)
        {
            _position++;
            var node = Make(NodeKind.ImplFunctionConvention, arena.Make(NodeKind.ImplFunctionConventionName, convention))!;
            if (hasClangType && With(node, ClangType()) is null)
            {
                return false;
            }

            arena.Add(function, node);
        }

        var coroutine = Take('A') ? "@yield_once"u8 : Take('I') ? "@yield_once_2"u8 : Take('G') ? "@yield_many"u8 : default;
        if (!coroutine.IsEmpty)
        {
            arena.Add(function, arena.Make(NodeKind.ImplCoroutineKind, coroutine));
        }

        if (Take('h'))
        {
            arena.Add(function, arena.Make(NodeKind.ImplFunctionAttribute, "@Sendable"u8));
        }

        if (Take('H'))
        {
            arena.Add(function, arena.Make(NodeKind.ImplFunctionAttribute, "@async"u8));
        }

        if (Take('T'))
        {
            arena.Add(function, arena.Make(NodeKind.ImplSendingResult));
        }

        return true;
    }

    /// <summary>How many types the parameters and results take, or -1.</summary>
    private int AddParametersAndResults(Node function)
    {
        var types = 0;
        for (; ParameterConvention(NodeKind.ImplParameter) is { } parameter; types++)
        {
            AddModifier(parameter, 'w', "@noDerivative"u8);
            AddModifier(parameter, 'T', "sending"u8);
            AddModifier(parameter, 'I', "isolated"u8);
            AddModifier(parameter, 'L', "sil_implicit_leading_param"u8);
            arena.Add(function, parameter);
        }

        for (; ResultConvention(NodeKind.ImplResult) is { } result; types++)
        {
            AddModifier(result, 'w', "@noDerivative"u8);
            arena.Add(function, result);
        }

        for (; Take('Y'); types++)
        {
            if (With(function, ParameterConvention(NodeKind.ImplYield)) is null)
            {
                return -1;
            }
        }

        if (Take('z'))
        {
            types++;
            if (With(function, ResultConvention(NodeKind.ImplErrorResult)) is null)
            {
                return -1;
            }
        }

        return types;
    }

    private void AddModifier(Node node, char letter, ReadOnlySpan<byte> text)
    {
        if (Take(letter))
        {
            arena.Add(node, arena.Make(NodeKind.ImplModifier, text));
        }
    }

    private Node? ParameterConvention(NodeKind kind) => Convention(kind, (char)Look() switch
    {
        'i' => "@in"u8,
        'c' => "@in_constant"u8,
        'l' => "@inout"u8,
        'b' => "@inout_aliasable"u8,
        'n' => "@in_guaranteed"u8,
        'X' => "@in_cxx"u8,
        'x' => "@owned"u8,
        'g' => "@guaranteed"u8,
        'e' => "@deallocating"u8,
        'y' => "@unowned"u8,
        'v' => "@pack_owned"u8,
        'p' => "@pack_guaranteed"u8,
        'm' => "@pack_inout"u8,
        _ => default,
    });

    private Node? ResultConvention(NodeKind kind) => Convention(kind, (char)Look() switch
    {
        'r' => "@out"u8,
        'o' => "@owned"u8,
        'd' => "@unowned"u8,
        'u' => "@unowned_inner_pointer"u8,
        'a' => "@autoreleased"u8,
        'k' => "@pack_out"u8,
        'l' => "@guaranteed_address"u8,
        'g' => "@guaranteed"u8,
        'm' => "@inout"u8,
        _ => default,
    });

    private Node? Convention(NodeKind kind, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return null;
        }

        _position++;
        return Make(kind, arena.Make(NodeKind.ImplConvention, text));
    }
}

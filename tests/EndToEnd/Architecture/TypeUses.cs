using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace IpswDiff.EndToEnd.Architecture;

/// <summary>
/// The types that a file uses: those it names, those whose members it names (constants that the compiler folds, extension methods,
/// members that come through an implicit parent namespace), and what <c>var</c>, <c>new()</c>, operators and indexers stand for.
/// Names in documentation are not uses.
/// </summary>
internal sealed class TypeUses(SemanticModel model)
{
    /// <summary>Each use with its place, in the order of the text.</summary>
    public IEnumerable<(SyntaxNode Node, INamedTypeSymbol Type)> Of(SyntaxNode root)
    {
        foreach (var node in root.DescendantNodes())
        {
            if (node is not (ExpressionSyntax or AttributeSyntax or ConstructorInitializerSyntax or OrderingSyntax))
            {
                continue;
            }

            var info = model.GetSymbolInfo(node);
            if (info.Symbol is { } symbol)
            {
                foreach (var type in TypesOf(symbol))
                {
                    yield return (node, type);
                }
            }

            foreach (var candidate in info.CandidateSymbols.SelectMany(TypesOf))
            {
                yield return (node, candidate);
            }
        }
    }

    private static IEnumerable<INamedTypeSymbol> TypesOf(ISymbol symbol) => symbol switch
    {
        INamedTypeSymbol type => Parts(type),
        IArrayTypeSymbol array => TypesOf(array.ElementType),
        IPointerTypeSymbol pointer => TypesOf(pointer.PointedAtType),
        IAliasSymbol alias => TypesOf(alias.Target),
        IMethodSymbol { ReducedFrom: { } extension } => TypesOf(extension),
        IMethodSymbol or IPropertySymbol or IFieldSymbol or IEventSymbol when symbol.ContainingType is { } owner => Parts(owner),
        _ => [],
    };

    /// <summary>The type and the arguments that it was made with.</summary>
    private static IEnumerable<INamedTypeSymbol> Parts(INamedTypeSymbol type) =>
        type.TypeArguments.Where(argument => argument is not ITypeParameterSymbol).SelectMany(TypesOf).Prepend(type.OriginalDefinition);
}

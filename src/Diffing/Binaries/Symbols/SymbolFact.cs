using System.IO.Hashing;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Binaries.Symbols;

/// <summary>What an image says of a name, the strongest word first: of several symbols of one name the strongest speaks for it.</summary>
internal enum SymbolRank
{
    /// <summary>Defined here, for everybody.</summary>
    Export,

    /// <summary>Defined here, for everybody, as long as nobody else defines it.</summary>
    Weak,

    /// <summary>Defined here, for this image, though for all of its parts (<c>N_PEXT</c>).</summary>
    Private,

    /// <summary>Defined here, for one of the parts this image was linked from.</summary>
    Local,

    /// <summary>Defined elsewhere.</summary>
    Import,
}

/// <summary>
/// What a symbol tells of its image. That a name is defined and that it is imported are two facts, and an image may say both. A part
/// that a compiler split off, or a clone that it numbered, is a fact of its own, whatever the number: it says nothing of the whole.
/// </summary>
/// <param name="Key">The same for equal facts of two images.</param>
/// <param name="Rank">What is said of the name.</param>
internal readonly record struct SymbolFact(ulong Key, SymbolRank Rank)
{
    private const ulong ImportKey = 0x9E3779B97F4A7C15;
    private const ulong PartKey = 0xC2B2AE3D27D4EB4F;

    /// <summary>What <paramref name="symbol"/> tells, or null where it tells nothing: without a name, or of a debugger's entry.</summary>
    public static SymbolFact? Of(in MachOSymbol symbol, NameNormalizer normalizer)
    {
        var kind = symbol.Kind;
        if (kind == SymbolKind.Debug || symbol.Name.IsEmpty)
        {
            return null;
        }

        var rank = kind switch
        {
            SymbolKind.Undefined => SymbolRank.Import,
            _ when symbol.IsPrivateExternal => SymbolRank.Private,
            SymbolKind.Local => SymbolRank.Local,
            _ => symbol.IsWeakDefinition ? SymbolRank.Weak : SymbolRank.Export,
        };
        return rank switch
        {
            SymbolRank.Import => new SymbolFact(Hash(normalizer.Text(symbol.Name)) ^ ImportKey, rank),
            SymbolRank.Export or SymbolRank.Weak => new SymbolFact(Hash(normalizer.Text(symbol.Name)), rank),
            _ => OfOwn(symbol.Name, rank, normalizer),
        };
    }

    /// <summary>What a function is matched by that bears this name; never 0.</summary>
    public static ulong KeyOfFunction(in MachOSymbol symbol, NameNormalizer normalizer) =>
        Of(symbol, normalizer) is { } fact ? Math.Max(1, fact.Rank == SymbolRank.Import ? fact.Key ^ ImportKey
            : fact.Key) : 1;

    /// <summary>The key of a name that an image exports or imports; never 0.</summary>
    public static ulong KeyOfName(ReadOnlySpan<byte> name, NameNormalizer normalizer) =>
        Math.Max(1, Hash(normalizer.Text(name)));

    /// <summary>The word that reports have for a rank.</summary>
    public static string WordFor(SymbolRank rank) => rank switch
    {
        SymbolRank.Export => "export",
        SymbolRank.Weak => "weak",
        SymbolRank.Private => "private",
        SymbolRank.Local => "local",
        _ => "import",
    };

    // Compilers number what nobody outside can name; a number in a name that others bind to is part of that name.
    private static SymbolFact OfOwn(ReadOnlySpan<byte> name, SymbolRank rank, NameNormalizer normalizer)
    {
        var whole = NameNormalizer.TrimCompilerSuffix(name);
        var key = Hash(normalizer.Text(whole));
        return new SymbolFact(whole.Length == name.Length ? key : unchecked(key + (PartKey * ((ulong)rank + 1))), rank);
    }

    private static ulong Hash(ReadOnlySpan<byte> name) => XxHash3.HashToUInt64(name);
}

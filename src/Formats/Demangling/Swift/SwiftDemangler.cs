namespace IpswDiff.Formats.Demangling.Swift;

/// <summary>
/// Names of Swift, of the present mangling (<c>$s</c>, and <c>$S</c>, <c>_T0</c> and <c>$e</c>, which differ little) and of the one before
/// (<c>_T</c>), as people read them (swift/docs/ABI/Mangling.rst). An instance keeps what it reads with, so that a name costs no
/// allocation, and serves one thread at a time.
/// </summary>
public sealed class SwiftDemangler
{
    /// <summary>The longest name that is looked at, in bytes.</summary>
    public const int MaxLength = 1 << 16;

    private const int MaxNesting = 4;

    private readonly NodeArena _arena = new();
    private readonly SymbolParser _parser;
    private readonly OldSymbolParser _oldParser;
    private readonly TreePrinter _printer;
    private readonly int _nesting;
    private SwiftDemangler? _nested;

    /// <summary>A demangler.</summary>
    public SwiftDemangler()
        : this(0)
    {
    }

    private SwiftDemangler(int nesting)
    {
        _nesting = nesting;
        _parser = new SymbolParser(_arena);
        _oldParser = new OldSymbolParser(_arena);
        _printer = new TreePrinter(_arena) { DemangleNested = DemangleNested };
    }

    /// <summary>Whether a name begins as names of Swift do.</summary>
    /// <param name="symbol">A symbol; the underscore that Mach-O puts before names may be there or not.</param>
    public static bool IsMangled(ReadOnlySpan<byte> symbol) => PrefixLength(Stripped(symbol)) > 0;

    /// <summary>The readable form of a symbol in UTF-8, valid until the next call; empty where it is not wholly understood.</summary>
    /// <param name="symbol">A symbol; the underscore that Mach-O puts before names may be there or not.</param>
    /// <param name="style">In full, or simplified.</param>
    public ReadOnlySpan<byte> Demangle(ReadOnlySpan<byte> symbol, NameStyle style) =>
        Demangle(symbol, style == NameStyle.Simplified, hasSugar: true);

    private ReadOnlySpan<byte> Demangle(ReadOnlySpan<byte> symbol, bool isSimplified, bool hasSugar)
    {
        var name = Stripped(symbol);
        var prefix = PrefixLength(name);
        if (prefix == 0 || name.Length > MaxLength)
        {
            return default;
        }

        _arena.Reset(name);
        var tree = name switch
        {
            [(byte)'_', (byte)'T', (byte)'0', ..] => _parser.ParseSymbol(prefix, isOldFunctionMangling: true),
            [(byte)'_', (byte)'T', ..] => _oldParser.Parse(),
            _ => _parser.ParseSymbol(prefix, isOldFunctionMangling: false),
        };
        return tree is null ? default : _printer.Print(tree, isSimplified, hasSugar);
    }

    private static ReadOnlySpan<byte> Stripped(ReadOnlySpan<byte> symbol) =>
        symbol is [(byte)'_', (byte)'_', (byte)'T', ..] or [(byte)'_', (byte)'_', (byte)'$', ..] ? symbol[1..] : symbol;

    private static int PrefixLength(ReadOnlySpan<byte> name) => name switch
    {
        [(byte)'$', (byte)'s' or (byte)'S' or (byte)'e', ..] => 2,
        [(byte)'_', (byte)'$', (byte)'s' or (byte)'S' or (byte)'e', ..] => 3,
        [(byte)'_', (byte)'T', (byte)'0', ..] => 3,
        [(byte)'_', (byte)'T', ..] => 2,
        _ when name.StartsWith("@__swiftmacro_"u8) => 14,
        _ => 0,
    };

    // The function that a specialisation was made for is written without sugar.
    private byte[]? DemangleNested(byte[] symbol)
    {
        if (_nesting >= MaxNesting || PrefixLength(symbol) == 0)
        {
            return null;
        }

        _nested ??= new SwiftDemangler(_nesting + 1);
        var text = _nested.Demangle(symbol, isSimplified: false, hasSugar: false);
        return text.IsEmpty ? null : text.ToArray();
    }
}

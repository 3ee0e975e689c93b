using System.Text;
using IpswDiff.Formats.Demangling.Swift;

namespace IpswDiff.Formats.Demangling;

/// <summary>
/// Turns mangled names of C++ (Itanium ABI), Rust (legacy and v0) and Swift into what was written. Where any part of a name is not
/// understood the answer is null: the raw name is always better than a wrong one. Names are hostile: length, depth and the size of the
/// result are bounded.
/// </summary>
public static class Demangler
{
    /// <summary>The longest name that is looked at, in characters.</summary>
    public const int MaxLength = 8192;

    [ThreadStatic]
    private static SwiftDemangler? _swift;

    /// <summary>The readable form of a symbol, or null where there is none.</summary>
    /// <param name="symbol">The name as it stands in a symbol table; the underscore that Mach-O puts before names may be there or not.</param>
    public static string? TryDemangle(string symbol)
    {
        if (symbol.Length is < 4 or > MaxLength)
        {
            return null;
        }

        var name = symbol.StartsWith("__", StringComparison.Ordinal) || symbol.StartsWith("_$", StringComparison.Ordinal) ? symbol[1..] : symbol;
        return name switch
        {
            ['_', 'Z', ..] => RustLegacyDemangler.TryDemangle(name) ?? ItaniumDemangler.TryDemangle(name),
            ['_', '_', '_', 'Z', ..] or ['_', '_', 'Z', ..] => BlockOf(name),
            ['_', 'R', ..] => RustDemangler.TryDemangle(name),
            ['$' or '@', ..] or ['_', 'T' or '$', ..] => OfSwift(name),
            _ => null,
        };
    }

    private static string? OfSwift(string name)
    {
        _swift ??= new SwiftDemangler();
        var text = _swift.Demangle(Encoding.UTF8.GetBytes(name), NameStyle.Full);
        return text.IsEmpty ? null : Encoding.UTF8.GetString(text);
    }

    // clang names the function of a block after the function it stands in, with three underscores and a number.
    private static string? BlockOf(string name)
    {
        var suffix = name.LastIndexOf("_block_invoke", StringComparison.Ordinal);
        if (suffix < 0 || name.AsSpan(suffix + 13) is { IsEmpty: false } rest && (rest[0] is not ('_' or '.') || rest[1..].ContainsAnyExceptInRange('0', '9')))
        {
            return null;
        }

        var start = name.IndexOf('Z', StringComparison.Ordinal) - 1;
        return ItaniumDemangler.TryDemangle(name[start..suffix]) is { } function ? "invocation function for block in " + function : null;
    }
}

/// <summary>A name is not, or not wholly, understood. Thrown and caught within this folder.</summary>
internal sealed class NotUnderstoodException : Exception;

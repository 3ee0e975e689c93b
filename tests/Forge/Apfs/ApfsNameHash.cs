using System.Numerics;
using System.Text;

namespace IpswDiff.Forge.Apfs;

/// <summary>
/// The hash in the key of a directory record: CRC-32C over the name's code points after canonical decomposition and, on
/// case-insensitive volumes, case folding; the low 22 bits stand above the 10 bits of the name's length (Apple File System
/// Reference, <c>j_drec_hashed_key_t</c>).
/// </summary>
internal static class ApfsNameHash
{
    private const uint LengthBits = 10;
    private const uint HashMask = 0x3FFFFF;

    // Code point, base letter, combining mark. The runtime runs without ICU, so it cannot decompose.
    private const string Decompositions =
        "\u00C0A\u0300\u00C1A\u0301\u00C2A\u0302\u00C3A\u0303\u00C4A\u0308\u00C5A\u030A" +
        "\u00C7C\u0327\u00C8E\u0300\u00C9E\u0301\u00CAE\u0302\u00CBE\u0308\u00CCI\u0300" +
        "\u00CDI\u0301\u00CEI\u0302\u00CFI\u0308\u00D1N\u0303\u00D2O\u0300\u00D3O\u0301" +
        "\u00D4O\u0302\u00D5O\u0303\u00D6O\u0308\u00D9U\u0300\u00DAU\u0301\u00DBU\u0302" +
        "\u00DCU\u0308\u00DDY\u0301\u00E0a\u0300\u00E1a\u0301\u00E2a\u0302\u00E3a\u0303" +
        "\u00E4a\u0308\u00E5a\u030A\u00E7c\u0327\u00E8e\u0300\u00E9e\u0301\u00EAe\u0302" +
        "\u00EBe\u0308\u00ECi\u0300\u00EDi\u0301\u00EEi\u0302\u00EFi\u0308\u00F1n\u0303" +
        "\u00F2o\u0300\u00F3o\u0301\u00F4o\u0302\u00F5o\u0303\u00F6o\u0308\u00F9u\u0300" +
        "\u00FAu\u0301\u00FBu\u0302\u00FCu\u0308\u00FDy\u0301\u00FFy\u0308\u0100A\u0304" +
        "\u0101a\u0304\u0102A\u0306\u0103a\u0306\u0104A\u0328\u0105a\u0328\u0106C\u0301" +
        "\u0107c\u0301\u0108C\u0302\u0109c\u0302\u010AC\u0307\u010Bc\u0307\u010CC\u030C" +
        "\u010Dc\u030C\u010ED\u030C\u010Fd\u030C\u0112E\u0304\u0113e\u0304\u0114E\u0306" +
        "\u0115e\u0306\u0116E\u0307\u0117e\u0307\u0118E\u0328\u0119e\u0328\u011AE\u030C" +
        "\u011Be\u030C\u011CG\u0302\u011Dg\u0302\u011EG\u0306\u011Fg\u0306\u0120G\u0307" +
        "\u0121g\u0307\u0122G\u0327\u0123g\u0327\u0124H\u0302\u0125h\u0302\u0128I\u0303" +
        "\u0129i\u0303\u012AI\u0304\u012Bi\u0304\u012CI\u0306\u012Di\u0306\u012EI\u0328" +
        "\u012Fi\u0328\u0130I\u0307\u0134J\u0302\u0135j\u0302\u0136K\u0327\u0137k\u0327" +
        "\u0139L\u0301\u013Al\u0301\u013BL\u0327\u013Cl\u0327\u013DL\u030C\u013El\u030C" +
        "\u0143N\u0301\u0144n\u0301\u0145N\u0327\u0146n\u0327\u0147N\u030C\u0148n\u030C" +
        "\u014CO\u0304\u014Do\u0304\u014EO\u0306\u014Fo\u0306\u0150O\u030B\u0151o\u030B" +
        "\u0154R\u0301\u0155r\u0301\u0156R\u0327\u0157r\u0327\u0158R\u030C\u0159r\u030C" +
        "\u015AS\u0301\u015Bs\u0301\u015CS\u0302\u015Ds\u0302\u015ES\u0327\u015Fs\u0327" +
        "\u0160S\u030C\u0161s\u030C\u0162T\u0327\u0163t\u0327\u0164T\u030C\u0165t\u030C" +
        "\u0168U\u0303\u0169u\u0303\u016AU\u0304\u016Bu\u0304\u016CU\u0306\u016Du\u0306" +
        "\u016EU\u030A\u016Fu\u030A\u0170U\u030B\u0171u\u030B\u0172U\u0328\u0173u\u0328" +
        "\u0174W\u0302\u0175w\u0302\u0176Y\u0302\u0177y\u0302\u0178Y\u0308\u0179Z\u0301" +
        "\u017Az\u0301\u017BZ\u0307\u017Cz\u0307\u017DZ\u030C\u017Ez\u030C\u0401\u0415\u0308" +
        "\u0419\u0418\u0306\u0439\u0438\u0306\u0451\u0435\u0308\u304C\u304B\u3099\u304E\u304D\u3099\u3050\u304F\u3099" +
        "\u3052\u3051\u3099\u3054\u3053\u3099\u3056\u3055\u3099\u3058\u3057\u3099\u305A\u3059\u3099\u305C\u305B\u3099" +
        "\u305E\u305D\u3099\u3060\u305F\u3099\u3062\u3061\u3099\u3065\u3064\u3099\u3067\u3066\u3099\u3069\u3068\u3099" +
        "\u3070\u306F\u3099\u3071\u306F\u309A\u3073\u3072\u3099\u3074\u3072\u309A\u3076\u3075\u3099\u3077\u3075\u309A" +
        "\u3079\u3078\u3099\u307A\u3078\u309A\u307C\u307B\u3099\u307D\u307B\u309A\u3094\u3046\u3099\u309E\u309D\u3099" +
        "\u30AC\u30AB\u3099\u30AE\u30AD\u3099\u30B0\u30AF\u3099\u30B2\u30B1\u3099\u30B4\u30B3\u3099\u30B6\u30B5\u3099" +
        "\u30B8\u30B7\u3099\u30BA\u30B9\u3099\u30BC\u30BB\u3099\u30BE\u30BD\u3099\u30C0\u30BF\u3099\u30C2\u30C1\u3099" +
        "\u30C5\u30C4\u3099\u30C7\u30C6\u3099\u30C9\u30C8\u3099\u30D0\u30CF\u3099\u30D1\u30CF\u309A\u30D3\u30D2\u3099" +
        "\u30D4\u30D2\u309A\u30D6\u30D5\u3099\u30D7\u30D5\u309A\u30D9\u30D8\u3099\u30DA\u30D8\u309A\u30DC\u30DB\u3099" +
        "\u30DD\u30DB\u309A\u30F4\u30A6\u3099\u30F7\u30EF\u3099\u30F8\u30F0\u3099\u30F9\u30F1\u3099\u30FA\u30F2\u3099" +
        "\u30FE\u30FD\u3099";

    // Their case folding is more than the lower-case letter.
    private const string FoldsToSeveral = "\u00B5\u00DF\u0149\u017F";

    private static readonly Dictionary<int, (char Base, char Mark)> DecompositionOf = Enumerable.Range(0, Decompositions.Length / 3)
        .ToDictionary(i => (int)Decompositions[i * 3], i => (Decompositions[(i * 3) + 1], Decompositions[(i * 3) + 2]));

    /// <summary>The hash, shifted to where the key holds it.</summary>
    /// <exception cref="NotSupportedException">The name holds a character whose decomposition the Forge does not know.</exception>
    public static uint Compute(string name, bool foldCase)
    {
        var crc = uint.MaxValue;
        foreach (var rune in name.EnumerateRunes())
        {
            if (rune.IsAscii)
            {
                crc = Add(crc, rune.Value, foldCase);
            }
            else if (DecompositionOf.TryGetValue(rune.Value, out var parts))
            {
                crc = Add(crc, parts.Base, foldCase);
                crc = Add(crc, parts.Mark, foldCase);
            }
            else if (rune.Value is >= 0xAC00 and <= 0xD7A3)
            {
                var index = rune.Value - 0xAC00;
                crc = Add(crc, 0x1100 + (index / 588), foldCase);
                crc = Add(crc, 0x1161 + (index % 588 / 28), foldCase);
                crc = index % 28 == 0 ? crc : Add(crc, 0x11A7 + (index % 28), foldCase);
            }
            else if (HasNoDecomposition(rune.Value) && !(foldCase && FoldsToSeveral.Contains((char)rune.Value)))
            {
                crc = Add(crc, rune.Value, foldCase);
            }
            else
            {
                throw new NotSupportedException($"U+{rune.Value:X4} in {name}: its decomposition is not known here");
            }
        }

        return (crc & HashMask) << (int)LengthBits;
    }

    private static bool HasNoDecomposition(int codePoint)
        => codePoint is < 0x0180 or (>= 0x0300 and <= 0x0314) or (>= 0x0410 and <= 0x044F) or (>= 0x2010 and <= 0x2027)
            or (>= 0x3001 and <= 0x30FF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF) or (>= 0x1F300 and <= 0x1F9FF);

    private static uint Add(uint crc, int codePoint, bool foldCase)
        => BitOperations.Crc32C(crc, (uint)(foldCase ? Rune.ToLowerInvariant(new Rune(codePoint)).Value : codePoint));
}

using System.Globalization;
using System.Text;

namespace IpswDiff.Forge.SharedCache.Generated;

/// <summary>The names and texts of a generated library, written as bytes where there are millions of them.</summary>
internal sealed class GeneratedNames(ImageRecipe recipe)
{
    internal const int MaxLength = 400;

    /// <summary>Marks the key of a function that implements a method; the class and the method follow.</summary>
    internal const uint MethodKey = 0x80000000;

    private const int Selectors = 24 * 24 * 8;

    private static readonly byte[][] Nouns = Split(
        "Session Buffer Manager Policy Request Cache Stream Record Event Service Handler Context Queue Token Window Layer Account Device Message Channel Profile Region Timer Sensor");

    private static readonly byte[][] Verbs = Split(
        "open close update validate parse send receive copy release schedule cancel resolve encode decode invalidate enumerate register present commit restore archive monitor negotiate measure");

    private static readonly string[] Endings = [string.Empty, ":", "With:", "For:error:", "Async:", "IfNeeded", "Options:", "ForKey:"];

    private static readonly string[] AllSelectors = [.. Enumerable.Range(0, Selectors).Select(static index =>
        Encoding.ASCII.GetString(Verbs[index % 24]) + Encoding.ASCII.GetString(Nouns[index / 24 % 24]) + Endings[index / (24 * 24)])];

    private static readonly string[] Types =
        ["v16@0:8", "@16@0:8", "v24@0:8@16", "@24@0:8@16", "B16@0:8", "q16@0:8", "v32@0:8@16@24", "@32@0:8@16^@24"];

    private readonly byte[] _prefix = Encoding.UTF8.GetBytes(recipe.Prefix);

    internal static IReadOnlyList<string> MethodTypes => Types;

    internal static ulong Mix(ulong seed, ulong a, ulong b = 0)
    {
        var z = seed + (a * 0x9E3779B97F4A7C15) + (b * 0xD1B54A32D192ED03);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Writes a function's name and returns its length.</summary>
    internal int WriteFunction(uint key, Span<byte> destination)
    {
        if ((key & MethodKey) != 0)
        {
            return Encoding.UTF8.GetBytes(MethodSymbol((int)(key >> 8 & 0x7FFFFF), (int)(key & 0xFF)), destination);
        }

        var hash = Mix(recipe.Seed, key, 1);
        var at = Put(destination, 0, "_"u8);
        at = Put(destination, at, _prefix);
        at = Put(destination, at, Nouns[(int)(hash % 24)]);
        at = Put(destination, at, "_"u8);
        at = Put(destination, at, Verbs[(int)((hash >> 8) % 24)]);
        at = Put(destination, at, Nouns[(int)((hash >> 16) % 24)]);
        at = Put(destination, at, "_"u8);
        return PutNumber(destination, at, key);
    }

    internal string Function(uint key)
    {
        Span<byte> bytes = stackalloc byte[MaxLength];
        return Encoding.UTF8.GetString(bytes[..WriteFunction(key, bytes)]);
    }

    /// <summary>Most functions are local; other images may call the anchors.</summary>
    internal bool IsLocal(uint key) => (key & MethodKey) != 0 || (key >= ImageRecipe.Anchors && Mix(recipe.Seed, key, 2) % 10 < 7);

    internal string DataSymbol(int id) => string.Create(
        CultureInfo.InvariantCulture, $"_k{recipe.Prefix}{Text(Nouns, Mix(recipe.Seed, (ulong)id, 3))}{id}");

    /// <summary>Writes a C-string without its end and returns its length.</summary>
    internal int WriteString(int id, Span<byte> destination)
    {
        var isChanged = recipe.Edits.ChangedStrings.TryGetValue(id, out var keepsLength);
        var hash = Mix(recipe.Seed, (ulong)id, 4);
        var at = Put(destination, 0, _prefix);
        at = Put(destination, at, isChanged && keepsLength ? ": failed to "u8 : ": could not "u8);
        at = Put(destination, at, Verbs[(int)(hash % 24)]);
        at = Put(destination, at, " "u8);
        at = Put(destination, at, Nouns[(int)((hash >> 8) % 24)]);
        at = Put(destination, at, " %@ ("u8);
        at = PutNumber(destination, at, (uint)id);
        return Put(destination, at, isChanged && !keepsLength ? "), will retry"u8 : ")"u8);
    }

    internal string String(int id)
    {
        Span<byte> bytes = stackalloc byte[MaxLength];
        return Encoding.UTF8.GetString(bytes[..WriteString(id, bytes)]);
    }

    internal string Class(int index) => index == 0 && recipe.Hubs.Count > 0 && recipe.Hubs[0].Path == recipe.Path
        ? "NSObject"
        : string.Create(CultureInfo.InvariantCulture, $"{recipe.Prefix}{Text(Nouns, Mix(recipe.Seed, (ulong)index, 5))}{index}");

    internal string Selector(int classIndex, int method)
    {
        // The step and the number of selectors have no factor in common, so that no class has one twice.
        return AllSelectors[(int)((Mix(recipe.Seed, (ulong)classIndex, 6) + ((ulong)method * 7919)) % Selectors)];
    }

    internal int MethodType(int classIndex, int method) => (int)(Mix(recipe.Seed, (ulong)classIndex, 7 + (ulong)method) % (ulong)Types.Length);

    /// <summary>Which methods a class has, by number.</summary>
    internal IEnumerable<int> Methods(int classIndex)
    {
        var count = 3 + (int)(Mix(recipe.Seed, (ulong)classIndex, 8) % 8);
        count += recipe.Edits.AddedMethods.Contains(classIndex) ? 1 : 0;
        count -= recipe.Edits.RemovedMethods.Contains(classIndex) ? 1 : 0;
        return Enumerable.Range(0, count);
    }

    internal string MethodSymbol(int classIndex, int method) => $"-[{Class(classIndex)} {Selector(classIndex, method)}]";

    internal static uint Key(int classIndex, int method) => MethodKey | ((uint)classIndex << 8) | (uint)method;

    private static byte[][] Split(string words) => [.. words.Split(' ').Select(Encoding.ASCII.GetBytes)];

    private static string Text(byte[][] words, ulong hash) => Encoding.ASCII.GetString(words[(int)(hash % (ulong)words.Length)]);

    private static int Put(Span<byte> destination, int at, ReadOnlySpan<byte> text)
    {
        text.CopyTo(destination[at..]);
        return at + text.Length;
    }

    private static int PutNumber(Span<byte> destination, int at, uint number)
    {
        number.TryFormat(destination[at..], out var written, default, CultureInfo.InvariantCulture);
        return at + written;
    }
}

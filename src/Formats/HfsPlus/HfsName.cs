using System.Buffers.Binary;

namespace IpswDiff.Formats.HfsPlus;

/// <summary>
/// Names between their stored form and paths. What is stored as <c>/</c> is <c>:</c> in a path, as the kernel's VFS has it, and NUL
/// is U+2400, so that a part of a path holds neither a separator nor a terminator.
/// </summary>
internal static class HfsName
{
    private const char NulSymbol = '\u2400';

    /// <summary>A stored name, big-endian units, as a part of a path.</summary>
    internal static string ToPath(ReadOnlySpan<byte> stored) =>
        string.Create(stored.Length / 2, stored, static (name, units) =>
        {
            for (var i = 0; i < name.Length; i++)
            {
                var c = (char)BinaryPrimitives.ReadUInt16BigEndian(units[(2 * i)..]);
                name[i] = c switch
                {
                    '/' => ':',
                    '\0' => NulSymbol,
                    _ => c,
                };
            }
        });

    /// <summary>The stored names that a part of a path may mean, the likeliest first.</summary>
    internal static IEnumerable<string> FromPath(string part)
    {
        var name = part.Replace(':', '/');
        yield return name;
        if (System.Text.Ascii.IsValid(name))
        {
            yield break;
        }

        var decomposed = HfsDecomposition.Decompose(name);
        if (decomposed != name)
        {
            yield return decomposed;
        }

        if (name.Contains(NulSymbol, StringComparison.Ordinal))
        {
            yield return name.Replace(NulSymbol, '\0');
        }
    }

    /// <summary>A stored name as text, unchanged.</summary>
    internal static string ToText(ReadOnlySpan<byte> stored) =>
        string.Create(stored.Length / 2, stored, static (name, units) =>
        {
            for (var i = 0; i < name.Length; i++)
            {
                name[i] = (char)BinaryPrimitives.ReadUInt16BigEndian(units[(2 * i)..]);
            }
        });

    /// <summary>Unit by unit, as HFSX and attribute names compare.</summary>
    internal static int CompareBinary(ReadOnlySpan<char> name, ReadOnlySpan<byte> stored)
    {
        var common = Math.Min(name.Length, stored.Length / 2);
        for (var i = 0; i < common; i++)
        {
            var order = name[i] - BinaryPrimitives.ReadUInt16BigEndian(stored[(2 * i)..]);
            if (order != 0)
            {
                return order;
            }
        }

        return name.Length - (stored.Length / 2);
    }
}

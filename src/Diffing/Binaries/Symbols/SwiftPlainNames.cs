using System.Buffers;
using System.Text;

namespace IpswDiff.Diffing.Binaries.Symbols;

/// <summary>
/// Names of Swift without what says nothing to a reader and differs by build or by who refers to them: the
/// discriminators of private names (<c>(Hidden in _5A0E…)</c>), and where an extension stands (<c>(extension in
/// M):</c>).
/// </summary>
internal static class SwiftPlainNames
{
    private const string Extension = "(extension in ";
    private const string Discriminator = " in _";
    private const int DiscriminatorLength = 32;

    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789ABCDEF");

    /// <summary>The plain form of a name.</summary>
    public static string Of(string name)
    {
        if (!name.Contains(" in ", StringComparison.Ordinal))
        {
            return name;
        }

        var plain = new StringBuilder(name.Length);
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] == '(')
            {
                var rest = name.AsSpan(i);
                if (rest.StartsWith(Extension, StringComparison.Ordinal)
                    && rest.IndexOf("):", StringComparison.Ordinal) is > 0 and var end)
                {
                    i += end + 1;
                    continue;
                }

                if (PrivateName(rest) is { Length: > 0 } found)
                {
                    plain.Append(found);
                    i += found.Length + Discriminator.Length + DiscriminatorLength + 1;
                    continue;
                }
            }

            plain.Append(name[i]);
        }

        return plain.ToString();
    }

    // The name in "(Name in _0123456789ABCDEF0123456789ABCDEF)", which has no parentheses of its own; else nothing.
    private static ReadOnlySpan<char> PrivateName(ReadOnlySpan<char> text)
    {
        var end = text[1..].IndexOfAny('(', ')', ' ') + 1;
        if (end <= 1 || !text[end..].StartsWith(Discriminator, StringComparison.Ordinal))
        {
            return [];
        }

        var rest = text[(end + Discriminator.Length)..];
        return rest.Length > DiscriminatorLength && rest[DiscriminatorLength] == ')'
            && !rest[..DiscriminatorLength].ContainsAnyExcept(Hexadecimal)
            ? text[1..end]
            : [];
    }
}

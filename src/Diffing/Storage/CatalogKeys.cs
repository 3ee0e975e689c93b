using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace IpswDiff.Diffing.Storage;

/// <summary>Names as keys: safe in file names and in the keys of tables, different for different names.</summary>
public static class CatalogKeys
{
    private const int Longest = 200;
    private const int Kept = 160;

    /// <summary>
    /// The name with everything but ASCII letters, digits, <c>-</c>, <c>,</c> and inner full stops written as <c>_</c> and four hexadecimal
    /// digits. What would be longer than 200 characters ends in a hash.
    /// </summary>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static string Escape(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var key = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or ',' || (c == '.' && key.Length > 0))
            {
                key.Append(c);
            }
            else
            {
                key.Append('_').Append(((int)c).ToString("X4", CultureInfo.InvariantCulture));
            }
        }

        return key.Length <= Longest
            ? key.ToString()
            : string.Concat(key.ToString(0, Kept), "_", XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(name)).ToString("x32", CultureInfo.InvariantCulture));
    }
}

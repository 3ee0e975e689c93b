using System.Globalization;

namespace IpswDiff.Formats.Demangling;

/// <summary>
/// Module, types and member of a name of Swift 5 (ABI/Mangling.rst). Signatures, generics and extensions are not read: where a name
/// goes on after what is understood, an ellipsis says so.
/// </summary>
internal sealed class SwiftNames
{
    private const int MaxWords = 26;

    private static readonly (string Suffix, string Text)[] Kinds =
    [
        ("Ma", "type metadata accessor for {0}"),
        ("Mn", "nominal type descriptor for {0}"),
        ("Mp", "protocol descriptor for {0}"),
        ("Mm", "metaclass for {0}"),
        ("MF", "reflection metadata field descriptor {0}"),
        ("N", "type metadata for {0}"),
        ("WV", "value witness table for {0}"),
    ];

    private readonly string _name;
    private readonly List<string> _words = [];
    private int _position = 2;

    private SwiftNames(string name) => _name = name;

    /// <summary>What <paramref name="name"/> (beginning with <c>$s</c>) belongs to, or null.</summary>
    public static string? TryDemangle(string name) => new SwiftNames(name).Read();

    private string? Read()
    {
        var parts = new List<string>();
        if (Take("So"))
        {
            parts.Add("__C");
        }
        else if (Take("s"))
        {
            parts.Add("Swift");
        }
        else if (Identifier() is { } module)
        {
            parts.Add(module);
        }
        else
        {
            return null;
        }

        var isType = false;
        while (Identifier() is { } part)
        {
            // A private name is followed by what tells it from others of its kind.
            var (mark, words) = (_position, _words.Count);
            if (Identifier() is not ['_', ..] || !Take("LL"))
            {
                _position = mark;
                _words.RemoveRange(words, _words.Count - words);
            }

            parts.Add(part);
            isType = _position < _name.Length && _name[_position] is 'C' or 'V' or 'O' or 'P' or 'a';
            if (!isType)
            {
                break;
            }

            _position++;
        }

        if (parts.Count < 2)
        {
            return null;
        }

        var path = string.Join('.', parts);
        var rest = _name[_position..];
        if (isType && Array.Find(Kinds, kind => kind.Suffix == rest) is { Text: { } text })
        {
            return string.Format(CultureInfo.InvariantCulture, text, path);
        }

        return rest.Length == 0 ? path : path + " …";
    }

    private bool Take(string text)
    {
        if (string.CompareOrdinal(_name, _position, text, 0, text.Length) != 0)
        {
            return false;
        }

        _position += text.Length;
        return true;
    }

    /// <summary>An identifier, with parts of earlier ones where it refers to them; null, at the same place, where there is none.</summary>
    private string? Identifier()
    {
        var (start, words) = (_position, _words.Count);
        var text = ReadIdentifier();
        if (text is null)
        {
            _position = start;
            _words.RemoveRange(words, _words.Count - words);
        }

        return text;
    }

    private string? ReadIdentifier()
    {
        if (_position >= _name.Length || !char.IsAsciiDigit(_name[_position]))
        {
            return null;
        }

        var hasWords = Take("0");
        if (hasWords && Take("0"))
        {
            return null;
        }

        var text = string.Empty;
        do
        {
            while (hasWords && _position < _name.Length && char.IsAsciiLetter(_name[_position]))
            {
                var c = _name[_position++];
                hasWords = char.IsAsciiLetterLower(c);
                var word = hasWords ? c - 'a' : c - 'A';
                if (word >= _words.Count)
                {
                    return null;
                }

                text += _words[word];
            }

            if (Take("0"))
            {
                break;
            }

            var digits = _position;
            while (_position < _name.Length && char.IsAsciiDigit(_name[_position]))
            {
                _position++;
            }

            if (!int.TryParse(_name.AsSpan(digits, _position - digits), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length == 0 || length > _name.Length - _position)
            {
                return null;
            }

            var slice = _name.Substring(_position, length);
            _position += length;
            CollectWords(slice);
            text += slice;
        }
        while (hasWords);

        return text;
    }

    // A word ends before an underscore, at the end, and where a capital follows something else; it has two characters or more.
    private void CollectWords(string slice)
    {
        var start = -1;
        for (var i = 0; i <= slice.Length; i++)
        {
            var c = i < slice.Length ? slice[i] : '\0';
            if (start >= 0 && (c is '_' or '\0' || (char.IsAsciiLetterUpper(c) && !char.IsAsciiLetterUpper(slice[i - 1]))))
            {
                if (i - start >= 2 && _words.Count < MaxWords)
                {
                    _words.Add(slice[start..i]);
                }

                start = -1;
            }

            if (start < 0 && c is not ('_' or '\0') && !char.IsAsciiDigit(c))
            {
                start = i;
            }
        }
    }
}

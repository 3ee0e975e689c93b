namespace IpswDiff.Formats.Demangling;

/// <summary>What stands for something said before, and for names of the standard library.</summary>
internal sealed partial class ItaniumDemangler
{
    private int SequenceNumber()
    {
        var (number, start) = (0L, _position);
        while (Look() is (>= '0' and <= '9') or (>= 'A' and <= 'Z'))
        {
            number = (number * 36) + (Look() <= '9' ? Look() - '0' : Look() - 'A' + 10);
            if (number > _name.Length)
            {
                throw new NotUnderstoodException();
            }

            _position++;
        }

        return _position > start ? (int)number : throw new NotUnderstoodException();
    }

    private Piece Substitution()
    {
        Expect('S');
        if (StandardName(Look()) is { } standard)
        {
            _position++;
            if (Look() == 'B')
            {
                throw new NotUnderstoodException();
            }

            return standard;
        }

        var index = 0;
        if (Look() != '_')
        {
            index = SequenceNumber() + 1;
        }

        Expect('_');
        return index < _substitutions.Count ? _substitutions[index] : throw new NotUnderstoodException();
    }

    private static Piece? StandardName(char c)
    {
        return c switch
        {
            'a' => new Piece("std::allocator") { BaseName = "allocator" },
            'b' => new Piece("std::basic_string") { BaseName = "basic_string" },
            's' => Full("std::string", "basic_string", ", std::allocator<char>"),
            'i' => Full("std::istream", "basic_istream", string.Empty),
            'o' => Full("std::ostream", "basic_ostream", string.Empty),
            'd' => Full("std::iostream", "basic_iostream", string.Empty),
            _ => null,
        };

        static Piece Full(string name, string of, string rest) => new(name) { BaseName = of, Expanded = $"std::{of}<char, std::char_traits<char>{rest}>" };
    }
}

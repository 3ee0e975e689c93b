using System.Globalization;

namespace IpswDiff.Formats.Demangling;

/// <summary>Identifiers, numbers, and references back to what was said before.</summary>
internal sealed partial class RustDemangler
{
    private void BackReference(Action parse)
    {
        var start = _position - 1;
        var target = Number();
        if (target >= (ulong)start)
        {
            throw new NotUnderstoodException();
        }

        if (_isSilent)
        {
            return;
        }

        var saved = _position;
        _position = (int)target;
        parse();
        _position = saved;
    }

    private string Identifier()
    {
        if (Look() == 'u')
        {
            throw new NotUnderstoodException();
        }

        var start = _position;
        if (!Take('0'))
        {
            while (char.IsAsciiDigit(Look()))
            {
                _position++;
            }
        }

        if (!int.TryParse(_name.AsSpan(start, _position - start), NumberStyles.None, CultureInfo.InvariantCulture, out var length))
        {
            throw new NotUnderstoodException();
        }

        Take('_');
        if (length > _name.Length - _position)
        {
            throw new NotUnderstoodException();
        }

        var name = _name.Substring(_position, length);
        _position += length;
        return name;
    }

    private ulong OptionalNumber(char tag) => Take(tag) ? Number() + 1 : 0;

    private ulong Number()
    {
        if (Take('_'))
        {
            return 0;
        }

        var value = 0UL;
        while (!Take('_'))
        {
            var c = Next();
            var digit = c switch
            {
                >= '0' and <= '9' => c - '0',
                >= 'a' and <= 'z' => c - 'a' + 10,
                >= 'A' and <= 'Z' => c - 'A' + 36,
                _ => throw new NotUnderstoodException(),
            };
            if (value > (ulong.MaxValue >> 7))
            {
                throw new NotUnderstoodException();
            }

            value = (value * 62) + (ulong)digit;
        }

        return value + 1;
    }
}

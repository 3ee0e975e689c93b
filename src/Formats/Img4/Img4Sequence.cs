using System.Formats.Asn1;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Img4;

/// <summary>Walks the elements of an Image4 structure: a SEQUENCE that begins with its name of four characters.</summary>
internal struct Img4Sequence
{
    private readonly ByteSource _source;
    private readonly long _end;
    private long _next;

    private Img4Sequence(ByteSource source, DerElement outer)
    {
        _source = source;
        _end = outer.End;
        _next = outer.ContentOffset;
    }

    /// <summary>Enters the structure at <paramref name="offset"/>, whose name must be <paramref name="name"/>. Bytes behind it are left alone.</summary>
    internal static Img4Sequence Enter(ByteSource source, long offset, string name)
    {
        var outer = DerElement.Read(source, offset, source.Length);
        if (!outer.IsUniversal(UniversalTagNumber.Sequence))
        {
            throw DerElement.Fault(offset, $"no {name}: it does not begin with a SEQUENCE");
        }

        var sequence = new Img4Sequence(source, outer);
        var found = sequence.Next("its name").ReadText(source, 4);
        return found == name ? sequence : throw DerElement.Fault(offset, $"{name} is wanted, this is \"{found}\"");
    }

    internal readonly bool IsAtEnd => _next >= _end;

    /// <summary>The next element, which must be there.</summary>
    internal DerElement Next(string what)
    {
        if (IsAtEnd)
        {
            throw DerElement.Fault(_end, $"the structure ends before {what}");
        }

        var element = DerElement.Read(_source, _next, _end);
        _next = element.End;
        return element;
    }
}

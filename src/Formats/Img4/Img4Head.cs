using System.Text;
using IpswDiff.Formats.Img3;

namespace IpswDiff.Formats.Img4;

/// <summary>Tells which Image4 file begins with some bytes: each is a DER sequence whose first element names it, or an IMG3.</summary>
internal static class Img4Head
{
    /// <summary>Bytes that are enough.</summary>
    internal const int Length = 16;

    /// <summary>Whether a file that begins with <paramref name="prefix"/> is an Image4 file, and which.</summary>
    internal static bool TryDetect(ReadOnlySpan<byte> prefix, out Img4Kind kind)
    {
        kind = Img4Kind.Img3;
        if (Img3File.Matches(prefix))
        {
            return true;
        }

        kind = default;
        if (prefix.Length < 2 || prefix[0] != 0x30)
        {
            return false;
        }

        // SEQUENCE, a length of one to five bytes, then an IA5String of four characters.
        var name = 2 + ((prefix[1] & 0x80) != 0 ? prefix[1] & 0x7F : 0);
        if (name > 6 || prefix.Length < name + 6 || prefix[name] != 0x16 || prefix[name + 1] != 4)
        {
            return false;
        }

        Img4Kind? found = Encoding.Latin1.GetString(prefix.Slice(name + 2, 4)) switch
        {
            "IM4P" => Img4Kind.Im4p,
            "IM4M" => Img4Kind.Im4m,
            "IM4R" => Img4Kind.Im4r,
            "IMG4" => Img4Kind.Img4,
            _ => null,
        };
        kind = found ?? default;
        return found is not null;
    }

    /// <summary>Whether a file that begins with <paramref name="prefix"/> is an Image4 file of that kind.</summary>
    internal static bool Is(ReadOnlySpan<byte> prefix, Img4Kind kind) => TryDetect(prefix, out var found) && found == kind;
}

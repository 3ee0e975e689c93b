using System.Globalization;
using System.Text;

namespace IpswDiff.Formats.Demangling.Swift;

/// <summary>
/// How nodes of a kind are written: text with places. <c>{0}</c> is a child, <c>{0?}</c> one that may be missing, <c>{*}</c> all children,
/// <c>{*, }</c> all with a separator, <c>{text}</c> and <c>{number}</c> what the node itself says.
/// </summary>
internal sealed class NodeTemplate
{
    private readonly Part[] _parts;

    private NodeTemplate(Part[] parts) => _parts = parts;

    /// <summary>What stands at a place of a template.</summary>
    internal enum Place : byte
    {
        Literal,
        Child,
        OptionalChild,
        Children,
        Text,
        Number,
    }

    public ReadOnlySpan<Part> Parts => _parts;

    public static NodeTemplate Parse(string text)
    {
        var parts = new List<Part>();
        for (var i = 0; i < text.Length;)
        {
            // A brace that begins no place stands for itself.
            var open = text.IndexOf('{', i);
            if (open >= 0 && text[open + 1] == '{')
            {
                parts.Add(new Part(Place.Literal, 0, Encoding.ASCII.GetBytes(text[i..(open + 1)])));
                i = open + 1;
                continue;
            }

            var end = open < 0 ? text.Length : open;
            if (end > i)
            {
                parts.Add(new Part(Place.Literal, 0, Encoding.ASCII.GetBytes(text[i..end])));
            }

            if (open < 0)
            {
                break;
            }

            var close = text.IndexOf('}', open);
            parts.Add(ParsePlace(text[(open + 1)..close]));
            i = close + 1;
        }

        return new NodeTemplate([.. parts]);
    }

    private static Part ParsePlace(string place) => place switch
    {
        "text" => new Part(Place.Text, 0, []),
        "number" => new Part(Place.Number, 0, []),
        ['*', .. var separator] => new Part(Place.Children, 0, Encoding.ASCII.GetBytes(separator)),
        [.. var digits, '?'] => new Part(Place.OptionalChild, int.Parse(digits, CultureInfo.InvariantCulture), []),
        _ => new Part(Place.Child, int.Parse(place, CultureInfo.InvariantCulture), []),
    };

    /// <summary>A part of a template.</summary>
    /// <param name="Place">What it is.</param>
    /// <param name="Child">Which child.</param>
    /// <param name="Text">The literal, or the separator between children.</param>
    internal readonly record struct Part(Place Place, int Child, byte[] Text);
}

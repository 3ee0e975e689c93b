using System.Text;
using System.Text.Json;
using IpswDiff.Diffing.Reports.Markdown;

namespace IpswDiff.Cli.Inspection;

/// <summary>A description as indented lines for people, made from its JSON form so that both say the same.</summary>
internal static class PlainDescription
{
    /// <summary>How deep descriptions may be: property lists are as deep as their reader allows, inside others of their kind.</summary>
    public const int MaxDepth = 2048;

    public static string Of(byte[] json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
        var text = new StringBuilder();
        Append(text, document.RootElement, 0);
        return text.ToString().TrimEnd('\n');
    }

    private static void Append(StringBuilder text, JsonElement element, int depth)
    {
        foreach (var property in element.EnumerateObject())
        {
            Indent(text, depth).Append(MarkdownText.Visible(property.Name)).Append(':');
            AppendValue(text, property.Value, depth);
        }
    }

    private static void AppendValue(StringBuilder text, JsonElement value, int depth)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('\n');
                Append(text, value, depth + 1);
                break;
            case JsonValueKind.Array when value.EnumerateArray().Any(item => item.ValueKind is JsonValueKind.Object or JsonValueKind.Array):
                text.Append('\n');
                foreach (var item in value.EnumerateArray())
                {
                    if (item.ValueKind == JsonValueKind.Object)
                    {
                        Indent(text, depth + 1).Append("- ").Append(string.Join("  ", item.EnumerateObject().Where(part => IsScalar(part.Value)).Select(part => $"{MarkdownText.Visible(part.Name)}={Scalar(part.Value)}"))).Append('\n');
                        foreach (var part in item.EnumerateObject().Where(part => !IsScalar(part.Value)))
                        {
                            Indent(text, depth + 2).Append(MarkdownText.Visible(part.Name)).Append(':');
                            AppendValue(text, part.Value, depth + 2);
                        }
                    }
                    else
                    {
                        Indent(text, depth + 1).Append('-');
                        AppendValue(text, item, depth + 1);
                    }
                }

                break;
            case JsonValueKind.Array:
                text.Append(' ').Append(string.Join(", ", value.EnumerateArray().Select(Scalar))).Append('\n');
                break;
            default:
                text.Append(' ').Append(Scalar(value)).Append('\n');
                break;
        }
    }

    private static StringBuilder Indent(StringBuilder text, int depth) => text.Append(' ', depth * 2);

    private static bool IsScalar(JsonElement value) => value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array);

    private static string Scalar(JsonElement value) =>
        MarkdownText.Visible(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText());
}

using System.Text.Json;

namespace IpswDiff.EndToEnd;

/// <summary>What the details of an item say of Swift's metadata, a line for each fact.</summary>
internal static class SwiftLines
{
    public static IEnumerable<string> Of(JsonElement swift)
    {
        foreach (var (sign, list) in new[] { ("+", "added"), ("-", "removed") })
        {
            foreach (var entity in swift.GetProperty(list).EnumerateArray())
            {
                yield return $"{sign} {entity.GetProperty("kind")} {entity.GetProperty("name")}";
            }
        }

        foreach (var move in swift.GetProperty("moved").EnumerateArray())
        {
            yield return $"~ {move.GetProperty("kind")} {move.GetProperty("oldName")} -> {move.GetProperty("name")}";
        }

        foreach (var line in swift.GetProperty("changed").EnumerateArray().SelectMany(OfChange))
        {
            yield return line;
        }

        foreach (var (sign, list) in new[] { ("+", "conformancesAdded"), ("-", "conformancesRemoved") })
        {
            foreach (var conformance in swift.GetProperty(list).EnumerateArray())
            {
                yield return $"{sign} {Conformance(conformance)}";
            }
        }
    }

    /// <summary>The fields or cases of a type by name; none of those that the compiler added.</summary>
    public static OrderedDictionary<string, string> Members(JsonElement type)
    {
        var members = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var list in new[] { "fields", "cases" })
        {
            foreach (var member in type.TryGetProperty(list, out var found) && found.ValueKind == JsonValueKind.Array
                ? found.EnumerateArray().ToArray() : [])
            {
                members.Add(member.GetProperty("name").GetString()!, Member(member));
            }
        }

        return members;
    }

    public static string Conformance(JsonElement conformance) =>
        $"{conformance.GetProperty("type")} : {conformance.GetProperty("protocol")}{(conformance.TryGetProperty("where", out var where) ? $" where {where}" : string.Empty)}";

    private static IEnumerable<string> OfChange(JsonElement change)
    {
        var name = change.GetProperty("name").GetString();
        foreach (var aspect in change.EnumerateObject())
        {
            foreach (var line in aspect.Name switch
            {
                "fields" or "cases" => OfMembers(aspect.Value),
                "superclass" => [$"superclass {aspect.Value.GetProperty("old")} -> {aspect.Value.GetProperty("new")}"],
                "requirementCount" =>
                    [$"requirements {aspect.Value.GetProperty("old")} -> {aspect.Value.GetProperty("new")}"],
                "methods" => OfTexts(aspect.Value, "method"),
                "requirements" => OfTexts(aspect.Value, "requirement"),
                "kind" or "name" => Array.Empty<string>(),
                _ => [$"{aspect.Name} {aspect.Value}"],
            })
            {
                yield return $"{name} {line}";
            }
        }
    }

    private static IEnumerable<string> OfTexts(JsonElement texts, string what) =>
        texts.GetProperty("added").EnumerateArray().Select(text => $"+ {what} {text}")
            .Concat(texts.GetProperty("removed").EnumerateArray().Select(text => $"- {what} {text}"));

    private static IEnumerable<string> OfMembers(JsonElement members)
    {
        foreach (var member in members.GetProperty("added").EnumerateArray())
        {
            yield return $"+ {Member(member)}";
        }

        foreach (var member in members.GetProperty("removed").EnumerateArray())
        {
            yield return $"- {Member(member)}";
        }

        foreach (var change in members.GetProperty("changed").EnumerateArray())
        {
            yield return $"~ {Member(change.GetProperty("old"))} -> {Member(change.GetProperty("new"))}";
        }

        if (members.TryGetProperty("order", out var order))
        {
            yield return $"order {Names(order.GetProperty("old"))} -> {Names(order.GetProperty("new"))}";
        }

        static string Names(JsonElement names) =>
            string.Join(' ', names.EnumerateArray().Select(name => name.GetString()));
    }

    private static string Member(JsonElement member)
    {
        var kind = member.TryGetProperty("isVar", out var isVar) ? (isVar.GetBoolean() ? "var" : "let")
            : member.TryGetProperty("indirect", out _) ? "indirect case" : "case";
        return $"{kind} {member.GetProperty("name")}: {(member.TryGetProperty("type", out var type) ? type.ToString() : string.Empty)}";
    }
}

using System.Text.Json;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports.Contents;

/// <summary>
/// What <c>docs/item.schema.json</c> says of the details of an item and the types they are read into do not enforce.
/// Details come from anywhere with their folder; whoever renders them trusts what has passed here.
/// </summary>
internal static class DetailsRules
{
    /// <summary>Fails unless every list, name and value that a renderer takes for granted is there.</summary>
    /// <exception cref="JsonException">One is not; the message says which.</exception>
    public static void Check(ItemDetails details)
    {
        Rules.Required(details.Path, "path");
        Rules.Each(details.Slices, "slices", Slice);
        Rules.Each(details.Values, "values", Value);
        if (details.Strings is { } strings)
        {
            Rules.Each(strings.Added, "strings.added", Located);
            Rules.Each(strings.Removed, "strings.removed", Located);
        }
    }

    private static void Slice(SliceChange slice)
    {
        Rules.Required(slice.Arch, "arch");
        Rules.Texts(slice.What, "what");
        Rules.Each(slice.SameSizeSections, "sameSizeSections", static section => Rules.Required(section.Name, "name"));
        Summary(slice.Old);
        Summary(slice.New);
        Rules.Required(slice.Symbols, "symbols");
        Rules.Each(slice.Symbols.Added, "symbols.added", Symbol);
        Rules.Each(slice.Symbols.Removed, "symbols.removed", Symbol);
        Rules.Each(slice.Symbols.Rekinded, "symbols.rekinded", static change =>
        {
            Rules.Required(change.Name, "name");
            Rules.Required(change.Old, "old");
            Rules.Required(change.New, "new");
        });
        if (slice.CStrings is { } strings)
        {
            Rules.Texts(strings.Added, "cStrings.added");
            Rules.Texts(strings.Removed, "cStrings.removed");
        }

        if (slice.Functions is { } functions)
        {
            Rules.Each(functions.Added, "functions.added", Function);
            Rules.Each(functions.Removed, "functions.removed", Function);
            Rules.Each(functions.Changed, "functions.changed", static change =>
            {
                Rules.Required(change.Name, "name");
                Rules.Range(change.Similarity, 0, 1, "similarity");
            });
        }

        if (slice.ObjectiveC is { } objectiveC)
        {
            Rules.Each(objectiveC.Added, "objectiveC.added", Entity);
            Rules.Each(objectiveC.Removed, "objectiveC.removed", Entity);
            Rules.Each(objectiveC.Changed, "objectiveC.changed", Entity);
        }

        if (slice.Swift is { } swift)
        {
            SwiftRules.Check(swift);
        }
    }

    private static void Summary(BinarySummary? summary)
    {
        if (summary is not null)
        {
            Rules.Each(summary.Sections, "sections", static section => Rules.Required(section.Name, "name"));
            Rules.Each(summary.Dylibs, "dylibs", static dylib =>
            {
                Rules.Required(dylib.Name, "name");
                Rules.Required(dylib.Kind, "kind");
            });
        }
    }

    private static void Symbol(SymbolUse symbol)
    {
        Rules.Required(symbol.Name, "name");
        Rules.Required(symbol.Kind, "kind");
    }

    private static void Function(FunctionSize function) => Rules.Required(function.Name, "name");

    private static void Located(LocatedText text) => Rules.Required(text.Text, "text");

    private static void Entity(ObjectiveCEntity entity)
    {
        Rules.Required(entity.Kind, "kind");
        Rules.Required(entity.Name, "name");
    }

    private static void Entity(ObjectiveCEntityChange change)
    {
        Rules.Required(change.Kind, "kind");
        Rules.Required(change.Name, "name");
        Members(change.Methods);
        Members(change.Properties);
        Members(change.Ivars);
        Members(change.Protocols);
    }

    private static void Members(ObjectiveCMemberChanges? members)
    {
        if (members is not null)
        {
            Rules.Texts(members.Added, "added");
            Rules.Texts(members.Removed, "removed");
            Rules.Each(members.Changed, "changed", static change => Rules.Required(change.Name, "name"));
        }
    }

    private static void Value(ValueChange change)
    {
        Rules.Texts(change.Key, "key");
        Element(change.Old);
        Element(change.New);
        if (change.Owners is not null)
        {
            Rules.Each(change.Owners, "owners", static owner =>
            {
                Rules.Required(owner.Volume, "volume");
                Rules.Required(owner.Path, "path");
            });
        }
    }

    // A value stays the bytes that it was read from until somebody asks for its text.
    private static void Element(JsonElement? value)
    {
        try
        {
            if (value is { } element)
            {
                Decode(element);
            }
        }
        catch (InvalidOperationException undecodable)
        {
            throw new JsonException("a value holds text that is no Unicode", undecodable);
        }
    }

    // Nesting is bounded by the parser.
    private static void Decode(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var one in element.EnumerateArray())
                {
                    Decode(one);
                }

                break;
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    _ = property.Name;
                    Decode(property.Value);
                }

                break;
        }
    }
}

using System.Globalization;
using System.Text.Json;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.DeviceTree;

namespace IpswDiff.Diffing.Handlers.Firmware;

/// <summary>
/// Two device trees, property by property: the key is the names of the nodes below the root, then that of the property. A second node
/// or property of one name has its number behind it. The order within a node does not count.
/// </summary>
internal static class DeviceTreeComparison
{
    public static IReadOnlyList<ValueChange> Compare(DeviceTreeFile old, DeviceTreeFile @new)
    {
        var changes = new List<ValueChange>();
        foreach (var (before, after) in SortedJoin.Join(Flatten(old), Flatten(@new), static (x, y) => CompareKeys(x.Key, y.Key)))
        {
            if (before is null || after is null || before.Property.IsPlaceholder != after.Property.IsPlaceholder
                || !before.Property.Value.Span.SequenceEqual(after.Property.Value.Span))
            {
                var kind = DeviceTreeKinds.Decide(before?.Property, after?.Property);
                changes.Add(new ValueChange((before ?? after)!.Key, Value(before?.Property, kind), Value(after?.Property, kind)));
            }
        }

        return changes;
    }

    private static List<Leaf> Flatten(DeviceTreeFile tree)
    {
        var leaves = new List<Leaf>();
        Walk(tree.Root, [], leaves);
        leaves.Sort(static (x, y) => CompareKeys(x.Key, y.Key));
        return leaves;
    }

    // The reader bounds the depth of trees.
    private static void Walk(DeviceTreeNode node, string[] path, List<Leaf> leaves)
    {
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var property in node.Properties)
        {
            leaves.Add(new Leaf([.. path, Numbered(property.Name, names)], property));
        }

        names.Clear();
        foreach (var child in node.Children)
        {
            Walk(child, [.. path, Numbered(child.Name, names)], leaves);
        }
    }

    private static string Numbered(string name, Dictionary<string, int> seen)
    {
        var number = seen[name] = seen.GetValueOrDefault(name) + 1;
        return number == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}[{number}]");
    }

    private static int CompareKeys(string[] x, string[] y)
    {
        for (var i = 0; i < Math.Min(x.Length, y.Length); i++)
        {
            if (string.CompareOrdinal(x[i], y[i]) is var order && order != 0)
            {
                return order;
            }
        }

        return x.Length - y.Length;
    }

    // Both sides are shown as one kind: texts, a number, else the bytes.
    private static JsonElement? Value(DeviceTreeProperty? property, DeviceTreeKind kind)
    {
        if (property is null)
        {
            return null;
        }

        var value = kind switch
        {
            DeviceTreeKind.Text when (property.Texts ?? [string.Empty]) is var texts => texts.Count == 1 ? Json.Of(texts[0]) : Json.Of(texts),
            DeviceTreeKind.Number => Json.Of(property.Number!.Value),
            _ => Json.Of("0x" + Convert.ToHexStringLower(property.Value.Span)),
        };
        return property.IsPlaceholder ? Json.Of(("placeholder", value)) : value;
    }

    private sealed record Leaf(string[] Key, DeviceTreeProperty Property);
}

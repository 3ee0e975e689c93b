using System.Runtime.InteropServices;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Binaries.Symbols;

/// <summary>One type or protocol against its partner.</summary>
internal static class SwiftEntityComparison
{
    /// <summary>What differs between the two.</summary>
    public static SwiftEntityChange Compare(SwiftEntityFacts old, SwiftEntityFacts @new, SwiftMethodNames methods)
    {
        var isProtocol = @new.Kind == SwiftEntityFacts.Protocol;
        var isLeftOut = !isProtocol && old.Members is null != @new.Members is null;
        var fields = isLeftOut ? null : Compare(Fields(old), Fields(@new));
        var table = methods.Compare(old, @new, fields);
        return new SwiftEntityChange
        {
            Kind = @new.Kind,
            OldKind = old.Kind == @new.Kind ? null : old.Kind,
            Name = @new.Name,
            Superclass = old.Superclass == @new.Superclass ? null
                : new SwiftSuperclassChange(old.Superclass, @new.Superclass),
            Fields = fields,
            Cases = isLeftOut ? null : Compare(Cases(old), Cases(@new)),
            MembersLeftOut = !isLeftOut ? null : old.Members is null ? "old" : "new",
            Methods = isProtocol ? null : table,
            Requirements = isProtocol ? table : null,
            RequirementCount = isProtocol && old.Methods!.Count != @new.Methods!.Count
                ? new SwiftCountChange(old.Methods.Count, @new.Methods.Count) : null,
            AssociatedTypes = Texts(old.AssociatedTypes, @new.AssociatedTypes),
        };
    }

    /// <summary>
    /// What two lists do not share, each text as often as it is there; null where they have the same.
    /// </summary>
    public static TextChanges? Texts(IEnumerable<string> old, IEnumerable<string> @new)
    {
        var (before, after) = (old.ToList(), @new.ToList());
        var added = Without(after, before);
        var removed = Without(before, after);
        return added.Length + removed.Length == 0 ? null : new TextChanges(added, removed);

        static string[] Without(List<string> texts, List<string> others)
        {
            var left = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var other in others)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(left, other, out _)++;
            }

            return [.. texts.Where(text => --CollectionsMarshal.GetValueRefOrAddDefault(left, text, out _) < 0)
                .Order(StringComparer.Ordinal)];
        }
    }

    private static SwiftMember[] Fields(SwiftEntityFacts entity) => entity.Kind == SwiftEntityFacts.Enum ? []
        : entity.Members ?? [];

    private static SwiftMember[] Cases(SwiftEntityFacts entity) => entity.Kind == SwiftEntityFacts.Enum
        ? entity.Members ?? [] : [];

    private static SwiftMemberChanges? Compare(SwiftMember[] old, SwiftMember[] @new)
    {
        var (before, after) = (ByName(old), ByName(@new));
        SwiftMember[] added = [.. after.Where(one => !before.ContainsKey(one.Key)).Select(one => one.Value)];
        SwiftMember[] removed = [.. before.Where(one => !after.ContainsKey(one.Key)).Select(one => one.Value)];
        SwiftMemberChange[] changed =
            [.. after.Where(one => before.TryGetValue(one.Key, out var partner) && partner != one.Value)
            .Select(one => new SwiftMemberChange(one.Key.Name, before[one.Key], one.Value))];
        var order = Order(before, after);
        return added.Length + removed.Length + changed.Length == 0 && order is null ? null
            : new SwiftMemberChanges(added, removed, changed, order);
    }

    // Cases with payloads come before those without: one that gained or lost its payload moves for that alone.
    private static SwiftOrderChange? Order(
        OrderedDictionary<(string Name, int Number), SwiftMember> before, OrderedDictionary<(string Name, int Number),
            SwiftMember> after)
    {
        string[] old = [.. Common(before, after)];
        string[] @new = [.. Common(after, before)];
        return old.SequenceEqual(@new, StringComparer.Ordinal) ? null : new SwiftOrderChange(old, @new);

        static IEnumerable<string> Common(
            OrderedDictionary<(string Name, int Number), SwiftMember> members,
                OrderedDictionary<(string Name, int Number), SwiftMember> others) => members
            .Where(one => others.TryGetValue(one.Key, out var other) && other.Type is null == one.Value.Type is null)
                .Select(one => one.Key.Name);
    }

    /// <summary>Members in their order; of several of one name the first is number 1.</summary>
    private static OrderedDictionary<(string Name, int Number), SwiftMember> ByName(SwiftMember[] members)
    {
        var named = new OrderedDictionary<(string Name, int Number), SwiftMember>(members.Length);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var member in members)
        {
            named.Add((member.Name, ++CollectionsMarshal.GetValueRefOrAddDefault(counts, member.Name, out _)), member);
        }

        return named;
    }
}

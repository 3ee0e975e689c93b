using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports.Contents;

/// <summary>
/// What <c>docs/item.schema.json</c> says of Swift's metadata and the types it is read into do not enforce.
/// </summary>
internal static class SwiftRules
{
    /// <summary>Fails unless every list and name that a renderer takes for granted is there.</summary>
    /// <exception cref="System.Text.Json.JsonException">One is not; the message says which.</exception>
    public static void Check(SwiftChanges changes)
    {
        Rules.Each(changes.Added, "swift.added", Entity);
        Rules.Each(changes.Removed, "swift.removed", Entity);
        Rules.Each(changes.Moved, "swift.moved", static move =>
        {
            Rules.Required(move.Kind, "kind");
            Rules.Required(move.OldName, "oldName");
            Rules.Required(move.Name, "name");
        });
        Rules.Each(changes.Changed, "swift.changed", Entity);
        Rules.Each(changes.ConformancesAdded, "swift.conformancesAdded", Conformance);
        Rules.Each(changes.ConformancesRemoved, "swift.conformancesRemoved", Conformance);
    }

    private static void Entity(SwiftEntity entity)
    {
        Rules.Required(entity.Kind, "kind");
        Rules.Required(entity.Name, "name");
        Members(entity.Fields, "fields");
        Members(entity.Cases, "cases");
        if (entity.AssociatedTypes is { } types)
        {
            Rules.Texts(types, "associatedTypes");
        }
    }

    private static void Entity(SwiftEntityChange change)
    {
        Rules.Required(change.Kind, "kind");
        Rules.Required(change.Name, "name");
        Members(change.Fields);
        Members(change.Cases);
        Texts(change.Methods);
        Texts(change.Requirements);
        Texts(change.AssociatedTypes);
    }

    private static void Members(SwiftMemberChanges? members)
    {
        if (members is not null)
        {
            Rules.Each(members.Added, "added", Member);
            Rules.Each(members.Removed, "removed", Member);
            Rules.Each(members.Changed, "changed", static change =>
            {
                Rules.Required(change.Name, "name");
                Rules.Required(change.Old, "old");
                Rules.Required(change.New, "new");
                Member(change.Old);
                Member(change.New);
            });
            if (members.Order is { } order)
            {
                Rules.Texts(order.Old, "order.old");
                Rules.Texts(order.New, "order.new");
            }
        }
    }

    private static void Members(IReadOnlyList<SwiftMember>? members, string name)
    {
        if (members is not null)
        {
            Rules.Each(members, name, Member);
        }
    }

    private static void Member(SwiftMember member) => Rules.Required(member.Name, "name");

    private static void Texts(TextChanges? texts)
    {
        if (texts is not null)
        {
            Rules.Texts(texts.Added, "added");
            Rules.Texts(texts.Removed, "removed");
        }
    }

    private static void Conformance(SwiftConformanceUse conformance)
    {
        Rules.Required(conformance.Type, "type");
        Rules.Required(conformance.Protocol, "protocol");
    }
}

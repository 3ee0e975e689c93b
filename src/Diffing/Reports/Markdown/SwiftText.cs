using System.Globalization;
using System.Text;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>
/// The <c>Swift:</c> block of a binary: a declaration for each type and protocol, members as sources write them below
/// those that came, went or changed, then conformances.
/// </summary>
internal static class SwiftText
{
    /// <summary>Appends the block.</summary>
    public static void Append(StringBuilder text, SwiftChanges changes)
    {
        text.Append("Swift:\n");
        if (changes.Unreadable is { } reason)
        {
            text.Append("  not compared: ").Append(MarkdownText.Exact(reason)).Append('\n');
            return;
        }

        foreach (var entity in changes.Added)
        {
            AppendEntity(text, '+', entity);
        }

        foreach (var entity in changes.Removed)
        {
            AppendEntity(text, '-', entity);
        }

        foreach (var move in changes.Moved)
        {
            text.Append("~ ").Append(MarkdownText.Exact(move.Kind)).Append(' ').Append(MarkdownText.Name(move.OldName))
                .Append(" -> ")
                .Append(MarkdownText.Name(move.Name)).Append('\n');
        }

        foreach (var change in changes.Changed)
        {
            AppendChange(text, change);
        }

        AppendConformances(text, '+', changes.ConformancesAdded);
        AppendConformances(text, '-', changes.ConformancesRemoved);
    }

    private static void AppendEntity(StringBuilder text, char sign, SwiftEntity entity)
    {
        text.Append(sign).Append(' ').Append(MarkdownText.Exact(entity.Kind)).Append(' ')
            .Append(MarkdownText.Name(entity.Name));
        if (entity.Superclass is { } superclass)
        {
            text.Append(" : ").Append(MarkdownText.Name(superclass));
        }

        if (entity.Requirements is { } count)
        {
            text.Append(CultureInfo.InvariantCulture, $" ({count} requirement{(count == 1 ? string.Empty : "s")})");
        }

        text.Append('\n');
        foreach (var name in entity.AssociatedTypes ?? [])
        {
            AppendLine(text, sign, "associatedtype " + MarkdownText.Exact(name));
        }

        foreach (var member in entity.Fields ?? entity.Cases ?? [])
        {
            AppendLine(text, sign, Declaration(member));
        }
    }

    private static void AppendChange(StringBuilder text, SwiftEntityChange change)
    {
        text.Append("  ").Append(MarkdownText.Exact(change.Kind)).Append(' ').Append(MarkdownText.Name(change.Name))
            .Append('\n');
        if (change.OldKind is { } kind)
        {
            AppendPair(text, "kind ", MarkdownText.Exact(kind), MarkdownText.Exact(change.Kind));
        }

        if (change.Superclass is { } superclass)
        {
            AppendPair(text, ": ", superclass.Old is { } old ? MarkdownText.Exact(old) : "no superclass",
                superclass.New is { } now ? MarkdownText.Exact(now) : "no superclass");
        }

        if (change.RequirementCount is { } count)
        {
            AppendPair(text, "requirements: ", count.Old.ToString(CultureInfo.InvariantCulture),
                count.New.ToString(CultureInfo.InvariantCulture));
        }

        AppendTexts(text, "associatedtype ", change.AssociatedTypes);
        AppendTexts(text, "requirement ", change.Requirements);
        if (change.MembersLeftOut is { } side)
        {
            AppendLine(text, ' ', $"members not compared: left out on the {MarkdownText.Exact(side)} side");
        }

        AppendMembers(text, change.Fields);
        AppendMembers(text, change.Cases);
        AppendTexts(text, "method ", change.Methods);
    }

    private static void AppendMembers(StringBuilder text, SwiftMemberChanges? members)
    {
        if (members is null)
        {
            return;
        }

        foreach (var member in members.Removed)
        {
            AppendLine(text, '-', Declaration(member));
        }

        foreach (var change in members.Changed)
        {
            AppendPair(text, string.Empty, Declaration(change.Old), Declaration(change.New));
        }

        foreach (var member in members.Added)
        {
            AppendLine(text, '+', Declaration(member));
        }

        if (members.Order is { } order)
        {
            AppendPair(text, "order: ", Names(order.Old), Names(order.New));
        }
    }

    private static string Names(IReadOnlyList<string> names) => string.Join(", ", names.Select(Identifier));

    private static string Declaration(SwiftMember member) => member switch
    {
        { IsVar: { } isVar } =>
            $"{(isVar ? "var" : "let")} {Identifier(member.Name)}: {MarkdownText.Exact(member.Type ?? string.Empty)}",
        { Type: { } payload } =>
            $"{Case(member)} {Identifier(member.Name)}{(IsTuple(payload) ? MarkdownText.Exact(payload) : $"({MarkdownText.Exact(payload)})")}",
        _ => $"{Case(member)} {Identifier(member.Name)}",
    };

    // The parentheses of a tuple are those that a payload stands in; a function's close before its arrow.
    private static bool IsTuple(string type)
    {
        if (!type.StartsWith('('))
        {
            return false;
        }

        var (depth, at) = (0, 0);
        do
        {
            depth += type[at] switch
            {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            at++;
        }
        while (depth > 0 && at < type.Length);
        return depth == 0 && at == type.Length;
    }

    private static string Identifier(string name) =>
        name.Length > 0 && name.All(static c => char.IsLetterOrDigit(c) || c is '_' or '$') ? name
            : MarkdownText.Quoted(name);

    private static string Case(SwiftMember member) => member.Indirect == true ? "indirect case" : "case";

    private static void AppendConformances(
        StringBuilder text, char sign, IReadOnlyList<SwiftConformanceUse> conformances)
    {
        foreach (var conformance in conformances)
        {
            text.Append(sign).Append(" extension ").Append(MarkdownText.Name(conformance.Type)).Append(" : ")
                .Append(MarkdownText.Name(conformance.Protocol));
            if (conformance.Where is { } where)
            {
                text.Append(" where ").Append(MarkdownText.Exact(where));
            }

            text.Append('\n');
        }
    }

    private static void AppendTexts(StringBuilder text, string before, TextChanges? texts)
    {
        foreach (var one in texts?.Removed ?? [])
        {
            AppendLine(text, '-', before + MarkdownText.Exact(one));
        }

        foreach (var one in texts?.Added ?? [])
        {
            AppendLine(text, '+', before + MarkdownText.Exact(one));
        }
    }

    private static void AppendPair(StringBuilder text, string before, string old, string now)
    {
        AppendLine(text, '-', before + old);
        AppendLine(text, '+', before + now);
    }

    private static void AppendLine(StringBuilder text, char sign, string line) => text.Append(sign).Append("   ")
        .Append(line).Append('\n');
}

using System.Globalization;
using System.Text;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports;

/// <summary>The <c>ObjC:</c> block of a binary: a line for each class, category and protocol, members indented below those that changed.</summary>
internal static class ObjectiveCText
{
    public static void Append(StringBuilder text, ObjectiveCChanges changes)
    {
        if (changes.Unreadable is { } reason)
        {
            text.Append("ObjC:\n  not compared: ").Append(Markdown.Visible(reason)).Append('\n');
            return;
        }

        text.Append("ObjC:\n");
        foreach (var entity in changes.Added)
        {
            AppendEntity(text, '+', entity);
        }

        foreach (var entity in changes.Removed)
        {
            AppendEntity(text, '-', entity);
        }

        foreach (var change in changes.Changed)
        {
            text.Append("  ").Append(Declaration(change.Kind, change.Name)).Append('\n');
            if (change.Superclass is { } superclass)
            {
                AppendMember(text, '-', string.Empty, ": " + (superclass.Old ?? "no superclass"));
                AppendMember(text, '+', string.Empty, ": " + (superclass.New ?? "no superclass"));
            }

            AppendMembers(text, "<", ">", change.Protocols);
            AppendMembers(text, "@property ", string.Empty, change.Properties);
            AppendMembers(text, "ivar ", string.Empty, change.Ivars);
            AppendMembers(text, string.Empty, string.Empty, change.Methods);
        }
    }

    private static void AppendEntity(StringBuilder text, char sign, ObjectiveCEntity entity)
    {
        text.Append(sign).Append(' ').Append(Declaration(entity.Kind, entity.Name));
        if (entity.Superclass is { } superclass)
        {
            text.Append(" : ").Append(Markdown.Visible(superclass));
        }

        text.Append(CultureInfo.InvariantCulture, $" ({entity.Methods} method{(entity.Methods == 1 ? string.Empty : "s")})\n");
    }

    private static string Declaration(string kind, string name) => kind switch
    {
        "class" => "@interface " + Markdown.Visible(name),
        "protocol" => "@protocol " + Markdown.Visible(name),
        _ => "@interface " + Markdown.Visible(name.Replace("(", " (", StringComparison.Ordinal)),
    };

    private static void AppendMembers(StringBuilder text, string before, string after, ObjectiveCMemberChanges? members)
    {
        if (members is null)
        {
            return;
        }

        foreach (var name in members.Added)
        {
            AppendMember(text, '+', before, name + after);
        }

        foreach (var name in members.Removed)
        {
            AppendMember(text, '-', before, name + after);
        }

        foreach (var change in members.Changed)
        {
            AppendMember(text, '~', before, $"{change.Name}{after} : {change.Old} -> {change.New}");
        }
    }

    private static void AppendMember(StringBuilder text, char sign, string before, string member) =>
        text.Append(sign).Append("   ").Append(before).Append(Markdown.Visible(member)).Append('\n');
}

using System.Globalization;
using System.Text;
using IpswDiff.Diffing.Results;

namespace IpswDiff.Diffing.Reports.Markdown;

/// <summary>The <c>ObjC:</c> block of a binary: a line for each class, category and protocol, members indented below those that changed.</summary>
internal static class ObjectiveCText
{
    public static void Append(StringBuilder text, ObjectiveCChanges changes)
    {
        if (changes.Unreadable is { } reason)
        {
            text.Append("ObjC:\n  not compared: ").Append(MarkdownText.Exact(reason)).Append('\n');
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
                AppendMember(text, '-', string.Empty, ": " + (superclass.Old is { } before ? MarkdownText.Exact(before) : "no superclass"));
                AppendMember(text, '+', string.Empty, ": " + (superclass.New is { } after ? MarkdownText.Exact(after) : "no superclass"));
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
            text.Append(" : ").Append(MarkdownText.Name(superclass));
        }

        text.Append(CultureInfo.InvariantCulture, $" ({entity.Methods} method{(entity.Methods == 1 ? string.Empty : "s")})\n");
    }

    private static string Declaration(string kind, string name) => kind switch
    {
        "class" => "@interface " + MarkdownText.Name(name),
        "protocol" => "@protocol " + MarkdownText.Name(name),
        _ when name.IndexOf('(', StringComparison.Ordinal) is > 0 and var open && name.LastIndexOf('(') == open && name[open - 1] is not (':' or '>') && MarkdownText.Name(name) is var plain && plain[0] != '"' =>
            "@interface " + plain.Replace("(", " (", StringComparison.Ordinal),
        _ => "@category " + MarkdownText.Quoted(name),
    };

    private static void AppendMembers(StringBuilder text, string before, string after, ObjectiveCMemberChanges? members)
    {
        if (members is null)
        {
            return;
        }

        foreach (var name in members.Added)
        {
            AppendMember(text, '+', before, MarkdownText.Exact(name) + after);
        }

        foreach (var name in members.Removed)
        {
            AppendMember(text, '-', before, MarkdownText.Exact(name) + after);
        }

        foreach (var change in members.Changed)
        {
            AppendMember(text, '~', before, $"{MarkdownText.Name(change.Name)}{after} : {Detail(change.Old)} -> {Detail(change.New)}");
        }
    }

    private static void AppendMember(StringBuilder text, char sign, string before, string member) =>
        text.Append(sign).Append("   ").Append(before).Append(member).Append('\n');

    private static string Detail(string? detail) => detail is null ? string.Empty : MarkdownText.Name(detail);
}

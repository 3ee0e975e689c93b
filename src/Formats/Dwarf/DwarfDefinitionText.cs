using System.Globalization;
using System.Text;

namespace IpswDiff.Formats.Dwarf;

/// <summary>Writes definitions in C. The same definition gives the same text, whatever version of the format it was read from.</summary>
internal static class DwarfDefinitionText
{
    private const string Indentation = "    ";

    internal static string Write(DwarfDefinition definition)
    {
        var text = new StringBuilder();
        if (definition.Kind == DwarfTypeKind.Typedef)
        {
            text.Append("typedef ");
            WriteTarget(text, definition.Target!, 0, 0, "\n");
        }
        else
        {
            WriteBody(text, definition, 0, 0, "\n");
        }

        return text.Append(';').ToString();
    }

    /// <summary>A definition on one line, for one that stands within a declaration.</summary>
    internal static string WriteInline(DwarfDefinition definition)
    {
        var text = new StringBuilder();
        WriteBody(text, definition, 0, 0, " ");
        return text.ToString();
    }

    private static void WriteBody(StringBuilder text, DwarfDefinition definition, long origin, int depth, string lineBreak)
    {
        text.Append(definition.Kind.ToKeyword());
        if (definition.Kind == DwarfTypeKind.Enum && definition.IsScoped)
        {
            text.Append(" class");
        }

        if (definition.Name is not null)
        {
            text.Append(' ').Append(definition.Name);
        }

        if (definition.Kind == DwarfTypeKind.Enum && definition.UnderlyingType is { } underlying)
        {
            text.Append(" : ").Append(underlying);
        }

        text.Append(" {");
        if (definition.ByteSize is { } size)
        {
            text.Append(CultureInfo.InvariantCulture, $" /* 0x{size:x} bytes */");
        }

        text.Append(lineBreak);
        foreach (var enumerator in definition.Enumerators)
        {
            Indent(text, depth + 1, lineBreak);
            text.Append(CultureInfo.InvariantCulture, $"{enumerator.Name} = {enumerator.Value},").Append(lineBreak);
        }

        foreach (var member in definition.Members)
        {
            Indent(text, depth + 1, lineBreak);
            WriteMember(text, member, origin, depth + 1, lineBreak);
            text.Append(';').Append(lineBreak);
        }

        Indent(text, depth, lineBreak);
        text.Append('}');
    }

    private static void WriteMember(StringBuilder text, DwarfMember member, long origin, int depth, string lineBreak)
    {
        if (member.Offset is { } offset)
        {
            text.Append(CultureInfo.InvariantCulture, $"/* 0x{origin + offset:x4}");
            if (member.BitOffset is { } bit)
            {
                text.Append(CultureInfo.InvariantCulture, $" bit {bit}");
            }
        }
        else
        {
            text.Append(member.Role switch
            {
                DwarfMemberRole.StaticField => "/* static",
                DwarfMemberRole.Method when member.VtableIndex is { } index => string.Create(CultureInfo.InvariantCulture, $"/* vtable {index}"),
                DwarfMemberRole.Method => "/* vtable",
                _ => "/* computed",
            });
        }

        if (member.Size is { } size)
        {
            text.Append(CultureInfo.InvariantCulture, $", 0x{size:x}");
        }

        text.Append(" */ ");

        // What a pointer leads to begins at an offset of its own.
        var isInPlace = member.Offset is not null && !member.Declaration.AsSpan().ContainsAny('*', '&', '(');
        WriteTarget(text, member, isInPlace ? origin + member.Offset!.Value : 0, depth, lineBreak);
        if (member.BitSize is { } bits)
        {
            text.Append(CultureInfo.InvariantCulture, $" : {bits}");
        }
    }

    private static void WriteTarget(StringBuilder text, DwarfMember member, long origin, int depth, string lineBreak)
    {
        text.Append(member.Role switch
        {
            DwarfMemberRole.StaticField => "static ",
            DwarfMemberRole.Method => "virtual ",
            DwarfMemberRole.Base => ": ",
            _ => string.Empty,
        });
        if (member.Nested is not { } nested)
        {
            text.Append(member.Declaration);
            return;
        }

        text.Append(member.Type.AsSpan(0, member.Type.Length - nested.Kind.ToKeyword().Length));
        WriteBody(text, nested, origin, depth, lineBreak);
        if (member.Declaration.Length > 0)
        {
            text.Append(' ').Append(member.Declaration);
        }
    }

    private static void Indent(StringBuilder text, int depth, string lineBreak)
    {
        if (lineBreak == "\n")
        {
            for (var i = 0; i < depth; i++)
            {
                text.Append(Indentation);
            }
        }
    }
}

using System.Globalization;
using System.Text;

namespace IpswDiff.Forge.Ar;

/// <summary>How names that do not fit a header are written.</summary>
public enum ArNames
{
    /// <summary>Before the contents, as Apple's tools do it.</summary>
    Bsd,

    /// <summary>In a member of names, as GNU's do it.</summary>
    SystemV,
}

/// <summary>Writes <c>ar</c> archives.</summary>
public sealed class ArWriter(ArNames names = ArNames.Bsd)
{
    private readonly List<(string Name, byte[] Contents, int Mode)> _members = [];

    public ArWriter Add(string name, byte[] contents, int mode = 0b110_100_100)
    {
        _members.Add((name, contents, mode));
        return this;
    }

    /// <summary>A table of symbols in front, which readers pass over.</summary>
    public bool HasSymbolTable { get; init; } = true;

    public byte[] Write()
    {
        var output = new MemoryStream();
        output.Write("!<arch>\n"u8);
        if (HasSymbolTable)
        {
            Member(output, names == ArNames.Bsd ? "__.SYMDEF SORTED" : "/", new byte[20], 0b110_100_100);
        }

        var table = string.Concat(_members.Select(member => member.Name + "/\n"));
        if (names == ArNames.SystemV)
        {
            Member(output, "//", Encoding.UTF8.GetBytes(table), 0);
        }

        foreach (var (name, contents, mode) in _members)
        {
            if (names == ArNames.SystemV)
            {
                Member(output, name.Length < 16 ? name + "/" : "/" + table.IndexOf(name + "/\n", StringComparison.Ordinal), contents, mode);
            }
            else if (name.Length > 16 || name.Contains(' ', StringComparison.Ordinal))
            {
                // Padded so that the contents begin at a multiple of eight.
                var bytes = Encoding.UTF8.GetBytes(name);
                var padded = new byte[bytes.Length + ((8 - ((int)(output.Length + 60 + bytes.Length) % 8)) % 8)];
                bytes.CopyTo(padded, 0);
                Member(output, $"#1/{padded.Length}", [.. padded, .. contents], mode);
            }
            else
            {
                Member(output, name, contents, mode);
            }
        }

        return output.ToArray();
    }

    private static void Member(MemoryStream output, string name, byte[] contents, int mode)
    {
        output.Write(Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{name,-16}{0,-12}{0,-6}{0,-6}{Convert.ToString(0x8000 | mode, 8),-8}{contents.Length,-10}`\n")));
        output.Write(contents);
        if (contents.Length % 2 != 0)
        {
            output.WriteByte((byte)'\n');
        }
    }
}

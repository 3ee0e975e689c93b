namespace IpswDiff.Diffing.Tests.Reports.Facts;

/// <summary>The lines of a page, taken one after another.</summary>
internal sealed class PageLines(string text)
{
    private readonly string[] _lines = text.EndsWith('\n') ? text[..^1].Split('\n') : throw new FormatException("no line feed at the end");
    private int _at;

    public bool IsAtEnd => _at == _lines.Length;

    public string Peek => IsAtEnd ? string.Empty : _lines[_at];

    public string PeekAt(int ahead) => _at + ahead < _lines.Length ? _lines[_at + ahead] : string.Empty;

    public string Next() => IsAtEnd ? throw new FormatException("the page ends early") : _lines[_at++];

    public void Expect(string line)
    {
        if (Next() is var next && next != line)
        {
            throw new FormatException($"'{next}' stands where '{line}' should");
        }
    }

    public bool TryTake(string line)
    {
        if (IsAtEnd || Peek != line)
        {
            return false;
        }

        _at++;
        return true;
    }

    public bool TryTakePrefix(string prefix, out string rest)
    {
        rest = string.Empty;
        if (IsAtEnd || !Peek.StartsWith(prefix, StringComparison.Ordinal))
        {
            return false;
        }

        rest = Next()[prefix.Length..];
        return true;
    }

    public void SkipEmpty()
    {
        while (!IsAtEnd && Peek.Length == 0)
        {
            _at++;
        }
    }

    /// <summary>The rows of a table whose head begins the page from here.</summary>
    public IReadOnlyList<string[]> Table(out string[] head)
    {
        head = Cells(Next());
        Next();
        var rows = new List<string[]>();
        while (!IsAtEnd && Peek.StartsWith('|'))
        {
            rows.Add(Cells(Next()));
        }

        return rows;
    }

    /// <summary>A fenced block.</summary>
    public (string Language, IReadOnlyList<string> Lines) Fence()
    {
        var open = Next();
        var fence = new string('`', open.TakeWhile(c => c == '`').Count());
        var lines = new List<string>();
        while (!TryTake(fence))
        {
            lines.Add(Next());
        }

        return fence.Length >= 3 ? (open[fence.Length..], lines) : throw new FormatException("no fence: " + open);
    }

    private static string[] Cells(string row) => row is ['|', ' ', .. var inner, ' ', '|'] ? inner.Split(" | ") : throw new FormatException("no row: " + row);
}

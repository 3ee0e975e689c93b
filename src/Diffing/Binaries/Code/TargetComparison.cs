using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// Whether two functions of the same instructions refer to the same: call the same functions and imports, use the
/// same selectors,
/// classes, strings, numbers and globals. What lies where says nothing; functions are the same that were found to
/// be, or that bear one
/// name, or whose code does the same under another name. What cannot be told from anything else is no difference.
/// For one thread.
/// </summary>
internal sealed class TargetComparison : IDisposable
{
    // How deep code under another name is followed to see whether it is the same.
    private const int Deepest = 3;
    private const int MostPerFunction = 32;

    private readonly FunctionTable _old;
    private readonly FunctionTable _new;
    private readonly int[] _newOf;
    private readonly int[] _oldOf;
    private readonly ImageTargets _oldTargets;
    private readonly ImageTargets _newTargets;
    private readonly SectionPairs _sections;
    private readonly TableComparison _tables;
    private readonly Dictionary<(int Old, int New), bool> _folded = [];
    private readonly (List<CodeReference> Old, List<CodeReference> New)[] _references;

    public TargetComparison(FunctionTable old, FunctionTable @new, int[] newOf, int[] oldOf)
    {
        (_old, _new, _newOf, _oldOf) = (old, @new, newOf, oldOf);
        _oldTargets = new ImageTargets(old.Image, old);
        _newTargets = new ImageTargets(@new.Image, @new);
        _sections = new SectionPairs(old.Image, _oldTargets, @new.Image, _newTargets);
        _tables = new TableComparison(this, new TableReaders(old, _oldTargets), new TableReaders(@new, _newTargets));
        _references = new (List<CodeReference> Old, List<CodeReference> New)[Deepest + 1];
        for (var i = 0; i <= Deepest; i++)
        {
            _references[i] = ([], []);
        }
    }

    /// <summary>Whether two functions of equal fingerprints refer to the same, one place after another.</summary>
    /// <exception cref="FirmwareFormatException">An image is damaged.</exception>
    public bool HaveSameTargets(int i, int j) => HaveSameTargets(i, j, 0);

    /// <summary>
    /// What two functions of equal fingerprints refer to differently, once each, in the order of the code.
    /// </summary>
    /// <exception cref="FirmwareFormatException">An image is damaged.</exception>
    public IReadOnlyList<TargetPair> Describe(int i, int j)
    {
        var found = new List<TargetPair>();
        Compare(i, j, 0, found);
        return found;
    }

    /// <summary>Whether two places are the same, seen from two functions that correspond.</summary>
    /// <exception cref="FirmwareFormatException">An image is damaged.</exception>
    public bool IsSame(ulong x, ulong y, int i, int j, int depth, int width = 0)
    {
        var (isInside, isOtherInside) = (_old.Contains(i, x), _new.Contains(j, y));
        if (isInside || isOtherInside)
        {
            return isInside && isOtherInside && x - _old.Functions.Starts[i] == y - _new.Functions.Starts[j];
        }

        return IsSameOutside(x, y, i, j, depth, width);
    }

    private bool IsSameOutside(ulong x, ulong y, int i, int j, int depth, int width)
    {
        var (called, otherCalled) = (_old.IndexOf(x), _new.IndexOf(y));
        if (called >= 0 && otherCalled >= 0)
        {
            return IsSameFunction(called, otherCalled, depth);
        }

        if (_oldTargets.FindSection(x) is not { } section || _newTargets.FindSection(y) is not { } partner
            || (x - section.Address == y - partner.Address && _sections.AreSame(section, partner)))
        {
            return true;
        }

        var (left, right) = (_oldTargets.Find(x), _newTargets.Find(y));
        if (left.Kind == TargetKind.Function || right.Kind == TargetKind.Function)
        {
            var identity = left.Kind == TargetKind.Function ? right.Identity : left.Identity;
            var (table, function) = left.Kind == TargetKind.Function ? (_old, left.Function) : (_new, right.Function);
            return identity == 0 || table.Keys.Names[function] == 0 || table.HasName(function, identity);
        }

        if (left.Kind == TargetKind.Table && right.Kind == TargetKind.Table)
        {
            return width != 0 ? _tables.AreSameNumbers(x, y, width, i, j, depth) : _tables.AreSame(x, y, i, j, depth);
        }

        if (left.Identity == 0 || right.Identity == 0 || left.Identity == right.Identity)
        {
            return true;
        }

        return !IsRenamed(left, right);
    }

    public void Dispose()
    {
        _oldTargets.Dispose();
        _newTargets.Dispose();
    }

    private bool IsRenamed(CodeTarget left, CodeTarget right)
    {
        if (left.Kind is not (TargetKind.Global or TargetKind.Table)
            || right.Kind is not (TargetKind.Global or TargetKind.Table))
        {
            return true;
        }

        // Data of another name is other data where one of both names is known on both sides; else it may have been
        // renamed.
        return _newTargets.Symbols.Has(left.Identity) || _oldTargets.Symbols.Has(right.Identity);
    }

    private bool IsSameFunction(int i, int j, int depth)
    {
        if (_newOf[i] == j || _oldOf[j] == i || _old.HaveOneName(i, _new, j))
        {
            return true;
        }

        if (_old.Keys.Fingerprints[i] == _new.Keys.Fingerprints[j] && _old.Keys.Sizes[i] == _new.Keys.Sizes[j]
            && DoTheSame(i, j, depth))
        {
            return true;
        }

        // A function that is gone and one that came may be one that was rewritten; without names nobody can tell.
        var (isGone, isNew) = (_newOf[i] < 0, _oldOf[j] < 0);
        var areNamed = _old.Keys.Names[i] != 0 && _new.Keys.Names[j] != 0;
        return isGone && isNew && !areNamed;
    }

    /// <summary>
    /// Whether two functions, whatever their names, have the same instructions and refer to the same.
    /// </summary>
    private bool DoTheSame(int i, int j, int depth)
    {
        if (_folded.TryGetValue((i, j), out var known))
        {
            return known;
        }

        // Functions that call each other are the same as far as nothing says otherwise.
        _folded[(i, j)] = true;
        var isSame = depth >= Deepest || HaveSameTargets(i, j, depth + 1);
        _folded[(i, j)] = isSame;
        return isSame;
    }

    private bool HaveSameTargets(int i, int j, int depth)
    {
        if (!_old.References.Has(i) || !_new.References.Has(j))
        {
            return Compare(i, j, depth, null);
        }

        var old = _old.References.Targets(i);
        var @new = _new.References.Targets(j);
        if (old.Length != @new.Length)
        {
            return true;
        }

        var oldUses = _old.References.Uses(i);
        var newUses = _new.References.Uses(j);
        var (start, size) = (_old.Functions.Starts[i], (ulong)_old.Functions.Sizes[i]);
        var (newStart, newSize) = (_new.Functions.Starts[j], (ulong)_new.Functions.Sizes[j]);
        for (var k = 0; k < old.Length; k++)
        {
            var (x, y) = (old[k], @new[k]);
            if (x == PageLabels.Unknown || y == PageLabels.Unknown)
            {
                continue;
            }

            var (within, newWithin) = (x - start, y - newStart);
            if (within < size || newWithin < newSize)
            {
                if (within != newWithin)
                {
                    return false;
                }
            }
            else if (!IsSameOutside(x, y, i, j, depth, oldUses[k] == newUses[k] ? ReferenceStore.WidthOf(oldUses[k])
                : 0))
            {
                return false;
            }
        }

        return true;
    }

    private bool Compare(int i, int j, int depth, List<TargetPair>? found)
    {
        var (old, @new) = _references[depth];
        _old.ReadReferences(i, old);
        _new.ReadReferences(j, @new);
        if (old.Count != @new.Count)
        {
            return true;
        }

        var isSame = true;
        for (var k = 0; k < old.Count; k++)
        {
            var (x, y) = (old[k], @new[k]);
            if (x.Target == PageLabels.Unknown || y.Target == PageLabels.Unknown
                || IsSame(x.Target, y.Target, i, j, depth, WidthOf(x, y)))
            {
                continue;
            }

            isSame = false;
            if (found is null)
            {
                return false;
            }

            var pair = PairOf(x, y, i, j);
            if (found.Count < MostPerFunction && !found.Contains(pair))
            {
                found.Add(pair);
            }
        }

        return isSame;
    }

    // What is loaded as a number of a width is that number, whoever else reads it.
    private static int WidthOf(CodeReference x, CodeReference y) =>
        x.Form == ReferenceForm.Load && y.Form == ReferenceForm.Load && x.Width == y.Width ? x.Width : 0;

    private TargetPair PairOf(CodeReference x, CodeReference y, int i, int j)
    {
        // A pointer that is loaded stands for what it leads to.
        var width = WidthOf(x, y);
        if (width == 8 && _tables.ReadPlaces(x.Target, y.Target) is var (left, right))
        {
            return new TargetPair(TargetWords.Of(_newTargets.Find(right).Kind), left, right, 0);
        }

        return new TargetPair(KindOf(x, y, i, j), x.Target, y.Target, width);
    }

    private string KindOf(CodeReference x, CodeReference y, int i, int j)
    {
        if (_old.Contains(i, x.Target) || _new.Contains(j, y.Target))
        {
            return TargetWords.Code;
        }

        var (left, right) = (_oldTargets.Find(x.Target), _newTargets.Find(y.Target));
        return right.Kind != TargetKind.Table || left.Kind != TargetKind.Table
            ? TargetWords.Of(right.Kind == TargetKind.Unknown ? left.Kind : right.Kind)
            : WidthOf(x, y) != 0 ? TargetWords.Of(TargetKind.Literal)
            : _new.JumpsBehind(j, y.Offset) ? TargetWords.JumpTable : TargetWords.Table;
    }

    /// <summary>The texts of what functions refer to differently, in the order of <paramref name="pairs"/>.</summary>
    /// <exception cref="FirmwareFormatException">An image is damaged.</exception>
    public Results.TargetChange[] GetText(IReadOnlyList<TargetPair> pairs)
    {
        var old = TargetTexts.Of(_old, _oldTargets, pairs.Select(static pair => pair.Old).ToHashSet());
        var @new = TargetTexts.Of(_new, _newTargets, pairs.Select(static pair => pair.New).ToHashSet());
        return [.. pairs.Select(pair => pair.Kind is TargetWords.Table or TargetWords.JumpTable
            ? _tables.Describe(pair, old[pair.Old], @new[pair.New])
            : pair.Kind == TargetWords.Of(TargetKind.Literal)
            ? new Results.TargetChange(pair.Kind, TargetTexts.Number(_oldTargets, pair.Old, pair.Width),
                TargetTexts.Number(_newTargets, pair.New, pair.Width))
            : new Results.TargetChange(pair.Kind, old[pair.Old], @new[pair.New]))];
    }
}

/// <summary>Two places that two functions refer to in the same way.</summary>
/// <param name="Kind">A word of <see cref="TargetWords"/>.</param>
/// <param name="Old">Address on the old side.</param>
/// <param name="New">Address on the new side.</param>
/// <param name="Width">Bytes of the number that is loaded from there; 0 where it is none.</param>
internal readonly record struct TargetPair(string Kind, ulong Old, ulong New, int Width);

/// <summary>The words that reports have for what code refers to.</summary>
internal static class TargetWords
{
    internal const string Code = "code";
    internal const string Table = "table";
    internal const string JumpTable = "jump table";

    internal static string Of(TargetKind kind) => kind switch
    {
        TargetKind.Function => "function",
        TargetKind.Import => "import",
        TargetKind.Selector => "selector",
        TargetKind.Class => "class",
        TargetKind.String => "string",
        TargetKind.Literal => "constant",
        TargetKind.Table => Table,
        _ => "global",
    };
}

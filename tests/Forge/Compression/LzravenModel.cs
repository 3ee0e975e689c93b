namespace IpswDiff.Forge.Compression;

/// <summary>Cumulative frequencies that lean to what they see; two symbols are a bit, which learns otherwise.</summary>
internal sealed class LzravenDistribution
{
    private readonly int _rate;
    private int[] _ends;
    private int[] _saved = [];

    internal LzravenDistribution(int rate, Func<int, int> weight, int symbols)
    {
        _rate = rate;
        _ends = new int[symbols];
        var sum = 0;
        for (var i = 0; i < symbols; i++)
        {
            _ends[i] = sum += weight(i);
        }
    }

    internal void Save() => _saved = [.. _ends];

    internal void Restore() => _ends = [.. _saved];

    internal (int Start, int Width) Take(int symbol)
    {
        var start = symbol == 0 ? 0 : _ends[symbol - 1];
        var width = _ends[symbol] - start;
        if (_ends.Length == 2)
        {
            _ends[0] += symbol == 0 ? (16384 - _ends[0]) / 32 : -(_ends[0] / 32);
            return (start, width);
        }

        for (var i = 0; i < _ends.Length; i++)
        {
            var aim = (32 * (i + 1)) + (i >= symbol ? 15872 + (1 << _rate) - 1 : 0);
            _ends[i] += (int)Math.Floor((aim - _ends[i]) / (double)(1 << _rate));
        }

        return (start, width);
    }
}

/// <summary>What a coder has learnt: frequencies of every kind of symbol, and the distances used last.</summary>
internal sealed class LzravenModel
{
    private readonly List<LzravenDistribution> _all = [];
    private int[] _savedRecent = [];
    private (int State, int Size) _saved;

    internal LzravenModel()
    {
        Commands = [.. Enumerable.Range(0, 14).Select(state => Make(6, i => (state < 9 ? i is 0 or 7 or 8 : i < 3) ? 17 * 256 : 256))];
        Matches = Table(14, 4, () => Make(5, _ => 8192, 2));
        LiteralHigh = Table(4, 4, () => Even(7));
        LiteralLow = Cube(4, 4, 7);
        MatchedHigh = Cube(3, 4, 6);
        MatchedLow = Table(3, 16, () => Even(6));
        ShortLength = Row(4);
        LongLength = Row(4);
        LongExtra = Row(6);
        NewLength = Table(7, 4, () => Even(6));
        NewExtra = Row(6);
        Distance = Table(7, 2, () => Even(7));
    }

    internal LzravenDistribution[] Commands { get; }

    internal LzravenDistribution[,] Matches { get; }

    internal LzravenDistribution[,] LiteralHigh { get; }

    internal LzravenDistribution[,,] LiteralLow { get; }

    internal LzravenDistribution[,,] MatchedHigh { get; }

    internal LzravenDistribution[,] MatchedLow { get; }

    internal LzravenDistribution[] ShortLength { get; }

    internal LzravenDistribution[] LongLength { get; }

    internal LzravenDistribution[] LongExtra { get; }

    internal LzravenDistribution[,] NewLength { get; }

    internal LzravenDistribution[] NewExtra { get; }

    internal LzravenDistribution[,] Distance { get; }

    internal int[] Recent { get; } = [1, 1, 1, 1];

    internal int State { get; set; }

    internal int Size { get; set; }

    internal void Save()
    {
        _all.ForEach(distribution => distribution.Save());
        _savedRecent = [.. Recent];
        _saved = (State, Size);
    }

    internal void Restore()
    {
        _all.ForEach(distribution => distribution.Restore());
        _savedRecent.CopyTo(Recent, 0);
        (State, Size) = _saved;
    }

    internal void Move(int index, int distance)
    {
        for (var i = index; i > 0; i--)
        {
            Recent[i] = Recent[i - 1];
        }

        Recent[0] = distance;
    }

    private LzravenDistribution Make(int rate, Func<int, int> weight, int symbols = 16)
    {
        _all.Add(new LzravenDistribution(rate, weight, symbols));
        return _all[^1];
    }

    private LzravenDistribution Even(int rate) => Make(rate, _ => 1024);

    private LzravenDistribution[] Row(int count) => [.. Enumerable.Range(0, count).Select(_ => Even(6))];

    private static LzravenDistribution[,] Table(int rows, int columns, Func<LzravenDistribution> make)
    {
        var table = new LzravenDistribution[rows, columns];
        for (var i = 0; i < rows * columns; i++)
        {
            table[i / columns, i % columns] = make();
        }

        return table;
    }

    private LzravenDistribution[,,] Cube(int planes, int rows, int rate)
    {
        var cube = new LzravenDistribution[planes, rows, 16];
        for (var i = 0; i < cube.Length; i++)
        {
            cube[i / (rows * 16), i / 16 % rows, i % 16] = Even(rate);
        }

        return cube;
    }
}

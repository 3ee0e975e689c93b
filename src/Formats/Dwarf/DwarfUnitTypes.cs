namespace IpswDiff.Formats.Dwarf;

/// <summary>The types of one unit, as they stand in it. For one thread.</summary>
internal sealed class DwarfUnitTypes
{
    private const int RunBits = 6;

    private DwarfNode[] _nodes = [];
    private UInt128[] _hashes = [];

    // The first node that begins in each run of 64 bytes, or behind it.
    private int[] _runs = [];
    private int _runCount;

    /// <summary>The unit that was read last.</summary>
    internal DwarfUnit Unit { get; private set; } = null!;

    internal int Count { get; private set; }

    internal ReadOnlySpan<DwarfNode> Nodes => _nodes.AsSpan(0, Count);

    /// <summary>Bytes of memory held.</summary>
    internal long Bytes => ((long)_nodes.Length * 64) + ((long)_hashes.Length * 16) + ((long)_runs.Length * sizeof(int));

    internal ref readonly DwarfNode this[int node] => ref _nodes[node];

    /// <summary>The hash of a type as others refer to it; zero while it is not known.</summary>
    internal ref UInt128 ReferenceHash(int node) => ref _hashes[node];

    internal void Begin(DwarfUnit unit)
    {
        Unit = unit;
        Count = 0;
    }

    internal ref DwarfNode Add()
    {
        if (Count == _nodes.Length)
        {
            if (Count == DwarfFormat.MaxUnitNodes)
            {
                throw DwarfFormat.Fault(Unit.Offset, $"a unit has more than {DwarfFormat.MaxUnitNodes} entries that belong to types");
            }

            Array.Resize(ref _nodes, Math.Max(1024, Count * 2));
        }

        ref var node = ref _nodes[Count++];
        node = new DwarfNode { BitSize = -1, ByteSize = -1, BitOffset = -1, Value = -1 };
        return ref node;
    }

    internal ref DwarfNode Edit(int node) => ref _nodes[node];

    /// <summary>Ends reading: references within the unit become those to nodes.</summary>
    internal void Complete()
    {
        IndexRuns();
        var within = Unit.IsInTypes ? DwarfNodeFlags.RefersToTypes : DwarfNodeFlags.RefersToInfo;
        for (var i = 0; i < Count; i++)
        {
            ref var node = ref _nodes[i];
            if (node.Has(within) && node.Reference >= Unit.Offset && node.Reference < Unit.End && Find(node.Reference) is >= 0 and var target)
            {
                node.Flags = (node.Flags & ~DwarfNodeFlags.Refers) | DwarfNodeFlags.RefersToNode;
                node.Reference = target;
            }
        }

        if (_hashes.Length < Count)
        {
            _hashes = new UInt128[_nodes.Length];
        }
        else
        {
            _hashes.AsSpan(0, Count).Clear();
        }
    }

    /// <summary>Gives back what was taken in advance, for a unit that is kept.</summary>
    internal void Trim()
    {
        Array.Resize(ref _nodes, Count);
        Array.Resize(ref _hashes, Count);
        Array.Resize(ref _runs, _runCount);
    }

    /// <summary>The node that begins at <paramref name="offset"/> of the unit's section, or -1.</summary>
    internal int Find(long offset)
    {
        var wanted = offset - Unit.Offset;
        if (wanted < 0 || wanted >= Unit.End - Unit.Offset)
        {
            return -1;
        }

        for (var node = _runs[(int)(wanted >> RunBits)]; node < Count && _nodes[node].Offset <= wanted; node++)
        {
            if (_nodes[node].Offset == wanted)
            {
                return node;
            }
        }

        return -1;
    }

    private void IndexRuns()
    {
        _runCount = (int)((Unit.End - Unit.Offset) >> RunBits) + 1;
        if (_runs.Length < _runCount)
        {
            _runs = new int[_runCount];
        }

        var node = 0;
        for (var run = 0; run < _runCount; run++)
        {
            while (node < Count && _nodes[node].Offset >> RunBits < run)
            {
                node++;
            }

            _runs[run] = node;
        }
    }
}

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// What registers hold at the places that branches of a function lead to, further on in it: at each label what all
/// branches to it agree
/// on. Of a function longer than a megabyte only the first has labels. For one thread and one function at a time:
/// <see cref="Begin"/>
/// goes before each.
/// </summary>
internal sealed class PageLabels
{
    /// <summary>A page that is not known.</summary>
    internal const ulong Unknown = ulong.MaxValue;

    private const int Most = 1 << 18;
    private const int First = 1 << 10;
    private const int Registers = 32;

    private readonly int _most;
    private readonly List<ulong[]> _free = [];
    private readonly Dictionary<int, ulong[]> _pages = [];
    private readonly ulong[] _atJump = new ulong[Registers];

    // By instruction: a label is there where the stamp is that of the function at hand, so that nothing need be
    // cleared.
    private int[] _stamps;
    private ulong[] _states;
    private int _stamp = 1;

    public PageLabels()
        : this(Most)
    {
    }

    private PageLabels(int most)
    {
        _most = most;
        _stamps = new int[Math.Min(most, First)];
        _states = new ulong[_stamps.Length];
    }

    /// <summary>For instructions that stand alone: it takes no label.</summary>
    internal static PageLabels None { get; } = new(0);

    /// <summary>The pages that registers hold now, where a sink wants references.</summary>
    internal ulong[] Pages { get; } = new ulong[Registers];

    /// <summary>Forgets the function before.</summary>
    /// <param name="size">Bytes of the next one.</param>
    internal void Begin(ulong size)
    {
        var count = (int)Math.Min((size / 4) + 1, (ulong)_most);
        if (_stamps.Length < count)
        {
            var length = (int)Math.Min(System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count), (uint)_most);
            (_stamps, _states, _stamp) = (new int[length], new ulong[length], 0);
        }
        else if (_stamp == int.MaxValue)
        {
            Array.Clear(_stamps);
            _stamp = 0;
        }

        _stamp++;
        if (_pages.Count > 0)
        {
            _free.AddRange(_pages.Values);
            _pages.Clear();
        }
    }

    /// <summary>Whether a branch leads to an instruction.</summary>
    internal bool Has(ulong offset) => offset / 4 < (ulong)_stamps.Length && _stamps[offset / 4] == _stamp;

    /// <summary>A branch to <paramref name="offset"/>.</summary>
    /// <param name="offset">Where it leads.</param>
    /// <param name="state">Registers that hold pages (the lower half) and those that hold nothing of meaning.</param>
    /// <param name="withPages">Whether <see cref="Pages"/> count.</param>
    internal void Add(ulong offset, ulong state, bool withPages)
    {
        if (offset / 4 >= (ulong)_stamps.Length)
        {
            return;
        }

        var index = (int)(offset / 4);
        var isNew = _stamps[index] != _stamp;
        if (withPages && (uint)state != 0)
        {
            MergePages(index, isNew ? 0 : (uint)_states[index], (uint)state);
        }

        _stamps[index] = _stamp;
        _states[index] = isNew ? state : Merge(_states[index], state);
    }

    /// <summary>What registers hold at the label at <paramref name="offset"/>.</summary>
    internal ulong StateAt(ulong offset) => _states[offset / 4];

    /// <summary>Takes <see cref="Pages"/> of some registers from a label.</summary>
    internal void Restore(ulong offset, uint registers)
    {
        if (_pages.TryGetValue((int)(offset / 4), out var pages))
        {
            for (var i = 0; i < Registers; i++)
            {
                if (((registers >> i) & 1) != 0)
                {
                    Pages[i] = pages[i];
                }
            }
        }
    }

    /// <summary>Keeps <see cref="Pages"/> for the places that a jump by register may lead to.</summary>
    internal void KeepAtJump() => Pages.CopyTo(_atJump, 0);

    /// <summary>Takes <see cref="Pages"/> back from the last jump by register.</summary>
    internal void RestoreAtJump() => _atJump.CopyTo(Pages, 0);

    private static ulong Merge(ulong one, ulong other)
    {
        var (pages, others) = ((uint)one, (uint)other);
        var (undefined, otherUndefined) = ((uint)(one >> 32), (uint)(other >> 32));
        return (pages & others) | (pages & otherUndefined) | (undefined & others) | ((ulong)(undefined & otherUndefined) << 32);
    }

    private void MergePages(int index, uint known, uint added)
    {
        if (!_pages.TryGetValue(index, out var pages))
        {
            pages = _free.Count > 0 ? _free[^1] : new ulong[Registers];
            if (_free.Count > 0)
            {
                _free.RemoveAt(_free.Count - 1);
            }

            _pages.Add(index, pages);
        }

        for (var i = 0; i < Registers; i++)
        {
            if (((added >> i) & 1) != 0)
            {
                pages[i] = ((known >> i) & 1) != 0 && pages[i] != Pages[i] ? Unknown : Pages[i];
            }
        }
    }
}

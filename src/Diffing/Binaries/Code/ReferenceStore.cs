using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// What the functions of an image refer to, kept from the reading that made their fingerprints, for as many
/// functions as fit. In arrays
/// of the pool, to be disposed. For one thread.
/// </summary>
/// <param name="functions">How many functions there are.</param>
internal sealed class ReferenceStore(int functions) : IDisposable
{
    private const int Most = 1 << 21;

    private ulong[] _targets = BoundedArrayPool<ulong>.Shared.Rent(Math.Min(functions, Most));
    private byte[] _uses = BoundedArrayPool<byte>.Shared.Rent(Math.Min(functions, Most));
    private int[] _ends = BoundedArrayPool<int>.Shared.Rent(functions);
    private int _count;
    private int _known;

    /// <summary>Adds a reference of the function at hand.</summary>
    public void Add(in CodeReference reference)
    {
        if (_count == Most)
        {
            return;
        }

        if (_count == _targets.Length)
        {
            BoundedArrayPool<ulong>.Shared.Grow(ref _targets);
        }

        if (_count == _uses.Length)
        {
            BoundedArrayPool<byte>.Shared.Grow(ref _uses);
        }

        _targets[_count] = reference.Target;
        _uses[_count++] = (byte)((int)reference.Form | (System.Numerics.BitOperations.Log2((uint)reference.Width * 2) << 2));
    }

    /// <summary>Ends the function at hand; functions come in order.</summary>
    public void End(int function)
    {
        if (_count < Most && _known == function)
        {
            _ends[_known++] = _count;
        }
    }

    /// <summary>Whether what a function refers to is kept.</summary>
    public bool Has(int function) => function < _known;

    /// <summary>The addresses that a function refers to, in the order of its code.</summary>
    public ReadOnlySpan<ulong> Targets(int function) => _targets.AsSpan(Start(function).._ends[function]);

    /// <summary>How it does: comparable one by one, see <see cref="WidthOf"/>.</summary>
    public ReadOnlySpan<byte> Uses(int function) => _uses.AsSpan(Start(function).._ends[function]);

    /// <summary>Bytes of the number that is loaded, if one is; else 0.</summary>
    public static int WidthOf(byte use) => (use & 3) == (int)ReferenceForm.Load ? (1 << (use >> 2)) / 2 : 0;

    public void Dispose()
    {
        BoundedArrayPool<ulong>.Shared.Return(_targets);
        BoundedArrayPool<byte>.Shared.Return(_uses);
        BoundedArrayPool<int>.Shared.Return(_ends);
        (_targets, _uses, _ends, _count, _known) = ([], [], [], 0, 0);
    }

    private int Start(int function) => function == 0 ? 0 : _ends[function - 1];
}

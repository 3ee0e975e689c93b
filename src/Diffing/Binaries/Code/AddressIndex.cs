namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// Finds the function that begins last before an address, in a step or two: calls ask for millions. Immutable.
/// </summary>
internal sealed class AddressIndex
{
    private const int Shift = 7;
    private const int SlotsPerFunction = 16;

    private readonly FunctionFingerprints _functions;

    // By address, in steps: the last function that begins at or before the step. Empty where functions lie too far
    // apart.
    private readonly int[] _slots = [];
    private readonly ulong _first;

    public AddressIndex(FunctionFingerprints functions)
    {
        _functions = functions;
        if (functions.Count == 0)
        {
            return;
        }

        var starts = functions.Starts;
        _first = starts[0];
        var count = ((starts[^1] - _first) >> Shift) + 1;
        if (count > ((ulong)functions.Count * SlotsPerFunction) + 1024)
        {
            return;
        }

        _slots = new int[count];
        var function = 0;
        for (var i = 0; i < _slots.Length; i++)
        {
            while (function + 1 < starts.Length && starts[function + 1] - _first <= (ulong)i << Shift)
            {
                function++;
            }

            _slots[i] = function;
        }
    }

    /// <summary>The last function that begins at or before an address; -1 for none.</summary>
    public int LastBefore(ulong address)
    {
        var starts = _functions.Starts;
        if (_slots.Length == 0)
        {
            var index = starts.BinarySearch(address);
            return index < 0 ? ~index - 1 : index;
        }

        if (address < _first)
        {
            return -1;
        }

        var slot = (address - _first) >> Shift;
        var function = slot < (ulong)_slots.Length ? _slots[slot] : _slots[^1];
        while (function + 1 < starts.Length && starts[function + 1] <= address)
        {
            function++;
        }

        return function;
    }
}

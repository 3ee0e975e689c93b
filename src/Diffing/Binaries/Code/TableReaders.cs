using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// Which function reads which constant data of an image, and how far the data reach that begin at an address: to the
/// next place that
/// code refers to, that has a name, or that ends the section. Found by one reading of all code when first asked for.
/// For one thread.
/// </summary>
internal sealed class TableReaders(FunctionTable functions, ImageTargets targets)
{
    private const int Many = -1;
    private const int Most = 1 << 22;

    private Dictionary<ulong, int>? _readers;
    private ulong[] _places = [];

    /// <summary>What lies where code of the image refers to.</summary>
    public ImageTargets Targets { get; } = targets;

    /// <summary>The functions.</summary>
    public FunctionTable Functions { get; } = functions;

    /// <summary>Whether a function alone refers to the data at an address.</summary>
    /// <exception cref="FirmwareFormatException">The image is damaged.</exception>
    public bool IsAlone(ulong address, int function)
    {
        Find();
        return _readers!.TryGetValue(address, out var reader) && reader == function;
    }

    /// <summary>The one function that refers to the data at an address, or -1.</summary>
    /// <exception cref="FirmwareFormatException">The image is damaged.</exception>
    public int ReaderOf(ulong address)
    {
        Find();
        return _readers!.GetValueOrDefault(address, Many);
    }

    /// <summary>How many bytes the data at an address have at most.</summary>
    /// <exception cref="FirmwareFormatException">The image is damaged.</exception>
    public ulong Length(ulong address)
    {
        Find();
        if (Targets.FindSection(address) is not { } section)
        {
            return 0;
        }

        var at = _places.AsSpan().BinarySearch(address + 1);
        at = at < 0 ? ~at : at;
        var end = section.Address + (ulong)section.Size;
        end = at < _places.Length ? Math.Min(end, _places[at]) : end;
        return Math.Min(end, Targets.Symbols.Next(address)) - address;
    }

    private void Find()
    {
        if (_readers is not null)
        {
            return;
        }

        _readers = [];
        var references = new List<CodeReference>();
        for (var i = 0; i < Functions.Count && _readers.Count < Most; i++)
        {
            Functions.ReadReferences(i, references);
            foreach (var reference in references)
            {
                if (reference.Form != ReferenceForm.Branch && Targets.IsConstant(reference.Target))
                {
                    _readers[reference.Target] = _readers.TryGetValue(reference.Target, out var reader)
                        && reader != i ? Many : i;
                }
            }
        }

        _places = [.. _readers.Keys];
        Array.Sort(_places);
    }
}

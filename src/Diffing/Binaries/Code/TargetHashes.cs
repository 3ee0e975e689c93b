using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// What functions refer to as one number each, the same in two images for the same imports, strings, selectors and
/// names, and for
/// functions of the same code. For one thread.
/// </summary>
internal sealed class TargetHashes(FunctionTable old, FunctionTable @new) : IDisposable
{
    private readonly ImageTargets _old = new(old.Image, old);
    private readonly ImageTargets _new = new(@new.Image, @new);
    private readonly List<CodeReference> _references = [];

    /// <summary>Of a function of the old image.</summary>
    /// <exception cref="FirmwareFormatException">The image is damaged.</exception>
    public ulong OfOld(int function) => Hash(old, _old, function);

    /// <summary>Of a function of the new image.</summary>
    /// <exception cref="FirmwareFormatException">The image is damaged.</exception>
    public ulong OfNew(int function) => Hash(@new, _new, function);

    public void Dispose()
    {
        _old.Dispose();
        _new.Dispose();
    }

    private ulong Hash(FunctionTable functions, ImageTargets targets, int function)
    {
        var hash = 0UL;
        if (functions.References.Has(function))
        {
            foreach (var address in functions.References.Targets(function))
            {
                hash = Add(hash, address);
            }

            return hash;
        }

        functions.ReadReferences(function, _references);
        foreach (var reference in _references)
        {
            hash = Add(hash, reference.Target);
        }

        return hash;

        ulong Add(ulong sum, ulong address)
        {
            var target = functions.Contains(function, address) ? default : targets.Find(address);
            var identity = target.Kind == TargetKind.Function ? functions.Functions.Values[target.Function]
                : target.Identity;
            return unchecked(((sum ^ identity) * 0x9E3779B97F4A7C15) + 1);
        }
    }
}

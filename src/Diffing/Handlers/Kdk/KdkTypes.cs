using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Dwarf;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Handlers.Kdk;

/// <summary>A type that is not defined alike in two kernels.</summary>
/// <param name="Kind">What kind of type.</param>
/// <param name="Name">Its name.</param>
/// <param name="Old">Its definitions before; none where it is new.</param>
/// <param name="New">Its definitions now; none where it is gone.</param>
internal sealed record KdkChange(DwarfTypeKind Kind, string Name, IReadOnlyList<DwarfType> Old, IReadOnlyList<DwarfType> New);

/// <summary>The types of one kernel in two kits, opened for as long as their definitions are wanted.</summary>
internal sealed class KdkTypes : IDisposable
{
    private readonly FileByteSource _oldSource;
    private readonly FileByteSource _newSource;

    private KdkTypes(FileByteSource oldSource, FileByteSource newSource, DwarfTypes old, DwarfTypes @new)
    {
        _oldSource = oldSource;
        _newSource = newSource;
        Old = old;
        New = @new;
    }

    /// <summary>The types before.</summary>
    public DwarfTypes Old { get; }

    /// <summary>The types now.</summary>
    public DwarfTypes New { get; }

    /// <summary>Goes through both kernels at the same time.</summary>
    /// <param name="old">The kernel compared from.</param>
    /// <param name="new">The kernel compared to.</param>
    /// <param name="cacheBytes">Memory of each for units that others refer to.</param>
    /// <param name="cancellationToken">Ends the work between two units.</param>
    /// <exception cref="FirmwareFormatException">The debugging information of a side is damaged; names the file.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static KdkTypes Open(KdkKernel old, KdkKernel @new, long cacheBytes, CancellationToken cancellationToken)
    {
        var oldSource = new FileByteSource(old.Path);
        FileByteSource? newSource = null;
        try
        {
            newSource = new FileByteSource(@new.Path);
            var arch = Image(newSource, @new.Path, null).Architecture;
            var before = Task.Run(() => Read(oldSource, old.Path, arch, cacheBytes, cancellationToken), CancellationToken.None);
            try
            {
                var after = Read(newSource, @new.Path, arch, cacheBytes, cancellationToken);
                return new KdkTypes(oldSource, newSource, before.GetAwaiter().GetResult(), after);
            }
            catch
            {
                // The file may be closed only when nobody reads it any more; of two faults one is enough.
                before.ContinueWith(static _ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
                throw;
            }
        }
        catch
        {
            oldSource.Dispose();
            newSource?.Dispose();
            throw;
        }
    }

    /// <summary>The types that differ, by kind and name.</summary>
    public IEnumerable<KdkChange> Changes()
    {
        for (var (i, j) = (0, 0); i < Old.All.Count || j < New.All.Count;)
        {
            var order = i == Old.All.Count ? 1 : j == New.All.Count ? -1 : Compare(Old.All[i], New.All[j]);
            DwarfType[] before = order <= 0 ? [.. Group(Old.All, ref i)] : [];
            DwarfType[] after = order >= 0 ? [.. Group(New.All, ref j)] : [];
            if (!before.Select(type => type.Hash).SequenceEqual(after.Select(type => type.Hash)))
            {
                var type = before.Length > 0 ? before[0] : after[0];
                yield return new KdkChange(type.Kind, type.Name, before, after);
            }
        }
    }

    /// <summary>Closes the files. Definitions can no longer be read.</summary>
    public void Dispose()
    {
        _oldSource.Dispose();
        _newSource.Dispose();
    }

    private static List<DwarfType> Group(IReadOnlyList<DwarfType> types, ref int at)
    {
        var first = types[at];
        var group = new List<DwarfType>();
        while (at < types.Count && Compare(types[at], first) == 0)
        {
            group.Add(types[at++]);
        }

        return group;
    }

    private static int Compare(DwarfType left, DwarfType right) =>
        left.Kind != right.Kind ? left.Kind.CompareTo(right.Kind) : string.CompareOrdinal(left.Name, right.Name);

    private static DwarfTypes Read(ByteSource source, string path, CpuArchitecture arch, long cacheBytes, CancellationToken cancellationToken)
    {
        try
        {
            return DwarfTypes.Read(DwarfFile.Open(Image(source, path, arch)), cacheBytes, cancellationToken);
        }
        catch (FirmwareFormatException fault) when (fault.File is null)
        {
            throw fault.In(path);
        }
    }

    // Of a fat file the slice of that processor, else of one that took its place or whose place it took, else the first that has types.
    private static MachOImage Image(ByteSource source, string path, CpuArchitecture? arch)
    {
        try
        {
            var images = MachOFile.Open(source).Slices.Where(DwarfSections.AreIn).ToArray();
            return images.FirstOrDefault(image => image.Architecture == arch)
                ?? images.FirstOrDefault(image => arch is { } wanted && (image.Architecture.Succeeds(wanted) || wanted.Succeeds(image.Architecture))) ?? images.FirstOrDefault()
                ?? throw new FirmwareFormatException("DWARF", -1, "no slice has a section __DWARF.__debug_info");
        }
        catch (FirmwareFormatException fault) when (fault.File is null)
        {
            throw fault.In(path);
        }
    }
}

using IpswDiff.Diffing.Options;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Dwarf;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Handlers.Kdk;

/// <summary>A kernel with debugging information.</summary>
/// <param name="Name">Its file name, for example <c>kernel.release.t8132</c>.</param>
/// <param name="Path">The file that has the information: the kernel itself, or the one in the bundle beside it.</param>
/// <param name="Bytes">Bytes of that file.</param>
internal sealed record KdkKernel(string Name, string Path, long Bytes);

/// <summary>A kernel of two kits; at least one side is there.</summary>
/// <param name="Name">What the report calls it.</param>
/// <param name="Old">The kernel compared from.</param>
/// <param name="New">The kernel compared to.</param>
internal sealed record KdkKernelPair(string Name, KdkKernel? Old, KdkKernel? New);

/// <summary>Finds the kernels that <c>--kdk</c> names and matches them.</summary>
internal static class KdkKernels
{
    private const string BundleExtension = ".dSYM";

    // Where Apple's kits hold their kernels.
    private static readonly string KernelFolder = Path.Combine("System", "Library", "Kernels");

    /// <summary>
    /// The kernels of two kits by file name. Where each side has one alone, they are a pair whatever they are called.
    /// </summary>
    /// <exception cref="DiffFailedException">A side has no kernel with debugging information, or the two have none in common.</exception>
    public static IReadOnlyList<KdkKernelPair> Match(string oldPath, string newPath)
    {
        var (old, @new) = (Find(oldPath), Find(newPath));
        if (old.Count == 1 && @new.Count == 1)
        {
            return [new KdkKernelPair(@new[0].Name, old[0], @new[0])];
        }

        var names = old.Concat(@new).Select(kernel => kernel.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        KdkKernelPair[] pairs = [.. names.Select(name => new KdkKernelPair(
            name, old.FirstOrDefault(kernel => kernel.Name == name), @new.FirstOrDefault(kernel => kernel.Name == name)))];
        return pairs.Any(pair => pair is { Old: not null, New: not null })
            ? pairs
            : throw new DiffFailedException(
                $"{newPath}: the kits have no kernel in common ({Names(old)} and {Names(@new)}); name two files to compare them");
    }

    /// <summary>The kernels at a path: a file, a bundle, or a folder of either such as a whole kit.</summary>
    /// <exception cref="DiffFailedException">There are none.</exception>
    public static IReadOnlyList<KdkKernel> Find(string path)
    {
        var kernels = Directory.Exists(path) ? InFolder(path)
            : File.Exists(path) ? OfFile(path) is { } kernel ? [kernel] : []
            : throw new DiffFailedException($"{path}: there is no such file or folder");
        return kernels.Count > 0
            ? kernels
            : throw new DiffFailedException(
                $"{path}: there is no kernel with DWARF; --kdk takes a Kernel Debug Kit, a .dSYM bundle or a Mach-O with debugging information");
    }

    private static IReadOnlyList<KdkKernel> InFolder(string path)
    {
        if (OfBundle(path) is { Count: > 0 } bundled)
        {
            return bundled;
        }

        var kernels = new SortedDictionary<string, KdkKernel>(StringComparer.Ordinal);
        foreach (var folder in new[] { Path.Combine(path, KernelFolder), path }.Where(Directory.Exists))
        {
            foreach (var bundle in Directory.EnumerateDirectories(folder, "*" + BundleExtension))
            {
                foreach (var kernel in OfBundle(bundle))
                {
                    kernels.TryAdd(kernel.Name, kernel);
                }
            }

            foreach (var file in Directory.EnumerateFiles(folder).Where(file => !kernels.ContainsKey(Path.GetFileName(file))))
            {
                if (HasTypes(file))
                {
                    kernels.TryAdd(Path.GetFileName(file), Kernel(Path.GetFileName(file), file));
                }
            }
        }

        return [.. kernels.Values];
    }

    private static IReadOnlyList<KdkKernel> OfBundle(string bundle)
    {
        var folder = Path.Combine(bundle, "Contents", "Resources", "DWARF");
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder).Where(HasTypes).Order(StringComparer.Ordinal).Select(file => Kernel(Path.GetFileName(file), file))]
            : [];
    }

    private static KdkKernel? OfFile(string path)
    {
        using (var source = new FileByteSource(path))
        {
            if (!MachOFile.Matches(Head(source)))
            {
                return null;
            }
        }

        return HasTypes(path) ? Kernel(Path.GetFileName(path), path) : OfBundle(path + BundleExtension) is [var first, ..] ? first : null;
    }

    private static bool HasTypes(string path)
    {
        using var source = new FileByteSource(path);
        try
        {
            return MachOFile.TryOpen(source, out var file) && file.Slices.Any(DwarfSections.AreIn);
        }
        catch (FirmwareFormatException fault)
        {
            // Whoever compares it meets the same fault, and lists it.
            GC.KeepAlive(fault);
            return true;
        }
    }

    private static byte[] Head(FileByteSource source)
    {
        var head = new byte[MachOFile.HeadLength];
        return head[..source.ReadUpTo(0, head)];
    }

    private static KdkKernel Kernel(string name, string path) => new(name, path, new FileInfo(path).Length);

    private static string Names(IReadOnlyList<KdkKernel> kernels) => string.Join(", ", kernels.Select(kernel => kernel.Name));
}

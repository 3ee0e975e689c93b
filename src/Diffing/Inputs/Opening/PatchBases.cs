using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.ImagePatches;

namespace IpswDiff.Diffing.Inputs.Opening;

/// <summary>Applies image patches to the files that they patch, where those are at hand (<c>--base</c>).</summary>
internal static class PatchBases
{
    // A folder of bases holds the images of one firmware.
    private const int MostFiles = 256;

    /// <summary>The patched file. The patch must stay open as long as what is returned.</summary>
    /// <param name="patch">A BXDIFF50 patch.</param>
    /// <param name="name">The patch's file name; of a folder of bases, files of that name are tried first.</param>
    /// <param name="options">Where the base is.</param>
    /// <exception cref="FirmwareFormatException">
    /// The patch is damaged, or its base is not at hand; says which it is.
    /// </exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public static OwnedByteSource Apply(ByteSource patch, string name, InputOptions options)
    {
        var opened = BxdiffPatch.Open(patch, options.Images.Cache);
        if (opened.BaseDigest is null)
        {
            return opened.Apply(null);
        }

        foreach (var candidate in Candidates(options.Base, name))
        {
            using var file = new FileByteSource(candidate);
            if (opened.IsBase(file))
            {
                return opened.Apply(file);
            }
        }

        var wanted = $"{name} patches a file with SHA-1 {opened.BaseDigest}";
        throw new FirmwareFormatException(BxdiffPatch.Format, -1, options.Base is { } place
            ? $"{wanted}, which is not {place} nor in it"
            : $"{wanted}; name that file, or a folder with it, with --base");
    }

    private static IEnumerable<string> Candidates(string? place, string name)
    {
        if (place is null)
        {
            return [];
        }

        return Directory.Exists(place)
            ? Directory.EnumerateFiles(place).OrderBy(file => Path.GetFileName(file) != name).ThenBy(static file => file, StringComparer.Ordinal).Take(MostFiles)
            : [place];
    }
}

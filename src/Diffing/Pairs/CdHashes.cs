using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Pairs;

/// <summary>The cdhashes by which trust caches know the binaries of volumes.</summary>
internal static class CdHashes
{
    /// <summary>
    /// The cdhashes of a pair of files that are not the same on both sides: of every slice and every code directory. Null where there are
    /// none, and where no handler has opened the files as Mach-Os: what is proven identical is not.
    /// </summary>
    public static CdHashLine? Of(FilePair pair)
    {
        if (pair.Old?.OpenedMachO is null && pair.New?.OpenedMachO is null)
        {
            return null;
        }

        var (old, @new) = (HashesOf(pair.Old?.OpenedMachO), HashesOf(pair.New?.OpenedMachO));
        string[] lost = [.. old.Except(@new, StringComparer.Ordinal)];
        string[] gained = [.. @new.Except(old, StringComparer.Ordinal)];
        return lost.Length + gained.Length == 0 ? null : new CdHashLine(new BinaryPlace(pair.Volume, pair.Path), lost, gained);
    }

    private static List<string> HashesOf(MachOFile? file)
    {
        var hashes = new List<string>();
        foreach (var slice in file?.Slices ?? [])
        {
            try
            {
                hashes.AddRange((slice.ReadCodeSignature()?.CodeDirectories ?? []).Select(directory => directory.CdHash));
            }
            catch (FirmwareFormatException)
            {
                // A handler that compares signatures says what is wrong with this one; no system runs it.
            }
        }

        return hashes;
    }
}

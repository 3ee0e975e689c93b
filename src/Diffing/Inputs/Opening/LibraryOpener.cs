using IpswDiff.Formats.Ar;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Inputs.Opening;

/// <summary>
/// Static libraries that were named on their own: each archive is a volume, and its members are the files.
/// </summary>
internal static class LibraryOpener
{
    public static FirmwareInput Open(OpeningContext opening, ByteSource file)
    {
        var volumes = new List<InputVolume>();
        foreach (var slice in StaticLibrary.Open(file).Slices)
        {
            var name = slice.Arch.Length == 0 ? "Archive" : slice.Arch;
            var label = name;
            for (var number = 2; volumes.Exists(volume => volume.Label == label); number++)
            {
                label = $"{name} {number}";
            }

            var members = new ArVolume(slice.Archive, label);
            volumes.Add(new InputVolume(label, opening.Path, null, () => members));
        }

        return new FirmwareInput(opening.Describe(InputKinds.StaticLibrary), opening.Owned) { Volumes = volumes };
    }
}

using IpswDiff.Diffing.Results;
using IpswDiff.Formats.AppleArchive;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Ipsw;
using IpswDiff.Formats.Ota;

namespace IpswDiff.Diffing.Inputs.Opening;

/// <summary>Over-the-air updates, and Apple Archives that are none.</summary>
internal static class UpdateOpener
{
    public static FirmwareInput OpenAppleArchive(OpeningContext opening, ByteSource archive)
    {
        var indexing = Indexing(opening);
        var volume = AppleArchiveVolume.Open(archive, indexing);
        return OtaArchive.TryOpen(volume, out var ota, indexing)
            ? Open(opening, ota)
            : new FirmwareInput(opening.Describe(InputKinds.AppleArchive), opening.Owned)
            {
                Volumes = [new InputVolume("Archive", opening.Path, null, () => volume)],
            };
    }

    public static FirmwareInput? TryOpenZip(OpeningContext opening, ByteSource zip) =>
        OtaArchive.TryOpen(zip, out var archive, Indexing(opening)) ? Open(opening, archive) : null;

    public static FirmwareInput? TryOpenFolder(OpeningContext opening) =>
        OtaArchive.TryOpenFolder(opening.Path, out var archive, Indexing(opening)) ? Open(opening, archive) : null;

    private static AppleArchiveOptions Indexing(OpeningContext opening) => new() { Cache = opening.Options.Images.Cache };

    private static FirmwareInput Open(OpeningContext opening, OtaArchive archive)
    {
        opening.Owned.Add(archive);
        var (path, options, asset) = (opening.Path, opening.Options, archive.Asset);
        if (asset.Refusal is { } refusal)
        {
            throw new FirmwareFormatException("OTA", -1, refusal);
        }

        return new FirmwareInput(new FirmwareInfo(path, InputKinds.Update, asset.Version, asset.Build, asset.Products), opening.Owned)
        {
            Members = ArchiveContents.Members(archive.Firmware, archive.Manifest, archive.ManifestFolder, archive.FindComponent, OpenMember),
            Kernelcaches = ArchiveContents.Kernelcaches(archive.Kernelcaches, OpenMember),
            Volumes =
            [
                .. archive.HasPayload ? [new InputVolume("FileSystem", path, null, archive.OpenPayload)] : Array.Empty<InputVolume>(),
                .. archive.Images.Select(image => image.Refusal is { } why
                    ? new InputVolume(image.Name, path, why)
                    : new InputVolume(image.Name, $"{path}:{image.Member.Name}", null, () => SystemVolume.Open(OpenImage(image), options.Images))),
            ],
        };

        // What the archive opens stays its own.
        OwnedByteSource OpenMember(IpswMember member) => new(archive.OpenMember(member));

        ByteSource OpenImage(OtaImage image) => image.IsApplicable
            ? opening.Owned.Add(PatchBases.Apply(archive.OpenMember(image.Member), Path.GetFileName(image.Member.Name), options)).Source
            : archive.OpenMember(image.Member);
    }
}

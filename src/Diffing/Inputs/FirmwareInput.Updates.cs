using IpswDiff.Diffing.Results;
using IpswDiff.Formats.AppleArchive;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;
using IpswDiff.Formats.Ipsw;
using IpswDiff.Formats.Ota;

namespace IpswDiff.Diffing.Inputs;

/// <content>Over-the-air updates, and Apple Archives that are none.</content>
public sealed partial class FirmwareInput
{
    private const string UpdateKind = "ota";

    // An encrypted archive holds a disk image or an update, and only its decrypted bytes say which.
    private static FirmwareInput OpenEncrypted(string path, ByteSource archive, InputOptions options) => FileFormats.Detect(archive) switch
    {
        FileFormat.AppleArchive or FileFormat.Pbzx => OpenAppleArchive(path, archive, options),
        FileFormat.Zip => OpenArchive(path, archive, options),
        _ => OpenImage(path, archive, options),
    };

    private static FirmwareInput OpenAppleArchive(string path, ByteSource archive, InputOptions options)
    {
        var indexing = Indexing(options);
        var volume = AppleArchiveVolume.Open(archive, indexing);
        return OtaArchive.TryOpen(volume, out var ota, indexing)
            ? FromUpdate(path, ota, options)
            : new FirmwareInput(new FirmwareInfo(path, "aa", null, null, [])) { Volumes = [new InputVolume("Archive", path, null, () => volume)] };
    }

    private static FirmwareInput? TryOpenUpdate(string path, ByteSource zip, InputOptions options) =>
        OtaArchive.TryOpen(zip, out var archive, Indexing(options)) ? FromUpdate(path, archive, options) : null;

    private static FirmwareInput? TryOpenUpdateFolder(string path, InputOptions options) =>
        OtaArchive.TryOpenFolder(path, out var archive, Indexing(options)) ? FromUpdate(path, archive, options) : null;

    private static AppleArchiveOptions Indexing(InputOptions options) => new() { Cache = options.Images.Cache };

    private static FirmwareInput FromUpdate(string path, OtaArchive archive, InputOptions options)
    {
        if (archive.Asset.Refusal is { } refusal)
        {
            archive.Dispose();
            throw new FirmwareFormatException("OTA", -1, refusal);
        }

        var input = new FirmwareInput(new FirmwareInfo(path, UpdateKind, archive.Asset.Version, archive.Asset.Build, archive.Asset.Products))
        {
            Members = MembersOf(archive.Firmware, archive.Manifest, archive.ManifestFolder, archive.FindComponent, Open),
        };
        input._owned.Add(archive);
        input.Kernelcaches = KernelcachesOf(archive.Kernelcaches, Open);
        input.Volumes =
        [
            .. archive.HasPayload ? [new InputVolume("FileSystem", path, null, archive.OpenPayload)] : Array.Empty<InputVolume>(),
            .. archive.Images.Select(image => image.Refusal is { } why
                ? new InputVolume(image.Name, path, why)
                : new InputVolume(image.Name, $"{path}:{image.Member.Name}", null, () => OpenSystemVolume(OpenImage(image), options))),
        ];
        return input;

        // What the archive opens stays its own.
        OwnedByteSource Open(IpswMember member) => new(archive.OpenMember(member));

        ByteSource OpenImage(OtaImage image) => image.IsApplicable
            ? input.Own(PatchBases.Apply(archive.OpenMember(image.Member), Path.GetFileName(image.Member.Name), options)).Source
            : archive.OpenMember(image.Member);
    }
}

using System.Security.Cryptography;
using System.Text;
using IpswDiff.Diffing.Options;
using IpswDiff.Formats.Aea;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;

namespace IpswDiff.Diffing.Inputs.Opening;

/// <summary>
/// Opens whatever can be one side of a comparison: finds out what it is, and asks the opener of its kind.
/// </summary>
public static class InputOpener
{
    /// <summary>Opens a file or folder of this machine.</summary>
    /// <exception cref="DiffFailedException">There is nothing at the path, or nothing that can be compared.</exception>
    /// <exception cref="FirmwareFormatException">The input is damaged; names the file.</exception>
    /// <exception cref="IOException">The storage failed.</exception>
    public static FirmwareInput Open(string path, InputOptions options)
    {
        if (Directory.Exists(path))
        {
            return Opened(path, options, OpenFolder);
        }

        if (!File.Exists(path))
        {
            throw new DiffFailedException($"{path}: there is no such file or folder");
        }

        return Opened(path, options, opening => Open(opening, opening.Owned.Add(new FileByteSource(path))));
    }

    /// <summary>
    /// Opens a firmware that lies elsewhere than in a file of this machine, a blob for one. A shared cache has to be of
    /// one file then.
    /// </summary>
    /// <param name="name">What messages and the report call it.</param>
    /// <param name="source">Its bytes; they stay the caller's and are read until the input is disposed.</param>
    /// <param name="options">What opening may need.</param>
    /// <exception cref="DiffFailedException">It is nothing that can be compared.</exception>
    /// <exception cref="FirmwareFormatException">The input is damaged; names it.</exception>
    /// <exception cref="IOException">The storage failed.</exception>
    public static FirmwareInput Open(string name, ByteSource source, InputOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(source);
        return Opened(name, options, opening => Open(opening, source));
    }

    /// <summary>
    /// As the other, with a source that the input owns from here on and closes with itself, also where opening fails.
    /// </summary>
    /// <exception cref="DiffFailedException">It is nothing that can be compared.</exception>
    /// <exception cref="FirmwareFormatException">The input is damaged; names it.</exception>
    /// <exception cref="IOException">The storage failed.</exception>
    public static FirmwareInput Open(string name, OwnedByteSource source, InputOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(source);
        var input = Opened(name, options, opening => Open(opening, opening.Owned.Add(source).Source));
        input.StoredBytes = source.Source.Length;
        return input;
    }

    /// <summary>Opens a file of any kind but a folder.</summary>
    internal static FirmwareInput Detect(OpeningContext opening, ByteSource file) =>
        FileFormats.Detect(file) switch
        {
            FileFormat.Zip => OpenZip(opening, file),
            FileFormat.Aea => OpenEncrypted(opening, AeaArchive.Open(file, opening.Images.Keys, opening.Images.Cache)),
            FileFormat.AppleArchive or FileFormat.Pbzx => UpdateOpener.OpenAppleArchive(opening, file),
            FileFormat.DiskImage or FileFormat.Apfs or FileFormat.HfsPlus => DiskImageOpener.Open(opening, file),
            FileFormat.MachO => MachOOpener.Open(opening, file),
            FileFormat.StaticLibrary => LibraryOpener.Open(opening, file),
            FileFormat.ImagePatch => PatchOpener.Open(opening, file),
            FileFormat.Im4p or FileFormat.Img4 or FileFormat.Img3 => PayloadOpener.Open(opening, opening.Options.Keys.Unlock(opening.Path, file)),
            FileFormat.SharedCache => CacheOpener.Open(opening, file),
            FileFormat.Unknown => throw new DiffFailedException(
                $"{opening.Path}: the file is no IPSW, OTA, disk image, shared cache, kernelcache, IM4P, Mach-O or static library (nothing known begins like it)"),
            var format => throw new DiffFailedException($"{opening.Path}: {format.InWords()} is neither compared nor listed on its own"),
        };

    // What was opened on the way to a failure is closed here and nowhere else.
    private static FirmwareInput Opened(string path, InputOptions options, Func<OpeningContext, FirmwareInput> open) =>
        Disposal.OrDispose(new OwnedFiles(), owned => open(new OpeningContext(path, options, owned)));

    private static FirmwareInput Open(OpeningContext opening, ByteSource file)
    {
        try
        {
            var input = Detect(opening, file);
            input.Revision = new Lazy<string?>(file.Revision);
            return input;
        }
        catch (FirmwareFormatException fault)
        {
            throw fault.In(opening.Path);
        }
    }

    private static FirmwareInput OpenFolder(OpeningContext opening)
    {
        var input = DetectFolder(opening);
        input.Revision = new Lazy<string?>(() => RevisionOf(opening.Path));
        return input;
    }

    // Of all that is in it, whatever of it is read.
    private static string RevisionOf(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var files = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories)
            .OrderBy(static file => file.FullName, StringComparer.Ordinal);
        foreach (var file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(
                FileByteSource.RevisionOf(file.FullName, file.Length, file.LastWriteTimeUtc) + "\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static FirmwareInput DetectFolder(OpeningContext opening) =>
        (IpswOpener.HasManifest(opening.Path) ? null : CacheOpener.TryOpenFolder(opening))
            ?? UpdateOpener.TryOpenFolder(opening)
            ?? IpswOpener.OpenFolder(opening);

    private static FirmwareInput OpenZip(OpeningContext opening, ByteSource zip) =>
        UpdateOpener.TryOpenZip(opening, zip) ?? IpswOpener.OpenZip(opening, zip);

    // An encrypted archive holds a disk image or an update, and only its decrypted bytes say which.
    private static FirmwareInput OpenEncrypted(OpeningContext opening, ByteSource archive) => FileFormats.Detect(archive) switch
    {
        FileFormat.AppleArchive or FileFormat.Pbzx => UpdateOpener.OpenAppleArchive(opening, archive),
        FileFormat.Zip => OpenZip(opening, archive),
        _ => DiskImageOpener.Open(opening, archive),
    };
}

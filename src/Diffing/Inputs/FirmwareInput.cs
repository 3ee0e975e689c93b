using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Aea;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Inputs;

/// <summary>
/// One side of a comparison, whatever it is: an IPSW or OTA, a folder with an unpacked one, a disk image, a shared cache, a kernelcache or
/// a file that stands alone. Opening reads headers and manifests; volumes open when they are needed.
/// </summary>
public sealed partial class FirmwareInput : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    private FirmwareInput(FirmwareInfo info) => Info = info;

    /// <summary>What the report says of this side.</summary>
    public FirmwareInfo Info { get; }

    /// <summary>The volumes, each under a label of its own.</summary>
    public IReadOnlyList<InputVolume> Volumes { get; private set; } = [];

    /// <summary>The members of the archive that are no volumes, in path order.</summary>
    public IReadOnlyList<InputMember> Members { get; private set; } = [];

    /// <summary>The file that was named, where it is compared as such.</summary>
    public FileSide? SingleFile { get; private init; }

    /// <summary>Bytes of the file as it is stored, where the input owns its source; 0 elsewhere.</summary>
    internal long StoredBytes { get; private set; }

    /// <summary>Opens <paramref name="path"/>.</summary>
    /// <exception cref="DiffFailedException">There is nothing at the path, or nothing that can be compared.</exception>
    /// <exception cref="FirmwareFormatException">The input is damaged; names the file.</exception>
    /// <exception cref="IOException">The storage failed.</exception>
    public static FirmwareInput Open(string path, InputOptions options)
    {
        if (Directory.Exists(path))
        {
            return OpenFolder(path, options);
        }

        if (!File.Exists(path))
        {
            throw new DiffFailedException($"{path}: there is no such file or folder");
        }

        var file = new FileByteSource(path);
        try
        {
            var input = Detect(path, file, options);
            input._owned.Add(file);
            return input;
        }
        catch (FirmwareFormatException fault)
        {
            file.Dispose();
            throw fault.In(path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens a firmware that lies elsewhere than in a file of this machine, a blob for one. A shared cache has to be of one file then.
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
        try
        {
            return Detect(name, source, options);
        }
        catch (FirmwareFormatException fault)
        {
            throw fault.In(name);
        }
    }

    /// <summary>As the other, with a source that the input owns from here on and closes with itself, also where opening fails.</summary>
    /// <exception cref="DiffFailedException">It is nothing that can be compared.</exception>
    /// <exception cref="FirmwareFormatException">The input is damaged; names it.</exception>
    /// <exception cref="IOException">The storage failed.</exception>
    public static FirmwareInput Open(string name, OwnedByteSource source, InputOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        try
        {
            var input = Open(name, source.Source, options);
            input._owned.Add(source);
            input.StoredBytes = source.Source.Length;
            return input;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Prepares two inputs for comparison with each other.</summary>
    /// <exception cref="DiffFailedException">They are of different kinds.</exception>
    public static void Pair(FirmwareInput old, FirmwareInput @new)
    {
        static string Group(string kind) => kind == "folder" ? "ipsw" : kind;
        if (Group(old.Info.Kind) != Group(@new.Info.Kind))
        {
            throw new DiffFailedException(
                $"{old.Info.Path} is a {old.Info.Kind}, {@new.Info.Path} is a {@new.Info.Kind}: both must be of one kind");
        }

        if (@new.Info.Kind == "dyld_shared_cache")
        {
            old.LooseCaches = [old.LooseCaches[0].Relabel(@new.LooseCaches[0].Label)];
        }

        old.TakeNamesOf(@new);
    }

    /// <summary>Closes the files underneath. Volumes and members fail from then on.</summary>
    public void Dispose()
    {
        foreach (var owned in _owned)
        {
            owned.Dispose();
        }

        _owned.Clear();
    }

    private static FirmwareInput Detect(string path, ByteSource file, InputOptions options) =>
        FileFormats.Detect(file) switch
        {
            FileFormat.Zip => OpenArchive(path, file, options),
            FileFormat.Aea => OpenEncrypted(path, AeaArchive.Open(file, options.Images.Keys, options.Images.Cache), options),
            FileFormat.AppleArchive or FileFormat.Pbzx => OpenAppleArchive(path, file, options),
            FileFormat.DiskImage or FileFormat.Apfs or FileFormat.HfsPlus => OpenImage(path, file, options),
            FileFormat.MachO => OpenMachOOrKernelcache(path, file),
            FileFormat.StaticLibrary => OpenLibrary(path, file),
            FileFormat.ImagePatch => OpenPatch(path, file, options),
            FileFormat.Im4p or FileFormat.Img4 or FileFormat.Img3 => OpenPayload(path, options.Keys.Unlock(path, file), options),
            FileFormat.SharedCache => OpenCache(path, file),
            FileFormat.Unknown => throw new DiffFailedException(
                $"{path}: the file is no IPSW, OTA, disk image, shared cache, kernelcache, IM4P, Mach-O or static library (nothing known begins like it)"),
            var format => throw new DiffFailedException($"{path}: {format.InWords()} is neither compared nor listed on its own"),
        };

    private static FirmwareInput OpenMachO(string path, ByteSource file)
    {
        var name = Path.GetFileName(path);
        return new FirmwareInput(new FirmwareInfo(path, "macho", null, null, []))
        {
            SingleFile = new FileSide(
                new FileEntry { Path = name, Kind = FileKind.File, Size = file.Length, Mode = 0, FileId = 0 }, file),
        };
    }
}

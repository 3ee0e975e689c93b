using System.Security.Cryptography;
using System.Text.Json;
using IpswDiff.Forge.MachO;

namespace IpswDiff.Forge.Samples;

/// <summary>The committed Mach-O files under <c>samples/binaries</c> and the facts about them in <c>samples/facts.json</c>.</summary>
public sealed class SampleBinaries
{
    private readonly Dictionary<string, BinaryFacts> _facts;

    /// <summary>Reads the facts that stand beside the binaries.</summary>
    public SampleBinaries()
    {
        using var stream = File.OpenRead(FactsPath);
        var facts = JsonSerializer.Deserialize<List<BinaryFacts>>(stream, SampleJson.Options)!;
        _facts = facts.ToDictionary(fact => fact.Path, StringComparer.Ordinal);
    }

    /// <summary>The folder of samples.</summary>
    public static string SamplesFolder { get; } = Path.Combine(SampleFiles.RepositoryRoot, "samples");

    /// <summary>The folder of binaries.</summary>
    public static string Folder { get; } = Path.Combine(SamplesFolder, "binaries");

    /// <summary>The file of facts.</summary>
    public static string FactsPath { get; } = Path.Combine(SamplesFolder, "facts.json");

    /// <summary>The npm packages that binaries come from, each with the later of its two versions.</summary>
    public static IReadOnlyList<(string Name, string Version)> Packages { get; } =
        [("@parcel/watcher-darwin-arm64", "2.5.6"), ("fsevents", "2.3.3"), ("@cbor-extract/cbor-extract-darwin-arm64", "2.2.2")];

    /// <summary>The bytes of a binary or of another committed file, by its path below the folder of binaries.</summary>
    public static byte[] Read(string relativePath) => File.ReadAllBytes(Path.Combine(Folder, relativePath));

    /// <summary>A binary with its facts.</summary>
    public SampleBinary Load(string relativePath) => new(Read(relativePath), Facts(relativePath).Slices);

    /// <summary>Thin binaries as the slices of one fat file, in this order.</summary>
    public SampleBinary LoadFat(params string[] relativePaths)
    {
        var slices = relativePaths.Select(Load).ToArray();
        return new SampleBinary(
            FatBuilder.Build([.. slices.Select(slice => (ArchOf(slice.Slices.Single().Arch), slice.Bytes))]),
            [.. slices.Select(slice => slice.Slices.Single())]);
    }

    /// <summary>The facts of one binary.</summary>
    /// <exception cref="InvalidDataException">The facts are of another file: they must be made again.</exception>
    public BinaryFacts Facts(string relativePath)
    {
        var facts = _facts[relativePath];
        return facts.Sha256 == Convert.ToHexStringLower(SHA256.HashData(Read(relativePath)))
            ? facts
            : throw new InvalidDataException($"samples/facts.json describes another {relativePath}; run `forge facts`");
    }

    /// <summary>Asks LLVM about every binary and returns the text of <c>facts.json</c>.</summary>
    public static string DescribeAll()
    {
        var files = Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) != "LICENSE")
            .Select(file => (File: file, Name: Path.GetRelativePath(Folder, file).Replace('\\', '/')))
            .OrderBy(file => file.Name, StringComparer.Ordinal);
        return SampleJson.Serialize(files.Select(file => LlvmFacts.Describe(file.File, file.Name)).ToList());
    }

    private static MachOArch ArchOf(string name) => name == MachOArch.X8664.Name ? MachOArch.X8664 : MachOArch.Arm64;
}

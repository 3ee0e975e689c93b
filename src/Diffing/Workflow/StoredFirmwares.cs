using System.Security.Cryptography;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Storage;
using IpswDiff.Formats;

namespace IpswDiff.Diffing.Workflow;

/// <summary>Firmwares as artifacts of a store, read where they lie: a reference is an artifact's name. Safe for concurrent use.</summary>
/// <param name="store">The store.</param>
/// <param name="options">What opening needs beside the bytes.</param>
public sealed class StoredFirmwares(IArtifactStore store, InputOptions options) : IFirmwareOpener
{
    private const string Manifest = "BuildManifest.plist";

    // A BuildManifest has one identity a board and variant; the largest known ones are of 3 MB.
    private const int LongestManifest = 64 << 20;

    /// <inheritdoc/>
    public FirmwareInput Open(string reference)
    {
        ArtifactNames.Check(reference);
        var source = store.TryOpenSourceAsync(reference, CancellationToken.None).GetAwaiter().GetResult()
            ?? throw new DiffFailedException($"{reference}: there is no such firmware");
        return FirmwareInput.Open(reference, source, options);
    }

    /// <summary>
    /// What the catalogue keeps of a firmware. Its name there is a hash of its manifest, which holds the digests of everything else, so that the
    /// same firmware has the same name whatever its file is called.
    /// </summary>
    /// <param name="name">The artifact.</param>
    /// <param name="registeredAt">The moment of registration.</param>
    /// <exception cref="DiffFailedException">There is no such artifact, it is damaged, or it is no whole firmware with a build and products.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public FirmwareRecord Describe(string name, DateTimeOffset registeredAt)
    {
        try
        {
            using var input = Open(name);
            if (input.Info is not { Build: { Length: > 0 } build, Products: { Count: > 0 } products })
            {
                throw new DiffFailedException($"{name}: this {input.Info.Kind} names no build and no product; register IPSWs or OTAs");
            }

            return new FirmwareRecord
            {
                Id = Identity(input, build, products),
                Name = name,
                Version = input.Info.Version,
                Build = build,
                Products = products,
                Size = input.StoredBytes,
                RegisteredAt = registeredAt,
            };
        }
        catch (FirmwareFormatException fault)
        {
            throw new DiffFailedException(fault.Message);
        }
    }

    private static string Identity(FirmwareInput input, string build, IReadOnlyList<string> products)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{input.Info.Kind}\0{build}\0{string.Join('\0', products)}\0"));
        if (input.Members.FirstOrDefault(member => member.Name == Manifest && member.Size <= LongestManifest) is { } manifest)
        {
            using var bytes = manifest.Open();
            hash.AppendData(bytes.Source.ReadBytes(0, checked((int)bytes.Source.Length)));
        }
        else
        {
            // Updates keep no manifest of this name: their members by name, size and checksum stand for them.
            foreach (var member in input.Members)
            {
                hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{member.Name}\0{member.Size}\0{member.Crc32}\0"));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }
}

using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Inputs.Opening;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Pairs;
using IpswDiff.Diffing.Storage;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Workflow;

/// <summary>
/// Firmwares as artifacts of a store, read where they lie: a reference is an artifact's name. Safe for concurrent use.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="options">What opening needs beside the bytes.</param>
public sealed class StoredFirmwares(IArtifactStore store, InputOptions options) : IFirmwareOpener
{
    /// <inheritdoc/>
    public FirmwareInput Open(string reference)
    {
        ArtifactNames.Check(reference);
        var source = store.TryOpenSourceAsync(reference, CancellationToken.None).GetAwaiter().GetResult()
            ?? throw new DiffFailedException($"{reference}: there is no such firmware");
        return InputOpener.Open(reference, source, options);
    }

    /// <summary>
    /// What the catalogue keeps of a firmware. Its name there is a hash of its manifest, which holds the digests of
    /// everything else, so that the same firmware has the same name whatever its file is called.
    /// </summary>
    /// <param name="name">The artifact.</param>
    /// <param name="registeredAt">The moment of registration.</param>
    /// <exception cref="DiffFailedException">
    /// There is no such artifact, it is damaged, or it is no whole firmware with a build and products.
    /// </exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public FirmwareRecord Describe(string name, DateTimeOffset registeredAt)
    {
        try
        {
            using var input = Open(name);
            return new FirmwareRecord
            {
                Id = FirmwareIdentity.Of(input),
                Name = name,
                Version = input.Info.Version,
                Build = input.Info.Build!,
                Products = input.Info.Products,
                Size = input.StoredBytes,
                RegisteredAt = registeredAt,
            };
        }
        catch (FirmwareFormatException fault)
        {
            throw new DiffFailedException(fault.Message);
        }
    }
}

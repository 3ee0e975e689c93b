using IpswDiff.Formats.DiskImages;

namespace IpswDiff.Diffing.Inputs;

/// <summary>What opening an input may need beside the file itself.</summary>
public sealed record InputOptions
{
    /// <summary>Key of an encrypted archive, base64; never written anywhere.</summary>
    public string? AeaKey { get; init; }

    /// <summary>File with private keys by name, from which the keys of encrypted archives are unwrapped.</summary>
    public string? AeaKeys { get; init; }

    /// <summary>Whether keys are never fetched over the network.</summary>
    public bool Offline { get; init; }

    /// <summary>How disk images are opened.</summary>
    public DiskImageOptions Images { get; init; } = new();
}

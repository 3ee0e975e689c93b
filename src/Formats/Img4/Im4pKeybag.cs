namespace IpswDiff.Formats.Img4;

/// <summary>One pair with which an encrypted payload begins to be decrypted; both halves are themselves encrypted with a key inside the chip.</summary>
/// <param name="Type">1 for devices in production, 2 for those in development.</param>
/// <param name="Iv">The initialisation vector.</param>
/// <param name="Key">The key.</param>
public sealed record Im4pKeybag(int Type, ReadOnlyMemory<byte> Iv, ReadOnlyMemory<byte> Key);

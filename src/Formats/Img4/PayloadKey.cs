namespace IpswDiff.Formats.Img4;

/// <summary>
/// IV and key of an encrypted IMG3 or IM4P payload, as they are published: what its keybag says once the chip has decrypted it.
/// </summary>
/// <param name="Iv">Sixteen bytes.</param>
/// <param name="Key">16, 24 or 32 bytes.</param>
public sealed record PayloadKey(ReadOnlyMemory<byte> Iv, ReadOnlyMemory<byte> Key)
{
    private const int IvSize = 16;

    /// <summary>Reads IV and key as one follows the other.</summary>
    /// <exception cref="ArgumentException">They are not 32, 40 or 48 bytes.</exception>
    public static PayloadKey Of(ReadOnlyMemory<byte> ivAndKey) => ivAndKey.Length is 32 or 40 or 48
        ? new PayloadKey(ivAndKey[..IvSize], ivAndKey[IvSize..])
        : throw new ArgumentException(
            $"IV and key of an encrypted payload have 32, 40 or 48 bytes (64, 80 or 96 hexadecimal digits), not {ivAndKey.Length}", nameof(ivAndKey));
}

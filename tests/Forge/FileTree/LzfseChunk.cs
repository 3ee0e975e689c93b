using IpswDiff.Forge.Compression;

namespace IpswDiff.Forge.FileTree;

/// <summary>LZFSE as images hold it: short data as an LZVN block, as Apple's encoder chooses; 7zz's decoder refuses some short entropy-coded blocks.</summary>
internal static class LzfseChunk
{
    private const int ShortestEntropyCoded = 4096;

    public static byte[] Encode(ReadOnlySpan<byte> bytes) => bytes.Length < ShortestEntropyCoded
        ? LzfseEncoder.Encode(bytes, ShortestEntropyCoded, LzfseBlockKind.Lzvn)
        : LzfseEncoder.Encode(bytes);
}

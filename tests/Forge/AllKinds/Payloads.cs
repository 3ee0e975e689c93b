using System.Text;
using IpswDiff.Forge.Img4;

namespace IpswDiff.Forge.AllKinds;

/// <summary>What the plants of the archive are made of.</summary>
internal static class Payloads
{
    private const int Filler = 600;

    /// <summary>Where the first text of <see cref="Raw"/> stands.</summary>
    internal const int FirstText = Filler + 1;

    /// <summary>A payload in its IM4P.</summary>
    internal static byte[] Im4p(string tag, byte[] payload, Im4pPacking packing = Im4pPacking.None) => new Im4pWriter(tag, "1") { Packing = packing }.Write(payload);

    /// <summary>A payload with keybags: readers must take it for encrypted.</summary>
    internal static byte[] Encrypted(string tag, byte[] payload) => new Im4pWriter(tag, "1") { KeybagSeed = 7 }.Write(payload);

    /// <summary>Bytes that no text is in, and texts behind them, each between two NULs.</summary>
    internal static byte[] Raw(params string[] texts) => [.. Bytes(1, Filler), 0, .. Encoding.ASCII.GetBytes(string.Concat(texts.Select(static text => text + "\0"))), .. new byte[300]];

    /// <summary>Bytes that no text is in.</summary>
    internal static byte[] Bytes(ulong seed, int count)
    {
        var bytes = new byte[count];
        new ForgeRandom(seed).Fill(bytes);
        for (var i = 0; i < count; i += 4)
        {
            bytes[i] = 1;
        }

        return bytes;
    }
}

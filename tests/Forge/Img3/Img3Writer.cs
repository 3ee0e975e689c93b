using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using IpswDiff.Forge.Compression;

namespace IpswDiff.Forge.Img3;

/// <summary>Writes IMG3 containers as they were for 32-bit devices.</summary>
public sealed class Img3Writer(string ident)
{
    /// <summary>The text of the <c>VERS</c> tag; null leaves it out.</summary>
    public string? Version { get; init; }

    /// <summary>IV (16 bytes) and key, with which the payload is encrypted; empty leaves it in the clear.</summary>
    public byte[] IvAndKey { get; init; } = [];

    /// <summary>Whether the payload is packed with LZSS, as kernelcaches are.</summary>
    public bool Packs { get; init; }

    public byte[] Write(byte[] payload)
    {
        var data = Packs ? LzssEncoder.EncodeWithHeader(payload) : payload;
        var tags = new MemoryStream();
        Tag(tags, "TYPE", Word(Code(ident)));
        Tag(tags, "DATA", IvAndKey.Length == 0 ? data : Encrypt(data));
        if (Version is { } version)
        {
            var text = Encoding.UTF8.GetBytes(version);
            Tag(tags, "VERS", [.. Word((uint)text.Length), .. text]);
        }

        Tag(tags, "CHIP", Word(0x8930));
        if (IvAndKey.Length > 0)
        {
            // What stands in the file is encrypted once more, by the chip.
            foreach (var state in (uint[])[1, 2])
            {
                var wrapped = IvAndKey.Select(value => (byte)(value ^ (0x5A + state))).ToArray();
                Tag(tags, "KBAG", [.. Word(state), .. Word((uint)(IvAndKey.Length - 16) * 8), .. wrapped]);
            }
        }

        Tag(tags, "SHSH", new byte[128]);
        var length = (uint)tags.Length;
        return [.. Word(Code("Img3")), .. Word(length + 20), .. Word(length), .. Word(length - 140), .. Word(Code(ident)), .. tags.ToArray()];
    }

    // Whole blocks; what is left of the last stays as it is.
    private byte[] Encrypt(byte[] data)
    {
        using var aes = Aes.Create();
        aes.Key = IvAndKey[16..];
        var whole = data.Length / 16 * 16;
        return [.. aes.EncryptCbc(data.AsSpan(0, whole), IvAndKey.AsSpan(0, 16), PaddingMode.None), .. data.AsSpan(whole)];
    }

    private static void Tag(MemoryStream output, string name, byte[] contents)
    {
        var padding = (4 - (contents.Length % 4)) % 4;
        output.Write(Word(Code(name)));
        output.Write(Word((uint)(12 + contents.Length + padding)));
        output.Write(Word((uint)contents.Length));
        output.Write(contents);
        output.Write(new byte[padding]);
    }

    private static uint Code(string name) => (uint)(name[0] << 24 | name[1] << 16 | name[2] << 8 | name[3]);

    private static byte[] Word(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}

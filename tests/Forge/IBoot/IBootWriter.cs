using System.Buffers.Binary;
using System.Text;
using IpswDiff.Forge.Compression;

namespace IpswDiff.Forge.IBoot;

/// <summary>Writes stages of the boot chain: code, header texts, strings, compressed payloads.</summary>
public sealed class IBootWriter(string stage, string version)
{
    private const int HeaderEnd = 0x400;

    public string Board { get; init; } = "d99";

    public string Configuration { get; init; } = "RELEASE";

    public ulong BaseAddress { get; init; } = 0x1_8010_0000;

    /// <summary>Whether the base address is left out of the header, so that only the first code has it.</summary>
    public bool HidesBaseAddress { get; init; }

    /// <summary>Where the header texts stand.</summary>
    public int MetadataOffset { get; init; } = 0x200;

    /// <summary>Whether the strings begin with the one that readers look for.</summary>
    public bool HasMarker { get; init; } = true;

    /// <summary>Strings, in order; each ends with a NUL.</summary>
    public List<string> Strings { get; } = [];

    /// <summary>Contents of embedded streams, in order.</summary>
    public List<byte[]> Payloads { get; } = [];

    /// <summary>Where each of <see cref="Payloads"/> and <see cref="Strings"/> was put, known once written.</summary>
    public List<long> PayloadOffsets { get; } = [];

    public List<long> StringOffsets { get; } = [];

    public string Copyright => $"{stage} for {Board}, Copyright 2007-2026, Apple Inc.";

    public byte[] Write()
    {
        PayloadOffsets.Clear();
        StringOffsets.Clear();
        var image = new ByteWriter();
        image.Bytes(Header());

        // The decompressor's constants look like the beginning of a stream.
        image.Bytes("bvx2bvx-\x01\x02bvx$\0"u8);
        if (HasMarker)
        {
            image.Bytes("darwinos-ramdisk\0"u8);
        }

        foreach (var text in Strings)
        {
            StringOffsets.Add(image.Length);
            image.Bytes(Encoding.UTF8.GetBytes(text));
            image.Byte(0);
        }

        foreach (var payload in Payloads)
        {
            image.Bytes(new byte[16 - (image.Length % 16)]);
            PayloadOffsets.Add(image.Length);
            image.Bytes(LzfseEncoder.Encode(payload));
        }

        image.Bytes("\0the last string\0"u8);
        return image.ToArray();
    }

    /// <summary>The whole image as one stream.</summary>
    public byte[] WriteCompressed() => LzfseEncoder.Encode(Write());

    private byte[] Header()
    {
        var bytes = new byte[Math.Max(HeaderEnd, MetadataOffset + 0x200)];

        // NOP; LDR X0, #0x1F4 (to 0x1F8); NOP
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, 0xD503201F);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), 0x58000000 | (((0x1F8 - 4) / 4) << 5));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), 0xD503201F);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(0x1F8), BaseAddress);
        Encoding.ASCII.GetBytes(Copyright).CopyTo(bytes, MetadataOffset);
        Encoding.ASCII.GetBytes(Configuration).CopyTo(bytes, MetadataOffset + 0x40);
        Encoding.ASCII.GetBytes(version).CopyTo(bytes, MetadataOffset + 0x80);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(MetadataOffset + 0x100), HidesBaseAddress ? 0 : BaseAddress);
        return bytes;
    }
}

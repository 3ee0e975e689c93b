using System.Formats.Asn1;
using System.Security.Cryptography;
using IpswDiff.Forge.Compression;

namespace IpswDiff.Forge.Img4;

/// <summary>How a payload is packed.</summary>
public enum Im4pPacking
{
    None,

    /// <summary>LZSS behind a <c>complzss</c> header.</summary>
    Lzss,

    /// <summary>LZSS alone; its size stands in the declaration only.</summary>
    BareLzss,

    Lzfse,
}

/// <summary>Writes Image4 payloads.</summary>
public sealed class Im4pWriter(string tag, string version)
{
    /// <summary>How the payload is packed.</summary>
    public Im4pPacking Packing { get; init; }

    /// <summary>Whether the packing is declared; files without a declaration are told by the payload's first bytes.</summary>
    public bool Declares { get; init; } = true;

    /// <summary>Whether keybags are written, made from this number; the payload itself is not encrypted.</summary>
    public byte? KeybagSeed { get; init; }

    /// <summary>Payload properties: names of four characters with integers, octet strings or truths.</summary>
    public (string Name, object Value)[] Properties { get; init; } = [];

    public byte[] Write(byte[] payload)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        WriteTo(writer, payload);
        return writer.Encode();
    }

    /// <summary>A whole <c>IMG4</c>: this payload, a manifest that carries its digest, and a nonce.</summary>
    public byte[] WriteImg4(byte[] payload, byte[] nonce)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            WriteText(writer, "IMG4");
            WriteTo(writer, payload);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            {
                WriteManifest(writer, SHA384.HashData(Write(payload)));
            }

            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1)))
            using (writer.PushSequence())
            {
                WriteText(writer, "IM4R");
                using (writer.PushSetOf())
                {
                    WriteProperty(writer, "BNCN", nonce);
                }
            }
        }

        return writer.Encode();
    }

    private void WriteTo(AsnWriter writer, byte[] payload)
    {
        using var sequence = writer.PushSequence();
        WriteText(writer, "IM4P");
        WriteText(writer, tag);
        WriteText(writer, version);
        writer.WriteOctetString(Pack(payload));
        if (KeybagSeed is { } seed)
        {
            writer.WriteOctetString(Keybags(seed));
        }

        if (Packing != Im4pPacking.None && Declares)
        {
            using (writer.PushSequence())
            {
                writer.WriteInteger(Packing == Im4pPacking.Lzfse ? 1 : 0);
                writer.WriteInteger(payload.Length);
            }
        }

        if (Properties.Length > 0)
        {
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            using (writer.PushSequence())
            {
                WriteText(writer, "PAYP");
                using (writer.PushSetOf())
                {
                    foreach (var (name, value) in Properties)
                    {
                        WriteProperty(writer, name, value);
                    }
                }
            }
        }
    }

    private byte[] Pack(byte[] payload) => Packing switch
    {
        Im4pPacking.Lzss => LzssEncoder.EncodeWithHeader(payload),
        Im4pPacking.BareLzss => LzssEncoder.Encode(payload),
        Im4pPacking.Lzfse => LzfseEncoder.Encode(payload),
        _ => payload,
    };

    private static byte[] Keybags(byte seed)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            for (var type = 1; type <= 2; type++)
            {
                using var bag = writer.PushSequence();
                writer.WriteInteger(type);
                writer.WriteOctetString(Enumerable.Repeat(seed, 16).ToArray());
                writer.WriteOctetString(Enumerable.Repeat((byte)(seed + type), 32).ToArray());
            }
        }

        return writer.Encode();
    }

    private void WriteManifest(AsnWriter writer, byte[] digest)
    {
        using var manifest = writer.PushSequence();
        WriteText(writer, "IM4M");
        writer.WriteInteger(0);
        using (writer.PushSetOf())
        using (writer.PushSequence(Private("MANB")))
        using (writer.PushSequence())
        {
            WriteText(writer, "MANB");
            using (writer.PushSetOf())
            {
                WriteObject(writer, "MANP", ("BORD", 0x0E), ("CHIP", 0x8130), ("CPRO", true));
                WriteObject(writer, tag, ("DGST", digest), ("EPRO", true));
            }
        }

        writer.WriteOctetString(new byte[64]);
        using (writer.PushSequence())
        {
        }
    }

    private static void WriteObject(AsnWriter writer, string name, params (string Name, object Value)[] properties)
    {
        using var wrapper = writer.PushSequence(Private(name));
        using var sequence = writer.PushSequence();
        WriteText(writer, name);
        using var set = writer.PushSetOf();
        foreach (var (key, value) in properties)
        {
            WriteProperty(writer, key, value);
        }
    }

    private static void WriteProperty(AsnWriter writer, string name, object value)
    {
        using var wrapper = writer.PushSequence(Private(name));
        using var sequence = writer.PushSequence();
        WriteText(writer, name);
        switch (value)
        {
            case bool truth:
                writer.WriteBoolean(truth);
                break;
            case byte[] data:
                writer.WriteOctetString(data);
                break;
            case ulong number:
                writer.WriteInteger(number);
                break;
            default:
                writer.WriteInteger((int)value);
                break;
        }
    }

    private static void WriteText(AsnWriter writer, string text) => writer.WriteCharacterString(UniversalTagNumber.IA5String, text);

    private static Asn1Tag Private(string name) =>
        new(TagClass.Private, (name[0] << 24) | (name[1] << 16) | (name[2] << 8) | name[3], isConstructed: true);
}

using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Text;
using IpswDiff.Forge.Kernelcache;
using IpswDiff.Forge.MachO;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Forge.Exclave;

/// <summary>A program to put into a bundle.</summary>
public sealed record ExclavePlan(string Name, string Type, byte[] MachO)
{
    public string[] Endpoints { get; init; } = [];

    /// <summary>A further piece, with its name.</summary>
    public (string Name, byte[] Bytes)? Extra { get; init; }
}

/// <summary>
/// Writes ExclaveCore bundles: takes Mach-O files apart, one piece for each segment, and describes them in ASN.1. The kernel's header
/// is an asset (in type 3 kept apart, in type 4 the front of its text); the text of the others begins with theirs.
/// </summary>
public sealed class ExclaveWriter(int type)
{
    private const int FirstPiece = 0x1000;
    private const int PieceAlignment = 0x100;
    private const int UrstPadding = 0x40;

    public List<ExclavePlan> Programs { get; } = [];

    /// <summary>A bundle with a kernel and two programs.</summary>
    public static ExclaveWriter Example(int type)
    {
        var writer = new ExclaveWriter(type);
        writer.Programs.Add(new ExclavePlan("kernel", "SYSTEM", Program("com.apple.exclavecore.kernel", 31)));
        writer.Programs.Add(new ExclavePlan("roottask", "SYSTEM", Program("com.apple.exclavecore.roottask", 32)) { Endpoints = ["com.apple.service.Root", "com.apple.service.Other"] });
        writer.Programs.Add(new ExclavePlan("audio", "APP", Program("com.apple.exclavecore.audio", 33)) { Extra = ("brkr_artifact", "artifact"u8.ToArray()) });
        return writer;
    }

    public byte[] Write()
    {
        var body = new List<byte>(new byte[FirstPiece]);
        var assets = new List<(string Name, int Type, long Offset, long Size)>();
        var compartments = new List<List<(string Key, byte[] Value)>>();
        foreach (var (index, program) in Programs.Index())
        {
            compartments.Add(Take(program, index == 0, body, assets));
        }

        foreach (var (index, program) in Programs.Index())
        {
            if (program.Extra is { } extra)
            {
                assets.Add((extra.Name, 100 + index, Append(body, extra.Bytes), extra.Bytes.Length));
            }
        }

        var config = Config(assets, compartments);
        var file = type == 3 ? Finish3(body, config) : Finish4(body, config);
        BinaryPrimitives.WriteUInt16LittleEndian(file, 0x200);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(2), 0x1400);
        "DNUB"u8.CopyTo(file.AsSpan(8));
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(14), (ushort)type);
        return file;
    }

    private static byte[] Program(string id, ulong seed) => KextPlan.SyntheticImage(id, seed).Build();

    private List<(string Key, byte[] Value)> Take(ExclavePlan program, bool isKernel, List<byte> body, List<(string Name, int Type, long Offset, long Size)> assets)
    {
        var pairs = new List<(string Key, byte[] Value)>
        {
            ("__COMPONENTNAME", Encoding.UTF8.GetBytes(program.Name)),
            ("__COMPONENTTYPE", Encoding.UTF8.GetBytes(program.Type)),
        };
        var image = MachOImage.Open(new Formats.Bytes.MemoryByteSource(program.MachO));
        if (isKernel && type == 3)
        {
            assets.Add(("__MACHOHEADERLC", 2, Append(body, image.HeaderBytes.Span), image.HeaderBytes.Length));
        }

        foreach (var segment in image.Segments.Where(static segment => segment.FileSize > 0))
        {
            var bytes = program.MachO.AsSpan((int)segment.FileOffset, (int)segment.FileSize).ToArray();
            if (isKernel && type == 3 && segment.Name == "__TEXT")
            {
                // The header is kept apart, and its place in the text is blank.
                bytes.AsSpan(0, image.HeaderBytes.Length).Clear();
            }

            var name = segment.Name[2..];
            var at = Append(body, bytes);
            if (isKernel && type == 4 && name == "TEXT")
            {
                // The text is said to be at the front of the bundle, and is where its header is.
                assets.Add(("__MACHOHEADERLC", 2, at, image.HeaderBytes.Length));
                at = 0;
            }

            pairs.Add(($"__MACHO__{name}OFF", Number(at)));
            pairs.Add(($"__MACHO__{name}SZ", Number(bytes.Length)));
            if (name == "TEXT" && !isKernel)
            {
                pairs.Add(("__MACHOTEXTOFF", Number(at)));
                pairs.Add(("__MACHOTEXTSZ", Number(bytes.Length)));
            }
        }

        pairs.AddRange(program.Endpoints.Select(static (endpoint, index) => ($"__ENDPOINT__{index}", Endpoint(endpoint))));
        return pairs;
    }

    private byte[] Config(List<(string Name, int Type, long Offset, long Size)> assets, List<List<(string Key, byte[] Value)>> compartments)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            writer.WriteInteger(2);
            using (writer.PushSequence())
            {
                foreach (var (name, number, offset, size) in assets)
                {
                    using var asset = writer.PushSequence();
                    writer.WriteOctetString(Encoding.UTF8.GetBytes(name));
                    writer.WriteInteger(number);
                    writer.WriteInteger(offset);
                    writer.WriteInteger(size);
                }
            }

            using (writer.PushSequence())
            {
                foreach (var (index, program) in Programs.Index())
                {
                    using var contents = writer.PushSequence();
                    writer.WriteInteger(index);
                    if (program.Extra is { } extra)
                    {
                        using var wrapper = writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
                        using var entry = writer.PushSequence();
                        writer.WriteOctetString(Encoding.UTF8.GetBytes(extra.Name));
                        writer.WriteInteger(100 + index);
                    }
                }
            }

            using (writer.PushSequence())
            {
                foreach (var (index, pairs) in compartments.Index())
                {
                    using var compartment = writer.PushSequence();
                    writer.WriteInteger(index);
                    using var list = writer.PushSequence();
                    foreach (var (key, value) in pairs)
                    {
                        using var pair = writer.PushSequence();
                        writer.WriteOctetString(Encoding.UTF8.GetBytes(key));
                        writer.WriteOctetString(value);
                    }
                }
            }
        }

        return writer.Encode();
    }

    private static byte[] Finish3(List<byte> body, byte[] config)
    {
        var file = new byte[body.Count + config.Length + 8];
        body.CopyTo(file);
        config.CopyTo(file, body.Count);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(0x50), file.Length);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(0x1A0), file.Length - body.Count);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(0x1A8), config.Length);
        return file;
    }

    private static byte[] Finish4(List<byte> body, byte[] config)
    {
        var urst = body.Count;
        var file = new byte[urst + UrstPadding + config.Length + 16];
        body.CopyTo(file);
        config.CopyTo(file, urst + UrstPadding);
        (uint Type, string Name, long Offset, long Size)[] ranges =
        [
            (20, "rtxt", FirstPiece, urst - FirstPiece),
            (21, "urst", urst, file.Length - urst),
            (22, "none", 0, 0),
        ];
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(0x88), ranges.Length);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(0x220), UrstPadding);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(0x228), config.Length + 8);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(0x230), config.Length);
        foreach (var (index, range) in ranges.Index())
        {
            var row = file.AsSpan(0x280 + (index * 24), 24);
            BinaryPrimitives.WriteUInt32LittleEndian(row, range.Type);
            Encoding.ASCII.GetBytes(string.Concat(range.Name.Reverse())).CopyTo(row[4..]);
            BinaryPrimitives.WriteInt64LittleEndian(row[8..], range.Offset);
            BinaryPrimitives.WriteInt64LittleEndian(row[16..], range.Size);
        }

        return file;
    }

    private static long Append(List<byte> body, ReadOnlySpan<byte> bytes)
    {
        var at = body.Count;
        body.AddRange(bytes);
        body.AddRange(new byte[(PieceAlignment - (body.Count % PieceAlignment)) % PieceAlignment]);
        return at;
    }

    private static byte[] Number(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return [.. bytes.SkipWhile(static octet => octet == 0).DefaultIfEmpty((byte)0)];
    }

    private static byte[] Endpoint(string name)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            writer.WriteNull();
            writer.WriteNull();
            writer.WriteOctetString(Encoding.UTF8.GetBytes(name));
        }

        return writer.Encode();
    }
}

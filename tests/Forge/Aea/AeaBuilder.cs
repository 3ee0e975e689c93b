using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using IpswDiff.Forge.Compression;
using IpswDiff.Formats.Aea;

namespace IpswDiff.Forge.Aea;

/// <summary>Writes Apple Encrypted Archives: every compression, every checksum, many clusters, signed or sealed for a key service.</summary>
public sealed class AeaBuilder
{
    private readonly List<byte> _authData = [];
    private readonly byte[] _key = new byte[32];

    /// <summary>Begins an archive whose key, salt and other random parts follow from <paramref name="seed"/>.</summary>
    public AeaBuilder(ulong seed)
    {
        Seed = seed;
        new ForgeRandom(seed).Fill(_key);
    }

    public AeaProfile Profile { get; init; } = AeaProfile.Symmetric;

    public AeaCompression Compression { get; init; } = AeaCompression.Lzfse;

    public AeaChecksum Checksum { get; init; } = AeaChecksum.Sha256;

    public int SegmentSize { get; init; } = 0x4000;

    public int SegmentsPerCluster { get; init; } = 32;

    /// <summary>Bytes of noise after the last segment.</summary>
    public int Padding { get; init; }

    /// <summary>The archive's symmetric key.</summary>
    public ReadOnlyMemory<byte> Key => _key;

    /// <summary>The signer's public key, X9.62.</summary>
    public byte[] SigningPublicKey => AeaCrypto.PublicKey(AeaCrypto.Key(Seed + 3));

    /// <summary>The private key that the archive is sealed for, as its service publishes it.</summary>
    public string ServicePem => PemEncoding.WriteString("PRIVATE KEY", ServiceKey(pad: true));

    private ulong Seed { get; }

    /// <summary>Adds a field of authenticated data.</summary>
    public AeaBuilder WithField(string name, ReadOnlySpan<byte> value)
    {
        byte[] pair = [.. Encoding.UTF8.GetBytes(name), 0, .. value];
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, pair.Length + 4);
        _authData.AddRange(length);
        _authData.AddRange(pair);
        return this;
    }

    /// <summary>Seals the archive's key for its service, as firmware archives are, and names the private key's URL.</summary>
    public AeaBuilder WithKeyService(string url)
    {
        var (encapsulated, wrapped) = AeaCrypto.Seal(AeaCrypto.Key(Seed + 1), AeaCrypto.Key(Seed + 2), _key);
        var response = $$"""{"enc-request":"{{Convert.ToBase64String(encapsulated)}}","wrapped-key":"{{Convert.ToBase64String(wrapped)}}"}""";
        return WithField("com.apple.wkms.fcs-response", Encoding.UTF8.GetBytes(response))
            .WithField("com.apple.wkms.fcs-key-url", Encoding.UTF8.GetBytes(url));
    }

    /// <summary>The service's private key in PKCS #8; published ones may leave out leading zeros of the scalar.</summary>
    public byte[] ServiceKey(bool pad)
    {
        var scalar = AeaCrypto.Key(Seed + 1).D.ToByteArrayUnsigned();
        byte[] value = pad ? [.. new byte[32 - scalar.Length], .. scalar] : scalar;
        byte[] inner = [0x30, (byte)(value.Length + 5), 2, 1, 1, 4, (byte)value.Length, .. value];
        byte[] algorithm = [0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
        byte[] body = [2, 1, 0, .. algorithm, 4, (byte)inner.Length, .. inner];
        return [0x30, (byte)body.Length, .. body];
    }

    /// <summary>The archive of <paramref name="data"/>.</summary>
    public byte[] Build(ReadOnlySpan<byte> data)
    {
        var random = new ForgeRandom(Seed + 4);
        var encrypted = Profile != AeaProfile.Signed;
        var signed = Profile is AeaProfile.Signed or AeaProfile.SymmetricSigned;
        byte[] word = [(byte)Profile, 0, 0, 0];
        var salt = Noise(random, 32);
        var mainKey = AeaCrypto.Hkdf(_key, salt, [.. "AEA_AMK"u8, .. word, .. signed ? SigningPublicKey : []], 32);
        var keySize = encrypted ? 80 : 32;

        var clusterSize = SegmentSize * SegmentsPerCluster;
        var count = (data.Length + clusterSize - 1) / clusterSize;
        var clusters = new byte[count][];
        var mac = Noise(random, 32);

        // From the back, because each header holds the MAC of the next.
        for (var i = count - 1; i >= 0; i--)
        {
            var part = data.Slice(i * clusterSize, Math.Min(clusterSize, data.Length - (i * clusterSize)));
            clusters[i] = Cluster(part, mainKey, i, keySize, random, ref mac);
        }

        byte[] header = [.. "AEA1"u8, .. word, .. BitConverter.GetBytes(_authData.Count), .. _authData];
        var signature = new byte[signed ? encrypted ? 160 : 128 : 0];
        byte[] stored = encrypted ? [] : _key;
        var total = header.Length + signature.Length + stored.Length + 32 + 32 + 48 + 32 + clusters.Sum(cluster => cluster.Length) + Padding;
        var rootKey = AeaCrypto.Hkdf(mainKey, [], "AEA_RHEK"u8, keySize);
        var root = AeaCrypto.Encrypt(rootKey, Root(data.Length, total));
        var rootMac = AeaCrypto.Mac(rootKey.AsSpan(0, 32), root, [.. mac, .. _authData]);
        byte[] tail = [.. stored, .. salt, .. rootMac, .. root, .. mac];
        if (signed)
        {
            var plain = new byte[128];
            AeaCrypto.Sign(AeaCrypto.Key(Seed + 3), [.. header, .. signature, .. tail]).CopyTo(plain, 0);
            signature = encrypted ? Seal(AeaCrypto.Hkdf(AeaCrypto.Hkdf(mainKey, [], "AEA_SEK"u8, 32), [], "AEA_SEK2"u8, keySize), plain) : plain;
        }

        return [.. header, .. signature, .. tail, .. clusters.SelectMany(cluster => cluster), .. Noise(random, Padding)];
    }

    private static byte[] Seal(byte[] key, byte[] plain)
    {
        var sealedBytes = AeaCrypto.Encrypt(key, plain);
        return [.. sealedBytes, .. AeaCrypto.Mac(key.AsSpan(0, 32), sealedBytes, [])];
    }

    private byte[] Cluster(ReadOnlySpan<byte> part, byte[] mainKey, int index, int keySize, ForgeRandom random, ref byte[] mac)
    {
        var clusterKey = AeaCrypto.Hkdf(mainKey, [], [.. "AEA_CK"u8, .. BitConverter.GetBytes(index)], 32);
        var headers = new ByteWriter();
        var macs = new ByteWriter();
        var segments = new ByteWriter();
        for (var i = 0; i < SegmentsPerCluster; i++)
        {
            var start = Math.Min(part.Length, i * SegmentSize);
            var segment = part.Slice(start, Math.Min(SegmentSize, part.Length - start));
            if (segment.IsEmpty)
            {
                headers.Bytes(new byte[8 + ChecksumOf([]).Length]);
                macs.Bytes(Noise(random, 32));
                continue;
            }

            var packed = Compress(segment);
            packed = packed.Length < segment.Length ? packed : segment.ToArray();
            headers.UInt32((uint)segment.Length);
            headers.UInt32((uint)packed.Length);
            headers.Bytes(ChecksumOf(segment));
            var key = AeaCrypto.Hkdf(clusterKey, [], [.. "AEA_SK"u8, .. BitConverter.GetBytes(i)], keySize);
            packed = AeaCrypto.Encrypt(key, packed);
            macs.Bytes(AeaCrypto.Mac(key.AsSpan(0, 32), packed, []));
            segments.Bytes(packed);
        }

        var headerKey = AeaCrypto.Hkdf(clusterKey, [], "AEA_CHEK"u8, keySize);
        var encrypted = AeaCrypto.Encrypt(headerKey, headers.ToArray());
        byte[] rest = [.. mac, .. macs.ToArray()];
        mac = AeaCrypto.Mac(headerKey.AsSpan(0, 32), encrypted, rest);
        return [.. encrypted, .. rest, .. segments.ToArray()];
    }

    private byte[] Root(long originalSize, long archiveSize)
    {
        var root = new byte[48];
        BinaryPrimitives.WriteInt64LittleEndian(root, originalSize);
        BinaryPrimitives.WriteInt64LittleEndian(root.AsSpan(8), archiveSize);
        BinaryPrimitives.WriteInt32LittleEndian(root.AsSpan(16), SegmentSize);
        BinaryPrimitives.WriteInt32LittleEndian(root.AsSpan(20), SegmentsPerCluster);
        root[24] = (byte)Compression;
        root[25] = (byte)Checksum;
        return root;
    }

    private byte[] Compress(ReadOnlySpan<byte> segment) => Compression switch
    {
        AeaCompression.Lz4 => Lz4Encoder.EncodeBlock(segment),
        AeaCompression.Lzbitmap => LzbitmapEncoder.Encode(segment),
        AeaCompression.Lzfse => LzfseEncoder.Encode(segment),
        AeaCompression.Lzvn => LzvnEncoder.Encode(segment),
        AeaCompression.Lzraven => LzravenEncoder.Encode(segment),
        AeaCompression.Lzma => XzEncoder.Encode(segment),
        AeaCompression.Zlib => LibraryEncoders.Zlib(segment),
        _ => segment.ToArray(),
    };

    private byte[] ChecksumOf(ReadOnlySpan<byte> segment) => Checksum switch
    {
        AeaChecksum.Murmur => BitConverter.GetBytes(Murmur(segment)),
        AeaChecksum.Sha256 => SHA256.HashData(segment),
        _ => [],
    };

    private static ulong Murmur(ReadOnlySpan<byte> data)
    {
        const ulong M = 0xc6a4a7935bd1e995;
        var hash = 0xe2236fdc26a5f6d2 ^ ((ulong)data.Length * M);
        for (var at = 0; at < data.Length; at += 8)
        {
            var word = 0UL;
            for (var i = Math.Min(8, data.Length - at) - 1; i >= 0; i--)
            {
                word = (word << 8) | data[at + i];
            }

            if (data.Length - at >= 8)
            {
                word *= M;
                word = (word ^ (word >> 47)) * M;
            }

            hash = (hash ^ word) * M;
        }

        hash = (hash ^ (hash >> 47)) * M;
        return hash ^ (hash >> 47);
    }

    private static byte[] Noise(ForgeRandom random, int count)
    {
        var bytes = new byte[count];
        random.Fill(bytes);
        return bytes;
    }
}

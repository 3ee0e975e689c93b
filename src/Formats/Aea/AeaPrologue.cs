using System.Text;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Aea;

/// <summary>
/// The part of an archive that can be read without a key: profile and authenticated data. Firmware archives name their key there.
/// </summary>
public sealed class AeaPrologue
{
    internal const string Format = "AEA";
    internal const int HeaderSize = 12;
    internal const int SaltSize = 32;
    internal const int MacSize = 32;

    private const string KeyUrlField = "com.apple.wkms.fcs-key-url";
    private const string ResponseField = "com.apple.wkms.fcs-response";
    private const string EncryptionKeyField = "encryption_key";

    // Real ones are a few kilobytes; certificates in signed archives a little more.
    private const int MaxAuthData = 16 << 20;

    private readonly byte[] _authData;

    private AeaPrologue(AeaProfile profile, uint profileWord, byte[] authData)
    {
        Profile = profile;
        ProfileWord = profileWord;
        _authData = authData;
        Fields = ParseFields(authData);
    }

    /// <summary>How the archive is encrypted and signed.</summary>
    public AeaProfile Profile { get; }

    /// <summary>The fields of the authenticated data; empty where it is not made of fields.</summary>
    public IReadOnlyDictionary<string, byte[]> Fields { get; }

    /// <summary>Where the private key that opens <see cref="Fields"/>' wrapped key is published, or null.</summary>
    public Uri? KeyUrl =>
        Fields.TryGetValue(KeyUrlField, out var value) && Uri.TryCreate(Encoding.UTF8.GetString(value), UriKind.Absolute, out var url)
            ? url
            : null;

    /// <summary>The name of the private key that is wanted: the last part of <see cref="KeyUrl"/>'s path; null without one.</summary>
    public string? KeyName => KeyUrl is { } url ? Uri.UnescapeDataString(url.Segments[^1]) : null;

    internal uint ProfileWord { get; }

    internal ReadOnlySpan<byte> AuthData => _authData;

    /// <summary>The archive's key wrapped for the private key (<c>fcs-response</c>, JSON), or null.</summary>
    internal byte[]? WrappedKey => Fields.GetValueOrDefault(ResponseField);

    /// <summary>The archive's key itself, in hexadecimal digits, which some archives carry; or null.</summary>
    internal byte[]? OwnKey => Fields.GetValueOrDefault(EncryptionKeyField);

    internal bool IsEncrypted => Profile != AeaProfile.Signed;

    internal bool IsSigned => Profile is AeaProfile.Signed or AeaProfile.SymmetricSigned or AeaProfile.AsymmetricSigned;

    /// <summary>Where the signature would begin.</summary>
    internal int End => HeaderSize + _authData.Length;

    /// <summary>Bytes of the magic.</summary>
    internal const int MagicLength = 4;

    /// <summary>Whether a file that begins with <paramref name="head"/> is an archive.</summary>
    internal static bool Matches(ReadOnlySpan<byte> head) => head.StartsWith("AEA1"u8);

    /// <summary>Reads the prologue.</summary>
    /// <exception cref="FirmwareFormatException">The source is no archive, is cut short, or its profile is unknown.</exception>
    public static AeaPrologue Read(ByteSource source)
    {
        Span<byte> magic = stackalloc byte[MagicLength];
        if (!Matches(magic[..source.ReadUpTo(0, magic)]))
        {
            throw new FirmwareFormatException(Format, 0, "no AEA1 magic");
        }

        var header = new SpanReader(source.ReadBytes(0, HeaderSize), Format);
        header.Skip(4);
        var word = header.ReadUInt32();
        var profile = word & 0xffffff;
        if (profile > (uint)AeaProfile.Password)
        {
            throw new FirmwareFormatException(Format, 4, $"unknown profile {profile}");
        }

        var length = header.ReadUInt32();
        if (length > MaxAuthData || length > source.Length - HeaderSize)
        {
            throw new FirmwareFormatException(Format, 8, $"authenticated data of {length} bytes leaves the archive or is beyond reason");
        }

        return new AeaPrologue((AeaProfile)profile, word, source.ReadBytes(HeaderSize, (int)length));
    }

    // Length (its own four bytes counted), name, NUL, value. Anything else is somebody's blob and has no fields.
    private static Dictionary<string, byte[]> ParseFields(ReadOnlySpan<byte> data)
    {
        var fields = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        while (data.Length >= 4)
        {
            var length = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(data);
            if (length < 5 || length > (uint)data.Length)
            {
                break;
            }

            var pair = data[4..(int)length];
            var split = pair.IndexOf((byte)0);
            if (split <= 0)
            {
                break;
            }

            fields[Encoding.UTF8.GetString(pair[..split])] = pair[(split + 1)..].ToArray();
            data = data[(int)length..];
        }

        return fields;
    }
}

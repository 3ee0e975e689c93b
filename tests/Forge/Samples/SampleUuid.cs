using System.Security.Cryptography;
using System.Text;

namespace IpswDiff.Forge.Samples;

/// <summary>UUIDs that depend on a name only (RFC 9562, version 8).</summary>
internal static class SampleUuid
{
    public static Guid For(string name)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes("samples/" + name));
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash.AsSpan(0, 16), bigEndian: true);
    }
}

using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace IpswDiff.Service;

/// <summary>
/// Which addresses firmwares may be fetched from: https, hosts from a list, and public networks only.
/// </summary>
internal static class FirmwareAddress
{
    public static bool IsAddress(string reference) => reference.Contains("://", StringComparison.Ordinal);

    /// <exception cref="ServiceFaultException">The address is none that may be fetched.</exception>
    public static Uri Check(string text, ServiceOptions options)
    {
        if (text.Length > 2048 || !Uri.TryCreate(text, UriKind.Absolute, out var address))
        {
            throw new ServiceFaultException(FaultKind.Malformed, "the address of a firmware cannot be understood");
        }

        var reason = address switch
        {
            { Scheme: not "https" } => "firmwares are fetched over https only",
            { UserInfo.Length: > 0 } or { Query.Length: > 0 } or { Fragment.Length: > 0 } =>
                "the address of a firmware may hold no user, no query and no signature; upload the firmware instead",
            { IsDefaultPort: false } => "firmwares are fetched from the default port only",
            _ when !options.AllowedHosts.Contains(address.IdnHost, StringComparer.OrdinalIgnoreCase) =>
                $"firmwares are not fetched from {address.IdnHost}; allowed are {string.Join(", ", options.AllowedHosts)}",
            _ => null,
        };
        return reason is null ? address : throw new ServiceFaultException(FaultKind.Malformed, reason);
    }

    /// <summary>The name in the store of firmwares under which what lies at the address is kept.</summary>
    public static string StoreName(Uri address)
    {
        var last = address.AbsolutePath[(address.AbsolutePath.LastIndexOf('/') + 1)..];
        var name = new string([.. last.Take(120).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or ',' ? c : '_')]);
        return $"fetched/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(address.AbsoluteUri)).AsSpan(0, 8))}-{name}";
    }

    /// <summary>
    /// Whether an address is one of the public Internet: not of this machine, a private network, a link, a group or a
    /// reserved range.
    /// </summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        var bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            // RFC 6890, the registry of special-purpose addresses.
            return (bytes[0], bytes[1], bytes[2]) switch
            {
                (0 or 10 or 127 or >= 224, _, _) => false,
                (100, >= 64 and <= 127, _) => false,
                (169, 254, _) => false,
                (172, >= 16 and <= 31, _) => false,
                (192, 168, _) or (192, 0, 0 or 2) or (192, 88, 99) => false,
                (198, 18 or 19, _) or (198, 51, 100) or (203, 0, 113) => false,
                _ => true,
            };
        }

        // Global unicast is 2000::/3; in it 2001::/23 (Teredo among it), documentation and 6to4 lead elsewhere.
        return (bytes[0] & 0xE0) == 0x20
            && !(bytes[0] == 0x20 && bytes[1] == 0x01 && (bytes[2] < 0x02 || (bytes[2] == 0x0D && bytes[3] == 0xB8)))
            && !(bytes[0] == 0x20 && bytes[1] == 0x02);
    }
}

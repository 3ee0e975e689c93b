namespace IpswDiff.Formats.Zip;

/// <summary>Signatures, sizes and numbers of the format (PKWARE APPNOTE.TXT 6.3.10, section 4).</summary>
internal static class ZipConstants
{
    internal const string Format = "ZIP";

    internal const uint LocalHeaderSignature = 0x04034B50;
    internal const uint CentralHeaderSignature = 0x02014B50;
    internal const uint EndSignature = 0x06054B50;
    internal const uint Zip64EndSignature = 0x06064B50;
    internal const uint Zip64LocatorSignature = 0x07064B50;

    internal const int LocalHeaderLength = 30;
    internal const int CentralHeaderLength = 46;
    internal const int EndLength = 22;
    internal const int Zip64EndLength = 56;
    internal const int Zip64LocatorLength = 20;
    internal const int MaxCommentLength = ushort.MaxValue;

    internal const ushort FlagEncrypted = 1 << 0;
    internal const ushort FlagStrongEncryption = 1 << 6;
    internal const ushort FlagUtf8 = 1 << 11;

    internal const ushort ExtraZip64 = 0x0001;
    internal const ushort ExtraUnicodePath = 0x7075;

    internal const int HostUnix = 3;
    internal const int HostDarwin = 19;

    internal const int UnixTypeMask = 0xF000;
    internal const int UnixDirectory = 0x4000;
    internal const int UnixSymlink = 0xA000;
}

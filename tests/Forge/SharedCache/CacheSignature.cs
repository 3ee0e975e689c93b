using System.Buffers.Binary;
using System.Text;

namespace IpswDiff.Forge.SharedCache;

/// <summary>A code signature that names its file and covers no page of it: a super blob with one code directory.</summary>
internal static class CacheSignature
{
    internal const int Size = 0x4000;

    internal static byte[] Build(string arch)
    {
        var name = Encoding.ASCII.GetBytes("com.apple.dyld.cache." + arch + "\0");
        const int DirectoryOffset = 20;
        const int FixedDirectory = 44;
        var length = FixedDirectory + name.Length;
        var bytes = new byte[Size];
        Put(0, 0xFADE0CC0, (uint)(DirectoryOffset + length), 1, 0, DirectoryOffset);

        // Version 0x20001, ad hoc; no hashes, SHA-256 by type, pages of 16 KiB.
        Put(DirectoryOffset, 0xFADE0C02, (uint)length, 0x20001, 2, (uint)length, FixedDirectory, 0, 0, 0, 0x2002_000E);
        name.CopyTo(bytes.AsSpan(DirectoryOffset + FixedDirectory));
        return bytes;

        void Put(int offset, params ReadOnlySpan<uint> words)
        {
            foreach (var word in words)
            {
                BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(offset), word);
                offset += 4;
            }
        }
    }
}

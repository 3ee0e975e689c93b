using System.Buffers.Binary;
using IpswDiff.Forge.MachO;

namespace IpswDiff.Forge.Samples;

/// <summary>Gives a thin 64-bit Mach-O file that a linker signed another signature, with entitlements, as <c>codesign -f</c> does.</summary>
public static class MachOResigner
{
    private const uint Segment64 = 0x19;
    private const uint CodeSignature = 0x1D;
    private const int HeaderSize = 32;
    private const ulong PageSize = 0x4000;

    public static byte[] Sign(byte[] image, MachOSigner signer)
    {
        var signature = FindCommand(image, command => Command(image, command) == CodeSignature);
        var linkEdit = FindCommand(image, command => Command(image, command) == Segment64 && image.AsSpan(command + 8, 16).StartsWith("__LINKEDIT\0"u8));
        var limit = BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(signature + 8));
        var signed = new byte[limit + ((signer.Measure(limit) + 15) & ~15)];
        image.AsSpan(0, limit).CopyTo(signed);

        // The commands that tell the signature's size are themselves signed.
        BinaryPrimitives.WriteInt32LittleEndian(signed.AsSpan(signature + 12), signed.Length - limit);
        var fileSize = (ulong)signed.Length - BinaryPrimitives.ReadUInt64LittleEndian(signed.AsSpan(linkEdit + 40));
        BinaryPrimitives.WriteUInt64LittleEndian(signed.AsSpan(linkEdit + 48), fileSize);
        BinaryPrimitives.WriteUInt64LittleEndian(signed.AsSpan(linkEdit + 32), (fileSize + PageSize - 1) / PageSize * PageSize);
        signer.Sign(signed.AsSpan(0, limit)).CopyTo(signed, limit);
        return signed;
    }

    private static uint Command(byte[] image, int at) => BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(at));

    private static int FindCommand(byte[] image, Predicate<int> wanted)
    {
        var count = BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(16));
        for (int i = 0, at = HeaderSize; i < count; i++, at += BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(at + 4)))
        {
            if (wanted(at))
            {
                return at;
            }
        }

        throw new ArgumentException("the image has no signature to replace", nameof(image));
    }
}

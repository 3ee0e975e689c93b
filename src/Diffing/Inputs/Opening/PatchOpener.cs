using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.ImagePatches;

namespace IpswDiff.Diffing.Inputs.Opening;

/// <summary>Patches of images: a patch is what it makes of its base.</summary>
internal static class PatchOpener
{
    public static FirmwareInput Open(OpeningContext opening, ByteSource file)
    {
        Span<byte> head = stackalloc byte[8];
        if (RidiffPatch.Matches(head[..file.ReadUpTo(0, head)]))
        {
            throw new FirmwareFormatException(RidiffPatch.Format, 0, $"this image patch is not applied yet: {RidiffPatch.Refusal}");
        }

        var patched = opening.Owned.Add(PatchBases.Apply(file, opening.FileName, opening.Options));
        return InputOpener.Detect(opening, patched.Source);
    }
}

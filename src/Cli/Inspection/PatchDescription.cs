using System.Text.Json;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.ImagePatches;

namespace IpswDiff.Cli.Inspection;

/// <summary>A patch of an update's image: what it needs and makes.</summary>
internal static class PatchDescription
{
    public static void Write(Utf8JsonWriter writer, ByteSource source)
    {
        Span<byte> head = stackalloc byte[8];
        if (BxdiffPatch.Matches(head[..source.ReadUpTo(0, head)]))
        {
            Write(writer, BxdiffPatch.Open(source));
        }
        else
        {
            Write(writer, RidiffPatch.Open(source));
        }
    }

    private static void Write(Utf8JsonWriter writer, BxdiffPatch patch)
    {
        writer.WriteString("type", "bxdiff");
        writer.WriteNumber("patchedSize", patch.Length);
        writer.WriteString("patchedSha1", patch.ResultDigest);
        writer.WriteBoolean("needsBase", patch.BaseDigest is not null);
        writer.WriteString("baseSha1", patch.BaseDigest);
        writer.WriteNumber("steps", patch.StepCount);
    }

    private static void Write(Utf8JsonWriter writer, RidiffPatch patch)
    {
        writer.WriteString("type", "ridiff");
        writer.WriteNumber("variants", patch.Variants);
        writer.WriteString("flags", $"0x{patch.Flags:x}");
        writer.WriteNumber("steps", patch.Steps);
        writer.WriteNumber("excessSpace", patch.ExcessSpace);
        writer.WriteString("imageSha256", patch.Digest);
        WriteNumber(writer, "imageSize", patch.ImageSize);
        WriteNumber(writer, "extents", patch.Extents);
        WriteNumber(writer, "forks", patch.Forks);
        writer.WriteString("refusal", RidiffPatch.Refusal);
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, ulong? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}

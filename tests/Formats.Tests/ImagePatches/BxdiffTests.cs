using System.Buffers.Binary;
using IpswDiff.Forge;
using IpswDiff.Forge.Compression;
using IpswDiff.Forge.ImagePatches;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;
using IpswDiff.Formats.ImagePatches;
using IpswDiff.Formats.Pbzx;

namespace IpswDiff.Formats.Tests.ImagePatches;

public sealed class BxdiffTests
{
    private static readonly byte[] Old = SampleData.Mixed(1, 60_000);
    private static readonly byte[] New = [.. SampleData.Mixed(1, 60_000).AsSpan(0, 31_000), .. SampleData.Mixed(2, 9_000), .. Old.AsSpan(20_000, 30_001)];

    [Theory]
    [InlineData(PbzxAlgorithm.Lzma, false)]
    [InlineData(PbzxAlgorithm.Lzma, true)]
    [InlineData(PbzxAlgorithm.Lzraven, false)]
    public void Makes_the_new_file_of_its_base(PbzxAlgorithm algorithm, bool twosComplement)
    {
        var source = new MemoryByteSource(BxdiffWriter.Write(Old, New, algorithm, twosComplement));
        Assert.Equal(FileFormat.ImagePatch, FileFormats.Detect(source));
        var patch = BxdiffPatch.Open(source);
        Assert.Equal(New.Length, patch.Length);
        Assert.True(patch.StepCount > 10);
        using var patched = patch.Apply(new MemoryByteSource(Old));
        Assert.Equal(New, patched.Source.ReadBytes(0, (int)patched.Source.Length));
    }

    [Fact]
    public void A_patch_that_is_the_new_file_needs_no_base()
    {
        var patch = BxdiffPatch.Open(new MemoryByteSource(BxdiffWriter.WriteWhole(New)));
        Assert.Null(patch.BaseDigest);
        using var patched = patch.Apply(null);
        Assert.Equal(New, patched.Source.ReadBytes(0, New.Length));
    }

    [Fact]
    public void Names_the_base_that_is_missing_or_another()
    {
        var patch = BxdiffPatch.Open(new MemoryByteSource(BxdiffWriter.Write(Old, New)));
        Assert.Contains(patch.BaseDigest!, Fault(patch, null), StringComparison.Ordinal);
        Assert.Contains("the base is another file", Fault(patch, new MemoryByteSource(New)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(16)]
    public void Never_takes_a_result_for_right_whose_digest_or_size_is_another(int offset)
    {
        foreach (var bytes in (byte[][])[BxdiffWriter.Write(Old, New), BxdiffWriter.WriteWhole(New)])
        {
            bytes[offset] ^= 1;
            var patch = BxdiffPatch.Open(new MemoryByteSource(bytes));
            Assert.NotEmpty(Fault(patch, new MemoryByteSource(Old)));
        }
    }

    [Theory]
    [InlineData(0, 1L << 40, "past the result's end")]
    [InlineData(0, -5L, "past the result's end")]
    [InlineData(8, 1L << 40, "past the result's end")]
    [InlineData(16, 1L << 40, "leaves the base")]
    [InlineData(16, -(1L << 40), "leaves the base")]
    public void Refuses_steps_that_leave_base_or_result(int offset, long value, string reason)
    {
        var bytes = BxdiffWriter.Write(Old, New, PbzxAlgorithm.None);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(88 + 12 + 16 + offset), value);
        Assert.Contains(reason, Fault(BxdiffPatch.Open(new MemoryByteSource(bytes)), new MemoryByteSource(Old)), StringComparison.Ordinal);
    }

    [Fact]
    public void Survives_damage_and_truncation()
    {
        foreach (var good in (byte[][])[BxdiffWriter.Write(Old, New), BxdiffWriter.WriteWhole(New)])
        {
            foreach (var damaged in Mutator.Damage(good, 150, 3, 120).Concat(Mutator.Truncate(good, 30)))
            {
                try
                {
                    using var patched = BxdiffPatch.Open(new MemoryByteSource(damaged), new BlockCache(1 << 20)).Apply(new MemoryByteSource(Old));
                    Assert.Equal(New, patched.Source.ReadBytes(0, (int)patched.Source.Length));
                }
                catch (FirmwareFormatException fault)
                {
                    Assert.NotEmpty(fault.Reason);
                }
            }
        }
    }

    [Fact]
    public void Describes_a_raw_image_diff()
    {
        var source = new MemoryByteSource(RidiffWriter.Write(New, extents: 4, forks: 7));
        Assert.Equal(FileFormat.ImagePatch, FileFormats.Detect(source));
        var patch = RidiffPatch.Open(source);
        Assert.Equal((1, 2UL, 10UL, 0x4000U), (patch.Variants, patch.Flags, patch.Steps, patch.ExcessSpace));
        Assert.Equal(((ulong)New.Length, 4UL, 7UL), (patch.ImageSize, patch.Extents, patch.Forks));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(New)), patch.Digest);
        foreach (var damaged in Mutator.Damage(RidiffWriter.Write(New), 300, 5).Concat(Mutator.Truncate(RidiffWriter.Write(New), 60)))
        {
            try
            {
                Assert.NotNull(RidiffPatch.Open(new MemoryByteSource(damaged), new BlockCache(1 << 20)));
            }
            catch (FirmwareFormatException fault)
            {
                Assert.NotEmpty(fault.Reason);
            }
        }
    }

    private static string Fault(BxdiffPatch patch, ByteSource? baseFile) => Assert.Throws<FirmwareFormatException>(() => patch.Apply(baseFile)).Reason;
}

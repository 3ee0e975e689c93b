using System.Security.Cryptography;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Samples;
using IpswDiff.Formats.Apfs;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;
using IpswDiff.Formats.Ipsw;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.Partitions;
using IpswDiff.Formats.Udif;

namespace IpswDiff.Forge.Tests.Samples;

public sealed class SampleReadingTests
{
    private static readonly SampleFirmware Firmware = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Readers_find_in_every_volume_what_was_planted(bool isNew)
    {
        var version = isNew ? SampleFirmware.NewVersion : SampleFirmware.OldVersion;
        using var ipsw = IpswArchive.Open(Path.Combine(SampleBinaries.SamplesFolder, version.FileName));
        Assert.Equal((version.Version, version.Build), (ipsw.Version, ipsw.Build));
        foreach (var (role, plan) in new[] { ("OS", Firmware.FileSystem), ("Cryptex1,SystemOS", Firmware.SystemOs), ("Cryptex1,AppOS", Firmware.AppOs) })
        {
            using var member = ipsw.OpenMember(ipsw.Volumes.Single(volume => volume.Role == role).Member!);
            var disk = UdifImage.Open(member.Source);
            disk.Verify(Token);
            var container = ApfsContainer.Open(PartitionTable.Open(disk).Partitions
                .Select(partition => disk.Slice(partition.Offset, partition.Size))
                .Single(ApfsContainer.Matches));
            container.Verify(Token);
            var volume = Assert.Single(container.Volumes);
            var planted = (isNew ? plan.New : plan.Old).Walk().OrderBy(entry => entry.Path, PathOrder.Instance).Select(entry => Describe(entry.Path, entry.Node));
            Assert.Equal(planted, volume.Walk(cancellationToken: Token).Select(entry => Describe(volume, entry)));
        }
    }

    [Fact]
    public void The_application_volumes_have_one_digest_and_the_others_two()
    {
        string?[] Digests(SampleVersion version)
        {
            using var ipsw = IpswArchive.Open(Path.Combine(SampleBinaries.SamplesFolder, version.FileName));
            return [.. ipsw.Volumes.Where(volume => volume.Role == "Cryptex1,AppOS").Concat(ipsw.Volumes.Where(volume => volume.Role != "Cryptex1,AppOS")).Select(volume => volume.Digest)];
        }

        var (old, @new) = (Digests(SampleFirmware.OldVersion), Digests(SampleFirmware.NewVersion));
        Assert.NotNull(old[0]);
        Assert.Equal(old[0], @new[0]);
        Assert.Empty(old[1..].Intersect(@new[1..]));
    }

    [Fact]
    public void Signatures_of_signed_programs_hold_their_entitlements_and_cover_their_pages()
    {
        var signed = 0;
        foreach (var binary in Firmware.FileSystem.Binaries)
        {
            var image = MachOFile.Open(new MemoryByteSource(binary.Bytes)).Slices[0];
            if (image.ReadCodeSignature() is not { } signature || signature.ReadEntitlementsXml() is null)
            {
                continue;
            }

            signed++;
            Assert.NotNull(signature.ReadEntitlementsDer());
            var directory = signature.Preferred!;
            for (var page = 0; page < directory.CodeSlotCount; page++)
            {
                var start = page << directory.PageSizeBits;
                var length = (int)Math.Min(1 << directory.PageSizeBits, directory.CodeLimit - start);
                Assert.Equal(SHA256.HashData(binary.Bytes.AsSpan(start, length)), directory.ReadCodeHash(page));
            }
        }

        Assert.Equal(8, signed);
    }

    [Fact]
    public void LLVM_reads_in_every_assembled_binary_what_it_was_assembled_from()
    {
        foreach (var tool in LlvmFacts.Tools)
        {
            tool.Required();
        }

        var committed = Directory.EnumerateFiles(SampleBinaries.Folder, "*", SearchOption.AllDirectories).Select(file => Hash(File.ReadAllBytes(file))).ToHashSet();
        var assembled = Firmware.FileSystem.Binaries.Concat(Firmware.SystemOs.Binaries).Where(binary => !committed.Contains(Hash(binary.Bytes))).ToList();
        Assert.NotEmpty(assembled);
        var path = Path.GetTempFileName();
        try
        {
            foreach (var binary in assembled)
            {
                File.WriteAllBytes(path, binary.Bytes);
                Assert.Equal(SampleJson.Serialize(binary.Slices), SampleJson.Serialize(LlvmFacts.Describe(path, "assembled").Slices));
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Describe(string path, ForgeNode node) => node switch
    {
        ForgeFile file => $"{path} File {file.Mode} {file.Content.Length} {Hash(file.Content.ToArray())}",
        ForgeSymlink link => $"{path} Symlink {link.Target}",
        _ => $"{path} Directory {node.Mode}",
    };

    private static string Describe(ApfsVolume volume, FileEntry entry)
    {
        if (entry.Kind != FileKind.File)
        {
            return $"{entry.Path} {entry.Kind} {entry.Target ?? entry.Mode.ToString(System.Globalization.CultureInfo.InvariantCulture)}";
        }

        var bytes = new byte[entry.Size];
        volume.Open(entry).ReadExactly(0, bytes);
        return $"{entry.Path} File {entry.Mode} {entry.Size} {Hash(bytes)}";
    }

    private static string Hash(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes));
}

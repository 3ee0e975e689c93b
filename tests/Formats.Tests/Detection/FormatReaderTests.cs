using System.Text;
using IpswDiff.Forge;
using IpswDiff.Forge.Aea;
using IpswDiff.Forge.AppleArchive;
using IpswDiff.Forge.Ar;
using IpswDiff.Forge.DeviceTree;
using IpswDiff.Forge.Exclave;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ftab;
using IpswDiff.Forge.HfsPlus;
using IpswDiff.Forge.ImagePatches;
using IpswDiff.Forge.Img3;
using IpswDiff.Forge.Img4;
using IpswDiff.Forge.Kernelcache;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Partitions;
using IpswDiff.Forge.Pbzx;
using IpswDiff.Forge.SharedCache;
using IpswDiff.Forge.SharedCache.Pairs;
using IpswDiff.Forge.TrustCache;
using IpswDiff.Forge.Udif;
using IpswDiff.Forge.Zip;
using IpswDiff.Formats.Aea;
using IpswDiff.Formats.Apfs;
using IpswDiff.Formats.AppleArchive;
using IpswDiff.Formats.Ar;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Detection;
using IpswDiff.Formats.DeviceTree;
using IpswDiff.Formats.DiskImages;
using IpswDiff.Formats.Exclave;
using IpswDiff.Formats.Ftab;
using IpswDiff.Formats.HfsPlus;
using IpswDiff.Formats.IBoot;
using IpswDiff.Formats.ImagePatches;
using IpswDiff.Formats.Img3;
using IpswDiff.Formats.Img4;
using IpswDiff.Formats.Ipsw;
using IpswDiff.Formats.Kernelcache;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.CodeSigning;
using IpswDiff.Formats.Partitions;
using IpswDiff.Formats.Pbzx;
using IpswDiff.Formats.SharedCache;
using IpswDiff.Formats.TrustCache;
using IpswDiff.Formats.Udif;
using IpswDiff.Formats.Zip;
using Forged = IpswDiff.Forge.Apfs;
using PartitionMap = IpswDiff.Forge.Partitions.PartitionMap;

namespace IpswDiff.Formats.Tests.Detection;

/// <summary>The contract of <see cref="IFormatReader{TReader}"/>, held by every reader, and the detector, which asks the readers.</summary>
public sealed class FormatReaderTests
{
    private static readonly ForgeTree Tree = MakeTree();

    [Fact]
    public void Zip() => Holds<ZipArchiveReader>(MakeZip(), FileFormat.Zip, damage: bytes => bytes[..^10]);

    [Fact]
    public void Encrypted_archive_that_carries_its_key()
    {
        var builder = new AeaBuilder(3);
        builder.WithField("encryption_key", Encoding.ASCII.GetBytes(Convert.ToHexString(builder.Key.Span)));
        Holds<AeaArchive>(builder.Build(new byte[100_000]), FileFormat.Aea, damage: bytes => bytes[..20]);
    }

    [Fact]
    public void Disk_image_in_chunks()
    {
        var image = MakeImage();
        Holds<UdifImage>(image, FileFormat.DiskImage, damage: WithoutTables, byHead: false);
        Holds<DiskImage>(image, FileFormat.DiskImage, damage: WithoutTables, byHead: false);

        // The property list that says where the chunks are is what the trailer points at.
        static byte[] WithoutTables(byte[] bytes) => [.. new byte[bytes.Length - 512], .. bytes.AsSpan(bytes.Length - 512)];
    }

    [Fact]
    public void Disk_image_under_a_passphrase()
    {
        byte[] newer = [.. "encrcdsa"u8, .. new byte[4096]];
        byte[] older = [.. new byte[4096], .. "cdsaencr"u8];
        Assert.All([newer, older], bytes =>
        {
            Assert.Equal(FileFormat.DiskImage, FileFormats.Detect(new MemoryByteSource(bytes)));
            Assert.Contains("passphrase", Assert.Throws<FirmwareFormatException>(() => UdifImage.TryOpen(new MemoryByteSource(bytes), out _)).Reason, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void What_only_ends_like_a_trailer_is_no_disk_image()
    {
        byte[] bytes = [.. MakeZip(), .. "koly"u8, .. new byte[508]];
        Assert.False(UdifImage.Matches(new MemoryByteSource(bytes)));
        Assert.Equal(FileFormat.Zip, FileFormats.Detect(new MemoryByteSource(bytes)));
    }

    [Fact]
    public void Archive_plain_and_as_a_stream()
    {
        var archive = new AppleArchiveWriter().AddTree(Tree).ToArray();
        Holds<AppleArchiveVolume>(archive, FileFormat.AppleArchive, damage: bytes => bytes[..10]);
        Holds<AppleArchiveVolume>(PbzxWriter.Write(archive), FileFormat.Pbzx, damage: bytes => bytes[..^10], byHead: false);
        Holds<PbzxSource>(PbzxWriter.Write(archive), FileFormat.Pbzx, damage: bytes => bytes[..^10]);
    }

    [Fact]
    public void Mach_o() => Holds<MachOFile>(
        ExampleImage.Create(MachOArch.Arm64e, MachOFileType.Execute).Build(), FileFormat.MachO, damage: bytes => bytes[..100]);

    [Fact]
    public void Static_library_alone_and_for_each_processor()
    {
        var archive = new ArWriter().Add("a.o", [1, 2, 3]).Write();
        Holds<ArArchive>(archive, FileFormat.StaticLibrary, damage: bytes => bytes[..^10]);
        Holds<StaticLibrary>(archive, FileFormat.StaticLibrary, damage: bytes => bytes[..^10]);
        Holds<StaticLibrary>(FatBuilder.Build([(MachOArch.Arm64, archive)]), FileFormat.StaticLibrary, damage: null, byHead: false);
    }

    [Fact]
    public void Container_before_Image4() => Holds<Img3File>(new Img3Writer("ibot").Write(new byte[1000]), FileFormat.Img3, damage: bytes => bytes[..^10]);

    [Fact]
    public void Patches_of_images()
    {
        Holds<BxdiffPatch>(BxdiffWriter.Write(new byte[5000], new byte[6000]), FileFormat.ImagePatch, damage: bytes => bytes[..^10]);
        Holds<RidiffPatch>(RidiffWriter.Write(new byte[5000]), FileFormat.ImagePatch, damage: bytes => bytes[..70]);
    }

    [Fact]
    public void Kernelcache_bare_and_in_a_payload()
    {
        var cache = KernelcacheBuilder.Example(KernelcacheForm.Fileset).Build();
        Holds<KernelcacheFile>(cache, FileFormat.MachO, damage: bytes => bytes[..100]);
        Holds<KernelcacheFile>(new Im4pWriter("krnl", "1") { Packing = Im4pPacking.Lzfse }.Write(cache), FileFormat.Im4p, damage: bytes => bytes[..100]);
    }

    [Fact]
    public void Shared_cache_alone_and_beside_its_other_files()
    {
        var (written, files) = ExampleCaches.Builder(ExampleCaches.Kinds["not split"] with { LocalSymbols = LocalSymbolsPlace.None }, images: 2).Build();
        Holds<DyldSharedCache>(files[written.Options.Name], FileFormat.SharedCache, damage: bytes => bytes[..100], opensFiles: false);

        (written, files) = ExampleCaches.Builder(ExampleCaches.Kinds["iOS 26 arm64e"], images: 2).Build();
        Assert.Throws<FirmwareFormatException>(() => DyldSharedCache.Open(new MemoryByteSource(files[written.Options.Name])));
        var folder = Directory.CreateTempSubdirectory("ipswdiff-tests-");
        try
        {
            foreach (var (name, bytes) in files)
            {
                File.WriteAllBytes(Path.Combine(folder.FullName, name), bytes);
            }

            using var opened = DyldSharedCache.OpenFile(Path.Combine(folder.FullName, written.Options.Name));
            Assert.Equal(files.Count, opened.Cache.Files.Count);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Payload_and_image_of_the_boot_chain()
    {
        var payload = new Im4pWriter("ibot", "iBoot-1").Write(new byte[1000]);
        Holds<Im4p>(payload, FileFormat.Im4p, damage: bytes => bytes[..^10]);
        Holds<Img4File>(payload, FileFormat.Im4p, damage: bytes => bytes[..^10]);
        var image = new Im4pWriter("ibot", "iBoot-1").WriteImg4(new byte[1000], [9, 9]);
        Holds<Img4File>(image, FileFormat.Img4, damage: bytes => bytes[..^10]);
        Assert.False(Im4p.TryOpen(new MemoryByteSource(image), out _));
        Assert.False(Im4m.TryOpen(new MemoryByteSource(payload), out _));
        Assert.False(Im4r.TryOpen(new MemoryByteSource(payload), out _));
    }

    [Fact]
    public void Parts_of_firmware()
    {
        Holds<FtabFile>(new FtabWriter().Add("abcd", new byte[100]).Write(), FileFormat.Unknown, damage: bytes => bytes[..50]);
        Holds<ExclaveBundle>(ExclaveWriter.Example(3).Write(), FileFormat.Unknown, damage: bytes => bytes[..64]);
        Holds<DeviceTreeFile>(DeviceTreeWriter.Write(DeviceTreeWriter.Example()), FileFormat.Unknown, damage: bytes => bytes[..100]);
        var trust = new TrustCacheWriter(2) { Entries = { new([.. Enumerable.Range(0, 20).Select(i => (byte)i)], 2, 1, 8) } }.Write();
        Holds<TrustCacheFile>(trust, FileFormat.Unknown, damage: null);
        Assert.False(TrustCacheFile.TryOpen(new MemoryByteSource(trust.AsMemory(0, trust.Length - 1)), out _));
    }

    [Fact]
    public void Volumes_and_disks_without_anything_around()
    {
        Holds<HfsPlusVolume>(new HfsPlusImage(Tree, new HfsPlusOptions()).ToArray(), FileFormat.HfsPlus, damage: bytes => bytes[..2000]);
        Holds<ApfsContainer>(MakeDisk(PartitionMap.None), FileFormat.Apfs, damage: bytes => bytes[..2000]);
        Holds<DiskImage>(MakeDisk(PartitionMap.None), FileFormat.Apfs, damage: bytes => bytes[..2000]);
        Holds<PartitionTable>(MakeDisk(PartitionMap.Gpt), FileFormat.DiskImage, damage: bytes => bytes[..2000]);
        Holds<PartitionTable>(MakeDisk(PartitionMap.Apm), FileFormat.DiskImage, damage: bytes => bytes[..600]);
    }

    [Fact]
    public void Whatever_opens_a_file_keeps_to_the_contract_unless_the_format_has_no_mark()
    {
        // Parts of files that something else leads to, and formats that only what surrounds them tells.
        string[] others = [nameof(CodeSignature), nameof(IBootImage), nameof(IpswArchive), nameof(MachOImage)];
        var openers = typeof(ByteSource).Assembly.GetExportedTypes().Where(type => type.IsClass && type.GetMethods()
            .Any(method => method is { IsStatic: true, Name: "Open" } && method.GetParameters() is [{ ParameterType: var first }, ..] && first == typeof(ByteSource)));
        Assert.Equal(others, openers
            .Where(type => !type.GetInterfaces().Any(contract => contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IFormatReader<>)))
            .Select(type => type.Name).Order(StringComparer.Ordinal));
    }

    /// <summary>
    /// The contract: bytes of the format match and open, by whatever way; bytes of no format do neither; damaged ones match, and are an
    /// error that names the file.
    /// </summary>
    private static void Holds<TReader>(byte[] bytes, FileFormat detected, Func<byte[], byte[]>? damage, bool byHead = true, bool opensFiles = true)
        where TReader : class, IFormatReader<TReader>
    {
        var source = new MemoryByteSource(bytes);
        Assert.InRange(TReader.HeadLength, 1, 8192);
        Assert.Equal(byHead, TReader.Matches(bytes.AsSpan(0, Math.Min(bytes.Length, TReader.HeadLength))));
        Assert.True(TReader.Matches(source));
        Assert.NotNull(TReader.Open(source));
        Assert.True(FormatReaders.TryOpen<TReader>(source, out _));
        Assert.Equal(detected, FileFormats.Detect(source));

        foreach (var other in new byte[][] { [], [1], [.. "just a text that is none of them, and long enough for all heads"u8] })
        {
            Assert.False(TReader.Matches(other.AsSpan()));
            Assert.False(FormatReaders.TryOpen<TReader>(new MemoryByteSource(other), out _));
        }

        if (opensFiles)
        {
            using var file = TemporaryFile.Write(bytes);
            using var opened = FormatReaders.OpenFile<TReader>(file.Path);
            Assert.NotNull(opened.Reader);
        }

        if (damage is not null)
        {
            var damaged = damage(bytes);
            Assert.Throws<FirmwareFormatException>(() => FormatReaders.TryOpen<TReader>(new MemoryByteSource(damaged), out _));
            using var file = TemporaryFile.Write(damaged);
            Assert.Equal(file.Path, Assert.Throws<FirmwareFormatException>(() => FormatReaders.OpenFile<TReader>(file.Path)).File?.Split(":")[0]);
        }
    }

    private static ForgeTree MakeTree()
    {
        var tree = new ForgeTree();
        tree.AddFile("/a/b", "text");
        return tree;
    }

    private static byte[] MakeZip()
    {
        using var stream = new MemoryStream();
        new ZipWriter(stream).Add("a", ForgeContent.FromText("x")).Finish();
        return stream.ToArray();
    }

    private static byte[] MakeImage()
    {
        using var stream = new MemoryStream();
        ForgeImage.WriteDmg(stream, [new Forged.ApfsVolume("OS", Tree)]);
        return stream.ToArray();
    }

    private static byte[] MakeDisk(PartitionMap map)
    {
        using var stream = new MemoryStream();
        ForgeImage.WriteRaw(stream, [new DiskPartition("disk image", new Forged.ApfsContainer([new Forged.ApfsVolume("OS", Tree)]))], map);
        return stream.ToArray();
    }
}

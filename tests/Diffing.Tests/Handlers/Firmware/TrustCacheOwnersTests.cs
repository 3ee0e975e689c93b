using System.Buffers.Binary;
using System.Security.Cryptography;
using IpswDiff.Diffing.Options;
using IpswDiff.Forge.Apfs;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ipsw;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.TrustCache;
using IpswDiff.Forge.Udif;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.CodeSigning;

namespace IpswDiff.Diffing.Tests.Handlers.Firmware;

/// <summary>A trust cache and the binaries on the volumes beside it: what came and went is named through the binaries that own it.</summary>
public sealed class TrustCacheOwnersTests
{
    private const string Handler = "Firmware";
    private const string Cache = "StaticTrustCache";

    private static readonly byte[] OldTool = Fat(seed: 1);
    private static readonly byte[] NewTool = Fat(seed: 2);
    private static readonly byte[] Gone = Program("com.example.gone", 3);
    private static readonly byte[] Fresh = Program("com.example.fresh", 4);
    private static readonly byte[] Same = Program("com.example.same", 5);
    private static readonly byte[] Stranger = [.. Enumerable.Repeat((byte)0x5A, 20)];

    [Theory]
    [InlineData(1, 1L << 30, false, false)]
    [InlineData(3, 30_000, false, false)]
    [InlineData(2, 1, true, false)]
    [InlineData(2, 30_000, false, true)]
    public async Task Hashes_that_came_and_went_are_named_through_their_binaries(int parallelism, long shardBytes, bool exhaustive, bool unpacked)
    {
        using var pair = new ForgedFirmwares(Build(isNew: false), Build(isNew: true), unpacked);
        var report = await pair.RunAsync(Handler, options => options with
        {
            Handlers = ["MachO", "Entitlements", Handler],
            Budget = MemoryBudget.Divide(MemoryBudget.DefaultBytes, parallelism),
            ShardBytes = shardBytes,
            Exhaustive = exhaustive,
        });
        report.AssertItems(changed: [Cache]);

        // Both slices, and both code directories of each.
        Assert.Equal(4, HashesOf(NewTool).Length);
        var expected = HashesOf(OldTool).Select(hash => $"-{hash} FileSystem:/usr/bin/tool")
            .Concat(HashesOf(Gone).Select(hash => $"-{hash} FileSystem:/usr/bin/gone"))
            .Concat(HashesOf(NewTool).Select(hash => $"+{hash} FileSystem:/usr/bin/tool"))
            .Concat(HashesOf(Fresh).Select(hash => $"+{hash} FileSystem:/usr/libexec/fresh SystemOS:/usr/bin/fresh"))
            .Concat(HashesOf(Same).Select(hash => $"+{hash}"))
            .Append($"+{Convert.ToHexStringLower(Stranger)}");
        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            report.Details[Cache].Values.Select(value => string.Join(
                ' ', [(value.Old is null ? '+' : '-') + Assert.Single(value.Key), .. value.Owners?.Select(owner => $"{owner.Volume}:{owner.Path}") ?? []]))
                .Order(StringComparer.Ordinal));
        var page = File.ReadAllText(Path.Combine(report.Pages, "FIRMWARE/StaticTrustCache.md"));
        Assert.Contains($"\n+{HashesOf(Fresh)[0]} (FileSystem: /usr/libexec/fresh, SystemOS: /usr/bin/fresh) = {{", page, StringComparison.Ordinal);
        Assert.Contains($"\n+{HashesOf(Same)[0]} = {{", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_handler_that_reads_binaries_hashes_stay_without_names()
    {
        using var pair = new ForgedFirmwares(Build(isNew: false), Build(isNew: true));
        var report = await pair.RunAsync(Handler);
        report.AssertItems(changed: [Cache]);
        Assert.All(report.Details[Cache].Values, value => Assert.Null(value.Owners));
    }

    [Fact]
    public async Task A_damaged_signature_costs_its_own_name_alone()
    {
        var damaged = NewTool.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(damaged.AsSpan(damaged.AsSpan().IndexOf((byte[])[0xFA, 0xDE, 0x0C, 0xC0])), 1);
        using var pair = new ForgedFirmwares(Build(isNew: false), Build(isNew: true, damaged));
        var report = await pair.RunAsync(Handler, options => options with { Handlers = ["Entitlements", Handler] });
        var owners = report.Details[Cache].Values.Where(value => value.Old is null).ToDictionary(value => value.Key[0], value => value.Owners, StringComparer.Ordinal);
        Assert.Equal([false, false, true, true], HashesOf(NewTool).Select(hash => owners[hash] is not null));
        Assert.NotNull(owners[HashesOf(Fresh)[0]]);
    }

    private static IpswBuilder Build(bool isNew, byte[]? tool = null)
    {
        var (files, system) = (new ForgeTree(), new ForgeTree());
        files.AddFile("/usr/bin/same", Same);
        files.AddFile("/usr/bin/tool", tool ?? (isNew ? NewTool : OldTool));
        system.AddFile("/usr/bin/other", Same);
        if (isNew)
        {
            files.AddFile("/usr/libexec/fresh", Fresh);
            system.AddFile("/usr/bin/fresh", Fresh);
        }
        else
        {
            files.AddFile("/usr/bin/gone", Gone);
        }

        var cache = new TrustCacheWriter(2) { Uuid = new Guid(isNew ? 1 : 2, 0, 0, new byte[8]) };
        foreach (var binary in isNew ? [NewTool, Fresh, Same] : (byte[][])[OldTool, Gone])
        {
            cache.Entries.AddRange(HashesOf(binary).Select(hash => new TrustCacheEntryPlan(Convert.FromHexString(hash))));
        }

        if (isNew)
        {
            cache.Entries.Add(new TrustCacheEntryPlan(Stranger));
        }

        var build = isNew ? "2" : "1";
        return new IpswBuilder("26." + build, "23A" + build)
            .AddBoard("d99ap", "iPhone99,1")
            .AddVolume("OS", $"090-{build}1111-001.dmg", Image(files))
            .AddVolume("Cryptex1,SystemOS", $"091-{build}1111-001.dmg", Image(system))
            .AddFirmware(Cache, $"Firmware/090-{build}1111-001.dmg.trustcache", ForgeContent.FromBytes(FirmwarePlants.Im4p("trst", cache.Write())));
    }

    private static ForgeContent Image(ForgeTree tree)
    {
        using var stream = new MemoryStream();
        ForgeImage.WriteDmg(stream, [new ApfsVolume("Volume", tree)]);
        return ForgeContent.FromBytes(stream.ToArray());
    }

    private static byte[] Program(string identifier, ulong seed) => SyntheticMachO.Program(identifier, seed, 20_000).Build();

    private static byte[] Fat(ulong seed)
    {
        return FatBuilder.Build([(MachOArch.Arm64, Slice(MachOArch.Arm64)), (MachOArch.Arm64e, Slice(MachOArch.Arm64e))]);

        byte[] Slice(MachOArch arch)
        {
            var builder = ExampleImage.Create(arch, MachOFileType.Execute);
            builder.Signer = new MachOSigner($"com.example.tool{seed}") { HashTypes = [CodeHashType.Sha1, CodeHashType.Sha256] };
            return builder.Build();
        }
    }

    // As the kernel does it: the hash of each code directory (magic, length, …, hash type at 37), cut to 20 bytes.
    private static string[] HashesOf(ReadOnlySpan<byte> binary)
    {
        var hashes = new List<string>();
        for (var at = 0; binary[at..].IndexOf((byte[])[0xFA, 0xDE, 0x0C, 0x02]) is var next && next >= 0; at += next + 4)
        {
            var directory = binary[(at + next)..];
            directory = directory[..(int)BinaryPrimitives.ReadUInt32BigEndian(directory[4..])];
            hashes.Add(Convert.ToHexStringLower((directory[37] == 1 ? SHA1.HashData(directory) : SHA256.HashData(directory)).AsSpan(0, 20)));
        }

        return [.. hashes];
    }
}

using CsCheck;
using IpswDiff.Diffing.Unpacked;
using IpswDiff.Forge;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Tests.Unpacking;

/// <summary>The index of an unpacked volume: what was written is what is read, whatever names hold, and damage is told as such.</summary>
public class VolumeIndexTests
{
    // Names on HFS+ volumes are UTF-16 that need not be well-formed: halves of pairs are among them.
    private static readonly Gen<string> Name = Gen.Char["ab/.-\u00e9\ud83d\ude00\ud800\udc00 \u202e"].Array[1, 12].Select(units => new string(units).Replace('/', 'x'));

    private static readonly Gen<FileEntry> Entry = Gen.Select(
        Name.Array[1, 4], Gen.Enum<FileKind>(), Gen.Long[0, long.MaxValue], Gen.Int[0, 0xFFF], Gen.ULong, Gen.UInt, Gen.Long[0, long.MaxValue], Gen.Int[0, 7]).Select(
        (parts, kind, size, mode, id, owner, place, with) => new FileEntry
        {
            Path = "/" + string.Join('/', parts),
            Kind = kind,
            Size = size,
            Mode = mode,
            FileId = id,
            Uid = owner,
            Gid = owner / 3,
            IsCompressed = (with & 1) != 0,
            Target = kind == FileKind.Symlink ? string.Join('/', parts) : null,
            ContentHash = (with & 2) != 0 ? $"apfs-sha256:{id:x}" : null,
            Digest = (with & 4) != 0 ? new ContentDigest(id, ~id, id * 3, 0) : null,
            PhysicalOffset = place,
        });

    [Fact]
    public void Reads_what_was_written_from_any_path_on() => Gen.Select(Entry.Array[1, 700], Name).Sample(
        (drawn, name) =>
        {
            var entries = drawn.DistinctBy(entry => entry.Path).OrderBy(entry => entry.Path, PathOrder.Instance).ToArray();
            var index = Open(Write(entries));
            Assert.Equal(entries, index.From("/"));
            var first = "/" + name;
            Assert.Equal(entries.Where(entry => PathOrder.Compare(entry.Path, first) >= 0), index.From(first));
            Assert.Equal(entries.FirstOrDefault(entry => entry.Path == first), index.Find(first));
            Assert.All(entries.Take(20), entry => Assert.Equal(entry, index.Find(entry.Path)));
        },
        iter: 40);

    [Fact]
    public void Damage_is_told_as_damage()
    {
        var (bytes, blocks) = Write([.. Enumerable.Range(0, 900).Select(i => new FileEntry
        {
            Path = $"/folder/{i:D4}", Kind = FileKind.File, Size = i, Mode = 420, FileId = (ulong)i, Digest = new ContentDigest((ulong)i, 1, 2, 3),
        })]);
        var told = 0;
        foreach (var damaged in Mutator.Damage(bytes, 400, 11).Concat(Mutator.Truncate(bytes, 60)))
        {
            try
            {
                _ = Open((damaged, blocks)).From("/").Count();
            }
            catch (FirmwareFormatException)
            {
                told++;
            }
        }

        Assert.True(told > 100, $"of 460 damaged indexes only {told} were refused");
    }

    [Fact]
    public void A_table_that_does_not_fit_is_refused()
    {
        var (bytes, blocks) = Write([.. Enumerable.Range(0, 900).Select(i => new FileEntry { Path = $"/{i:D4}", Kind = FileKind.Special, Size = 0, Mode = 0, FileId = (ulong)i })]);
        Assert.True(blocks.Count > 2);
        IReadOnlyList<IndexBlock>[] wrong =
        [
            [.. blocks.Skip(1)],
            [blocks[1], blocks[0]],
            [blocks[0] with { PackedLength = int.MaxValue }],
            [blocks[0] with { Length = int.MaxValue }],
            [blocks[0] with { Length = blocks[0].Length + 1 }],
            [blocks[0] with { Entries = 1 }],
            [blocks[0] with { First = "/another" }],
        ];
        Assert.All(wrong, table => Assert.Throws<FirmwareFormatException>(() => Open((bytes, table)).From("/").Count()));
    }

    private static (byte[] Bytes, IReadOnlyList<IndexBlock> Blocks) Write(FileEntry[] entries)
    {
        using var stream = new MemoryStream();
        var writer = new IndexBlockWriter(stream);
        foreach (var entry in entries)
        {
            writer.AddAsync(entry, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }

        writer.FlushAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return (stream.ToArray(), writer.Blocks);
    }

    private static VolumeIndex Open((byte[] Bytes, IReadOnlyList<IndexBlock> Blocks) written) => new(new MemoryByteSource(written.Bytes), written.Blocks);
}

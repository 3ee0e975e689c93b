using System.Buffers.Binary;
using System.IO.Compression;
using IpswDiff.Forge.FileTree;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Zip;

namespace IpswDiff.Formats.Tests.Zip;

public sealed class ZipArchiveReaderTests
{
    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "")]
    [InlineData(false, "a comment with PK\u0005\u0006 in it, long enough to look like a record")]
    [InlineData(true, "a comment")]
    public void Lists_and_opens_every_member(bool zip64, string comment)
    {
        var zip = ZipSamples.Open(ZipSamples.Everything(zip64, comment));

        Assert.Equal(
            ["Firmware/", "Firmware/stored.bin", "Firmware/deflated.txt", "empty", "empty deflated", "Größe-検索.plist", "link"],
            zip.Members.Select(member => member.Name));
        Assert.True(zip.Find("Firmware/")!.IsDirectory);
        Assert.Equal(0x81ED, zip.Find("Firmware/stored.bin")!.UnixMode);
        Assert.True(zip.Find("link")!.IsSymlink);
        Assert.Equal(ZipMethod.Deflate, zip.Find("Firmware/deflated.txt")!.Method);
        Assert.Equal(ZipSamples.Noise, zip.ReadMember("Firmware/stored.bin"));
        Assert.Equal(ZipSamples.Text, zip.ReadMember("Firmware/deflated.txt"));
        Assert.Empty(zip.ReadMember("empty"));
        Assert.Empty(zip.ReadMember("empty deflated"));
        Assert.Equal("x"u8, zip.ReadMember("Größe-検索.plist"));
        Assert.Null(zip.Find("missing"));
    }

    [Fact]
    public void Reads_what_dotnet_wrote()
    {
        var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = archive.CreateEntry("folder/name.txt").Open();
            entry.Write(ZipSamples.Text);
        }

        Assert.Equal(ZipSamples.Text, ZipSamples.Open(stream.ToArray()).ReadMember("folder/name.txt"));
    }

    [Fact]
    public void A_stored_member_is_a_view_of_the_archive()
    {
        var bytes = ZipSamples.Everything();
        var zip = ZipSamples.Open(bytes);

        using var opened = zip.OpenMember(zip.Find("Firmware/stored.bin")!);
        bytes[bytes.AsSpan().IndexOf(ZipSamples.Noise) + 100] ^= 0xFF;

        Assert.Equal((byte)(ZipSamples.Noise[100] ^ 0xFF), opened.Source.ReadBytes(100, 1)[0]);
    }

    [Fact]
    public void A_large_deflated_member_goes_to_a_file_that_vanishes()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var zip = ZipSamples.Open(ZipSamples.Everything());
            var options = new ZipUnpackOptions { MemoryLimit = 1_000, TemporaryFolder = folder.FullName };

            using (var opened = zip.OpenMember(zip.Find("Firmware/deflated.txt")!, options))
            {
                Assert.Single(folder.GetFiles());
                Assert.Equal(ZipSamples.Text, opened.Source.ReadBytes(0, ZipSamples.Text.Length));
                Assert.Equal(ZipSamples.Text[7_000..7_100], opened.Source.ReadBytes(7_000, 100));
            }

            Assert.Empty(folder.GetFiles());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_damaged_large_member_leaves_no_file_behind()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var zip = ZipSamples.Open(Patched(CentralField("Firmware/deflated.txt", 16), 1));
            var options = new ZipUnpackOptions { MemoryLimit = 1_000, TemporaryFolder = folder.FullName };

            Assert.Throws<FirmwareFormatException>(() => zip.OpenMember(zip.Find("Firmware/deflated.txt")!, options));
            Assert.Empty(folder.GetFiles());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("Firmware/stored.bin")]
    [InlineData("Firmware/deflated.txt")]
    public void Streams_are_verified_at_their_end(string name)
    {
        var good = ZipSamples.Open(ZipSamples.Everything());
        var bad = ZipSamples.Open(Patched(CentralField(name, 16), 1));

        using var all = new MemoryStream();
        good.OpenStream(good.Find(name)!).CopyTo(all);
        Assert.Equal(good.Find(name)!.Size, all.Length);
        var fault = Assert.Throws<FirmwareFormatException>(() => bad.OpenStream(bad.Find(name)!).CopyTo(Stream.Null));
        Assert.Contains("CRC", fault.Reason, StringComparison.Ordinal);
        Assert.Equal(name, fault.File);
    }

    [Theory]
    [InlineData(24, 20_001u, "ends after")]
    [InlineData(24, 19_999u, "more data")]
    [InlineData(24, 0x7FFF_FFFFu, "cannot hold")]
    [InlineData(10, 99u, "method 99")]
    [InlineData(10, 14u, "Lzma")]
    [InlineData(8, 1u, "encrypted")]
    public void Refuses_members_whose_entry_is_false(int field, uint value, string reason)
    {
        const string Name = "Firmware/deflated.txt";
        var zip = ZipSamples.Open(Patched(CentralField(Name, field), value, field < 16 ? 2 : 4));

        var fault = Assert.Throws<FirmwareFormatException>(() => zip.ReadMember(Name));
        Assert.Contains(reason, fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_local_header_that_is_none()
    {
        var bytes = ZipSamples.Everything();
        var zip = ZipSamples.Open(bytes);
        bytes[zip.Find("empty")!.LocalHeaderOffset] = 0;

        Assert.Contains("local header", Assert.Throws<FirmwareFormatException>(() => zip.ReadMember("empty")).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_members_that_overlap()
    {
        var stored = ZipSamples.Open(ZipSamples.Everything()).Find("Firmware/stored.bin")!;
        var bytes = Patched(CentralField("Firmware/deflated.txt", 42), (uint)stored.LocalHeaderOffset + 10);

        Assert.Contains("overlap", Assert.Throws<FirmwareFormatException>(() => ZipSamples.Open(bytes)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_count_that_is_false()
    {
        var bytes = ZipSamples.Everything();
        bytes[^12] = 6;

        Assert.Contains("announced", Assert.Throws<FirmwareFormatException>(() => ZipSamples.Open(bytes)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_file_without_end_record() =>
        Assert.Contains("cut short", Assert.Throws<FirmwareFormatException>(() => ZipSamples.Open(ZipSamples.Everything()[..^1])).Reason, StringComparison.Ordinal);

    [Theory]
    [InlineData("../evil", true)]
    [InlineData("a/../../evil", true)]
    [InlineData("/etc/passwd", true)]
    [InlineData("C:evil", true)]
    [InlineData("a\\b", true)]
    [InlineData("a..b/c", false)]
    public void Flags_names_that_lead_outside(string name, bool isUnsafe)
    {
        var zip = ZipSamples.Open(ZipSamples.Build(writer => writer.Add(name, ForgeContent.FromText("x"))));

        Assert.Equal(isUnsafe, Assert.Single(zip.Members).HasUnsafeName);
        Assert.Equal("x"u8, zip.ReadMember(name));
    }

    [Fact]
    public void Names_that_are_not_utf8_are_code_page_437()
    {
        var bytes = ZipSamples.Build(writer => writer.Add("aXb", ForgeContent.FromText("x")));
        bytes[30 + 1] = 0x81;
        bytes[bytes.AsSpan().LastIndexOf("aXb"u8) + 1] = 0x81;

        Assert.Equal("aüb", Assert.Single(ZipSamples.Open(bytes).Members).Name);
    }

    [Fact]
    public void An_archive_of_more_members_than_sixteen_bits_count_opens()
    {
        var zip = ZipSamples.Open(ZipSamples.Build(writer =>
        {
            for (var i = 0; i < 70_000; i++)
            {
                writer.Add($"m{i}", ForgeContent.Empty);
            }
        }));

        Assert.Equal(70_000, zip.Members.Count);
        Assert.NotNull(zip.Find("m69999"));
    }

    [Fact]
    public void Members_beyond_four_gigabytes_are_read_in_place()
    {
        // Not written anywhere: the archive's bytes are made up as they are read.
        const long Big = 5L << 30;
        var head = ZipSamples.Build(writer => writer.Add("big", ForgeContent.FromText("x")), zip64: true);
        var local = head[..(30 + 3 + 20)];
        BinaryPrimitives.WriteInt64LittleEndian(local.AsSpan(30 + 3 + 4), Big);
        BinaryPrimitives.WriteInt64LittleEndian(local.AsSpan(30 + 3 + 12), Big);
        var tail = head[(local.Length + 1)..];
        BinaryPrimitives.WriteInt64LittleEndian(tail.AsSpan(46 + 3 + 4), Big);
        BinaryPrimitives.WriteInt64LittleEndian(tail.AsSpan(46 + 3 + 12), Big);
        var record = tail.AsSpan().IndexOf("PK\x06\x06"u8);
        BinaryPrimitives.WriteInt64LittleEndian(tail.AsSpan(record + 48), local.Length + Big);
        BinaryPrimitives.WriteInt64LittleEndian(tail.AsSpan(record + 56 + 8), local.Length + Big + record);

        var zip = ZipArchiveReader.Open(new HollowSource(local, Big, tail));
        using var opened = zip.OpenMember(Assert.Single(zip.Members));

        Assert.Equal(Big, opened.Source.Length);
        Assert.Equal(new byte[4], opened.Source.ReadBytes(Big - 4, 4));
    }

    // Where the number lies in the archive: an entry of the central directory and a field of it.
    private static int CentralField(string name, int field)
    {
        var bytes = ZipSamples.Everything();
        return bytes.AsSpan().LastIndexOf(System.Text.Encoding.UTF8.GetBytes(name)) - 46 + field;
    }

    private static byte[] Patched(int place, uint value, int size = 4)
    {
        var bytes = ZipSamples.Everything();
        for (var i = 0; i < size; i++)
        {
            bytes[place + i] = (byte)(value >> (8 * i));
        }

        return bytes;
    }

    private sealed class HollowSource(byte[] head, long hole, byte[] tail) : ByteSource
    {
        public override long Length => head.Length + hole + tail.Length;

        protected override void ReadCore(long offset, Span<byte> destination)
        {
            for (var i = 0; i < destination.Length; i++)
            {
                var place = offset + i;
                destination[i] = place < head.Length ? head[place]
                    : place < head.Length + hole ? (byte)0
                    : tail[place - head.Length - hole];
            }
        }
    }
}

using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Zip;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Zip;

namespace IpswDiff.Formats.Tests.Zip;

internal static class ZipSamples
{
    internal static readonly byte[] Text = [.. Enumerable.Range(0, 20_000).Select(i => (byte)"firmware"[i % 8])];
    internal static readonly byte[] Noise = ForgeContent.Random(5, 10_000).ToArray();

    internal static byte[] Everything(bool zip64 = false, string comment = "") => Build(
        writer => writer
            .AddDirectory("Firmware")
            .Add("Firmware/stored.bin", ForgeContent.FromBytes(Noise), mode: 0x1ED)
            .Add("Firmware/deflated.txt", ForgeContent.FromBytes(Text), deflate: true)
            .Add("empty", ForgeContent.Empty)
            .Add("empty deflated", ForgeContent.Empty, deflate: true)
            .Add("Größe-検索.plist", ForgeContent.FromText("x"))
            .AddSymlink("link", "Firmware/stored.bin"),
        zip64,
        comment);

    internal static byte[] Build(Action<ZipWriter> add, bool zip64 = false, string comment = "")
    {
        var stream = new MemoryStream();
        var writer = new ZipWriter(stream, zip64);
        add(writer);
        writer.Finish(comment);
        return stream.ToArray();
    }

    internal static ZipArchiveReader Open(byte[] bytes) => ZipArchiveReader.Open(new MemoryByteSource(bytes));

    internal static byte[] ReadMember(this ZipArchiveReader zip, string name, ZipUnpackOptions? options = null)
    {
        using var opened = zip.OpenMember(zip.Find(name)!, options);
        return opened.Source.ReadBytes(0, (int)opened.Source.Length);
    }
}

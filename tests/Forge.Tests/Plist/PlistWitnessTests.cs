using System.Text;
using IpswDiff.Forge.Plist;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Forge.Tests.Plist;

public sealed class PlistWitnessTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Plistutil_reads_what_the_writers_wrote(bool binary)
    {
        var plistutil = Witnesses.PlistUtil.Required();
        var value = ForgePlist.Dict(
            ("name", "Größe & <co>"),
            ("count", 70_000),
            ("list", ForgePlist.Array(true, false, ForgePlist.Dict(("deep", "x")))),
            ("many", Enumerable.Range(0, 300).Select(i => (object)$"item {i}").ToArray()));
        File.WriteAllBytes(_path, binary ? BinaryPlistWriter.Write(value) : XmlPlistWriter.Write(value));

        var converted = _path + ".converted";
        try
        {
            var seen = Witness.Run(plistutil, "-i", _path, "-o", converted, "-f", binary ? "xml" : "bin");

            Assert.True(seen.ExitCode == 0, seen.Error);
            var bytes = File.ReadAllBytes(converted);
            Assert.Equal(binary, bytes.AsSpan().StartsWith("<?xml"u8));
            Assert.True(PropertyList.Parse(bytes).Equals(PropertyList.Parse(File.ReadAllBytes(_path))));
        }
        finally
        {
            File.Delete(converted);
        }
    }

    [Fact]
    public void The_writers_repeat_themselves_byte_for_byte()
    {
        var one = ForgePlist.Dict(("a", 1), ("b", new byte[] { 1, 2 }));

        Assert.Equal(BinaryPlistWriter.Write(one), BinaryPlistWriter.Write(one));
        Assert.Equal(Encoding.UTF8.GetBytes(XmlPlistWriter.WriteText(one)), XmlPlistWriter.Write(one));
    }

    public void Dispose() => File.Delete(_path);
}

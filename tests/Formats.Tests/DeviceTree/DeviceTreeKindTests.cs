using System.Text;
using IpswDiff.Forge.DeviceTree;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.DeviceTree;

namespace IpswDiff.Formats.Tests.DeviceTree;

public sealed class DeviceTreeKindTests
{
    // Values are written with \0 for NUL and \x.. for other bytes.
    [Theory]
    [InlineData("AAPL,phandle", "A\0\0\0", DeviceTreeKind.Number)]
    [InlineData("AAPL,phandle", "abc\0", DeviceTreeKind.Number)]
    [InlineData("#size-cells", " \0\0\0", DeviceTreeKind.Number)]
    [InlineData("interrupt-parent", "xy\0\0", DeviceTreeKind.Number)]
    [InlineData("unknown", "A\0\0\0", DeviceTreeKind.Number)]
    [InlineData("unknown", "AB\0\0", DeviceTreeKind.Number)]
    [InlineData("unknown", "A\0\0\0\0\0\0\0", DeviceTreeKind.Number)]
    [InlineData("unknown", "abc\0", DeviceTreeKind.Text)]
    [InlineData("unknown", "running\0", DeviceTreeKind.Text)]
    [InlineData("unknown", "A\0B\0C\0D\0", DeviceTreeKind.Text)]
    [InlineData("unknown", "A\0\0\0B\0\0\0", DeviceTreeKind.Number)]
    [InlineData("unknown", "A\0\0\0B\0\0\0C\0\0\0", DeviceTreeKind.Bytes)]
    [InlineData("unknown", "A\0\0\0\0\0\0\0\0\0\0\0", DeviceTreeKind.Bytes)]
    [InlineData("unknown", "C02XX\0\0\0\0\0\0\0", DeviceTreeKind.Text)]
    [InlineData("unknown", "\x1\x2\x3", DeviceTreeKind.Bytes)]
    [InlineData("unknown", "", DeviceTreeKind.Bytes)]
    [InlineData("name", "A\0\0\0", DeviceTreeKind.Text)]
    [InlineData("model", "D1\0\0\0\0\0\0", DeviceTreeKind.Text)]
    public void Tells_numbers_from_texts_by_name_and_by_how_the_value_ends(string name, string value, DeviceTreeKind kind)
    {
        Assert.Equal(kind, DeviceTreeKinds.Decide(Property(name, value), null));
        Assert.Equal(kind, DeviceTreeKinds.Decide(null, Property(name, value)));
        Assert.Equal(kind, DeviceTreeKinds.Decide(Property(name, value), Property(name, value)));
    }

    [Theory]
    [InlineData("unknown", "A\0\0\0", "\x1\0\0\0", DeviceTreeKind.Number)]
    [InlineData("unknown", "abc\0", "\x1\0\0\0", DeviceTreeKind.Number)]
    [InlineData("unknown", "abc\0", "A\0\0\0", DeviceTreeKind.Number)]
    [InlineData("unknown", "abc\0", "def\0", DeviceTreeKind.Text)]
    [InlineData("unknown", "hello\0", "A\0\0\0", DeviceTreeKind.Text)]
    [InlineData("unknown", "hello\0", "\x1\0\0\0", DeviceTreeKind.Bytes)]
    [InlineData("unknown", "A\0\0\0", "A\0\0\0\x1\0\0\0\x2\0\0\0", DeviceTreeKind.Bytes)]
    [InlineData("unknown", "", "hello\0", DeviceTreeKind.Text)]
    [InlineData("unknown", "", "A\0\0\0", DeviceTreeKind.Bytes)]
    [InlineData("serial-number", "\0\0\0\0\0\0\0\0\0\0\0\0", "C02\0\0\0\0\0\0\0\0\0", DeviceTreeKind.Text)]
    [InlineData("model", "\x1\0\0\0", "D1\0\0", DeviceTreeKind.Number)]
    public void Decides_by_both_sides_together(string name, string old, string @new, DeviceTreeKind kind)
    {
        Assert.Equal(kind, DeviceTreeKinds.Decide(Property(name, old), Property(name, @new)));
        Assert.Equal(kind, DeviceTreeKinds.Decide(Property(name, @new), Property(name, old)));
    }

    private static DeviceTreeProperty Property(string name, string value)
    {
        var node = new DeviceTreeNodePlan("device-tree");
        node.Properties.Insert(0, (name, Encoding.Latin1.GetBytes(value), false));
        return DeviceTreeFile.Open(new MemoryByteSource(DeviceTreeWriter.Write(node))).Root.FindProperty(name)!;
    }
}

using System.Buffers.Binary;
using IpswDiff.Forge;
using IpswDiff.Forge.DeviceTree;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.DeviceTree;

namespace IpswDiff.Formats.Tests.DeviceTree;

public sealed class DeviceTreeFileTests
{
    [Fact]
    public void Reads_every_node_and_property()
    {
        var plan = DeviceTreeWriter.Example();
        AssertEqual(plan, Open(DeviceTreeWriter.Write(plan)).Root);
    }

    [Fact]
    public void Guesses_what_a_value_is()
    {
        var tree = Open(DeviceTreeWriter.Write(DeviceTreeWriter.Example()));
        Assert.Equal(["D99AP", "iPhone99,1", "AppleARM"], tree.Root.FindProperty("compatible")!.Texts!);
        Assert.Equal(2u, tree.Root.FindProperty("#address-cells")!.Number);
        Assert.Null(tree.Root.FindProperty("#address-cells")!.Texts);
        Assert.True(tree.Root.FindProperty("serial-number")!.IsPlaceholder);
        Assert.Null(tree.Root.FindProperty("serial-number")!.Texts);
        Assert.Null(tree.Root.FindProperty("serial-number")!.Number);
        Assert.Equal(0, tree.Root.FindProperty("empty")!.Value.Length);
        Assert.Null(tree.Root.FindProperty("absent"));
    }

    [Fact]
    public void Finds_nodes_by_their_path()
    {
        var tree = Open(DeviceTreeWriter.Write(DeviceTreeWriter.Example()));
        Assert.Equal(1u, tree.Find("/cpus/cpu1")!.FindProperty("reg")!.Number);
        Assert.Same(tree.Root, tree.Find("/"));
        Assert.Null(tree.Find("/cpus/cpu2"));
        Assert.Null(tree.Find("/cpus/cpu2/l2"));
    }

    [Fact]
    public void Is_told_by_its_first_property()
    {
        var bytes = DeviceTreeWriter.Write(DeviceTreeWriter.Example());
        Assert.True(DeviceTreeFile.Matches(bytes.AsSpan(0, 64)));
        Assert.False(DeviceTreeFile.Matches(bytes.AsSpan(0, 20)));
        Assert.False(DeviceTreeFile.Matches(bytes.AsSpan(1)));
        Assert.False(DeviceTreeFile.Matches(new byte[64]));
    }

    [Fact]
    public void Zeros_may_follow_and_nothing_else()
    {
        var bytes = DeviceTreeWriter.Write(DeviceTreeWriter.Example());
        Assert.Equal("device-tree", Open([.. bytes, 0, 0, 0]).Root.Name);
        Assert.Contains("follow the tree", Assert.Throws<FirmwareFormatException>(() => Open([.. bytes, 1])).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Counts_and_lengths_that_do_not_fit_are_named()
    {
        Assert.Contains("4294967295 properties", Reason(bytes => BinaryPrimitives.WriteUInt32LittleEndian(bytes, uint.MaxValue)), StringComparison.Ordinal);
        Assert.Contains("4294967295 children", Reason(bytes => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), uint.MaxValue)), StringComparison.Ordinal);
        Assert.Contains("property name has 2147483647 bytes", Reason(bytes => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(40), uint.MaxValue)), StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_is_bounded()
    {
        // Nodes without properties, each with one child.
        var bytes = new byte[8 * 10_000];
        for (var at = 4; at < bytes.Length; at += 8)
        {
            bytes[at] = 1;
        }

        Assert.Contains("more than 64 deep", Assert.Throws<FirmwareFormatException>(() => Open(bytes)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Survives_damage_anywhere()
    {
        var original = DeviceTreeWriter.Write(DeviceTreeWriter.Example());
        var (read, refused) = (0, 0);
        foreach (var damaged in Mutator.Damage(original, 5_000, seed: 43, hot: 200).Concat(Mutator.Truncate(original, 200)))
        {
            try
            {
                read += Count(Open(damaged).Root);
            }
            catch (FirmwareFormatException)
            {
                refused++;
            }
        }

        Assert.NotEqual(0, read);
        Assert.NotEqual(0, refused);
    }

    private static int Count(DeviceTreeNode node) => 1 + node.Properties.Count(property => property.Texts is not null) + node.Children.Sum(Count);

    private static void AssertEqual(DeviceTreeNodePlan plan, DeviceTreeNode node)
    {
        Assert.Equal(plan.Properties.Select(property => (property.Name, Convert.ToHexString(property.Value), property.Placeholder)),
            node.Properties.Select(property => (property.Name, Convert.ToHexString(property.Value.Span), property.IsPlaceholder)));
        Assert.Equal(plan.Children.Count, node.Children.Count);
        foreach (var (child, found) in plan.Children.Zip(node.Children))
        {
            AssertEqual(child, found);
        }
    }

    private static string Reason(Action<byte[]> damage)
    {
        var bytes = DeviceTreeWriter.Write(DeviceTreeWriter.Example());
        damage(bytes);
        return Assert.Throws<FirmwareFormatException>(() => Open(bytes)).Reason;
    }

    private static DeviceTreeFile Open(byte[] bytes) => DeviceTreeFile.Open(new MemoryByteSource(bytes));
}

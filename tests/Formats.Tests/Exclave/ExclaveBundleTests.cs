using System.Buffers.Binary;
using IpswDiff.Forge;
using IpswDiff.Forge.Exclave;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Exclave;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Tests.Exclave;

public sealed class ExclaveBundleTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Puts_every_program_together_again(int type)
    {
        var writer = ExclaveWriter.Example(type);
        var bundle = Open(writer.Write());
        Assert.Equal(type, bundle.Type);
        Assert.Equal(writer.Programs.Select(program => (program.Name, program.Type)), bundle.Components.Select(component => (component.Name, component.Type)));
        foreach (var (program, component) in writer.Programs.Zip(bundle.Components))
        {
            var file = component.OpenFile();
            Assert.Equal(program.MachO, file.ReadBytes(0, (int)file.Length));
            Assert.Equal(program.Endpoints, component.Endpoints);
            Assert.Equal(12, MachOImage.Open(file).ReadFunctionStarts()!.Count);
        }
    }

    [Fact]
    public void Reads_across_pieces_at_any_offset()
    {
        var writer = ExclaveWriter.Example(3);
        var file = Open(writer.Write()).Components[1].OpenFile();
        var random = new ForgeRandom(6);
        for (var i = 0; i < 200; i++)
        {
            var offset = random.Next((int)file.Length);
            var count = random.Next((int)file.Length - offset) + 1;
            Assert.Equal(writer.Programs[1].MachO[offset..(offset + count)], file.ReadBytes(offset, count));
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Finds_the_further_piece_of_a_program(int type)
    {
        var bundle = Open(ExclaveWriter.Example(type).Write());
        Assert.Equal([null, null, "brkr_artifact"], bundle.Components.Select(component => component.ExtraName));
        var extra = bundle.Components[2].Extra!;
        Assert.Equal("artifact"u8.ToArray(), bundle.Source.ReadBytes(extra.Offset, (int)extra.Size));
    }

    [Fact]
    public void Lists_the_ranges_of_type_4()
    {
        var ranges = Open(ExclaveWriter.Example(4).Write()).Ranges;
        Assert.Equal([(20u, "rtxt"), (21u, "urst"), (22u, "none")], ranges.Select(range => (range.Type, range.Name)));
    }

    [Fact]
    public void A_bundle_of_type_4_may_hold_no_programs()
    {
        var bytes = ExclaveWriter.Example(4).Write();
        bytes.AsSpan(0x230, 8).Clear();
        Assert.Empty(Open(bytes).Components);
        Assert.Equal(3, Open(bytes).Ranges.Count);
    }

    [Fact]
    public void Other_types_and_files_are_told_apart()
    {
        var bytes = ExclaveWriter.Example(3).Write();
        bytes[14] = 9;
        Assert.Contains("type 9", Assert.Throws<FirmwareFormatException>(() => Open(bytes)).Reason, StringComparison.Ordinal);
        Assert.False(ExclaveBundle.TryOpen(new MemoryByteSource(new byte[40]), out _));
        Assert.Contains("no magic", Assert.Throws<FirmwareFormatException>(() => Open([1])).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_outside_the_bundle_are_named()
    {
        Assert.Contains("the configuration", Reason(3, bytes => BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(0x1A0), bytes.Length + 1)), StringComparison.Ordinal);
        Assert.Contains("1000 ranges", Reason(4, bytes => BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(0x88), 1000)), StringComparison.Ordinal);
        Assert.Contains("range rtxt", Reason(4, bytes => BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(0x280 + 8), long.MaxValue)), StringComparison.Ordinal);
        Assert.Contains("leaves the range urst", Reason(4, bytes => BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(0x230), 1 << 20)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Survives_damage_anywhere(int type)
    {
        var original = ExclaveWriter.Example(type).Write();
        var config = original.AsSpan().IndexOf("__MACHOHEADERLC"u8) - 40;
        var (read, refused) = (0, 0);
        foreach (var damaged in Mutator.Damage(original, 800, seed: 45, hot: 1000)
            .Concat(Mutator.Damage(original[config..], 1_500, seed: 46, hot: 1500).Select(damaged => (byte[])[.. original.AsSpan(0, config), .. damaged]))
            .Concat(Mutator.Truncate(original, 100)))
        {
            try
            {
                foreach (var component in Open(damaged).Components)
                {
                    var file = component.OpenFile();
                    Assert.InRange(file.Length, 1, original.Length + (65L << 20));
                    file.ReadUpTo(file.Length / 2, new byte[4096]);
                    MachOImage.Open(file);
                    read++;
                }
            }
            catch (FirmwareFormatException)
            {
                refused++;
            }
        }

        Assert.NotEqual(0, read);
        Assert.NotEqual(0, refused);
    }

    private static string Reason(int type, Action<byte[]> damage)
    {
        var bytes = ExclaveWriter.Example(type).Write();
        damage(bytes);
        return Assert.Throws<FirmwareFormatException>(() => Open(bytes)).Reason;
    }

    private static ExclaveBundle Open(byte[] bytes) => ExclaveBundle.Open(new MemoryByteSource(bytes));
}

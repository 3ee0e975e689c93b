using System.Buffers.Binary;
using IpswDiff.Forge;
using IpswDiff.Forge.Dwarf;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Dwarf;

namespace IpswDiff.Formats.Tests.Dwarf;

/// <summary>Damaged input: faults that say where and what, and nothing else.</summary>
public sealed class DwarfDamageTests
{
    [Theory]
    [InlineData(2, false, false)]
    [InlineData(4, false, false)]
    [InlineData(4, true, false)]
    [InlineData(5, false, true)]
    [InlineData(5, true, true)]
    public void Survives_damage_anywhere(int version, bool typeUnits, bool is64)
    {
        var options = new DwarfWriterOptions { Version = version, TypeUnits = typeUnits, Is64Bit = is64, WildForms = 5, SharesTypes = version == 5 && !typeUnits };
        var written = new DwarfWriter(options).AddUnit("a.c", ForgeTypeSamples.Everything()).AddUnit("b.c", ForgeTypeSamples.Structures(1, 6)).Write();
        byte[][] sections = [written.Info, written.Types, written.Abbreviations, written.Strings, written.LineStrings, written.StringOffsets];
        var (survivors, faults) = (0, 0);
        for (var damaged = 0; damaged < sections.Length; damaged++)
        {
            if (sections[damaged].Length == 0)
            {
                continue;
            }

            var rounds = damaged is 0 or 1 or 2 ? 1000 : 200;
            foreach (var bytes in Mutator.Damage(sections[damaged], rounds, seed: 21).Concat(Mutator.Truncate(sections[damaged], 60)))
            {
                byte[][] copy = [.. sections];
                copy[damaged] = bytes;
                if (ReadEverything(copy) is null)
                {
                    survivors++;
                }
                else
                {
                    faults++;
                }
            }
        }

        Assert.NotEqual(0, survivors);
        Assert.NotEqual(0, faults);
    }

    [Fact]
    public void Faults_name_what_is_wrong()
    {
        var sections = Plain(out _);
        Assert.Contains("version 9", Fault(sections, 0, bytes => bytes[4] = 9), StringComparison.Ordinal);
        Assert.Contains("leaves its section", Fault(sections, 0, bytes => bytes[3] = 0x7F), StringComparison.Ordinal);
        Assert.Contains("shorter than its header", Fault(sections, 0, bytes => BinaryPrimitives.WriteUInt32LittleEndian(bytes, 5)), StringComparison.Ordinal);
        Assert.Contains("addresses of 3 bytes", Fault(sections, 0, bytes => bytes[10] = 3), StringComparison.Ordinal);
        Assert.Contains("abbreviations begin at 0xff", Fault(sections, 0, bytes => bytes[7] = 0xFF), StringComparison.Ordinal);
        Assert.Contains("there is no abbreviation 126", Fault(sections, 0, bytes => bytes[11] = 126), StringComparison.Ordinal);
        Assert.Contains("form 0x7f is not known", Fault(sections, 2, bytes => bytes[4] = 0x7F), StringComparison.Ordinal);
        Assert.Contains("a string begins at 0x", Fault(sections, 0, bytes => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.AsSpan().LastIndexOf(Name(sections, "everything")))[..4], 0x00FFFFFF)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_circle_of_types_without_names_is_a_fault()
    {
        // A typedef, an unnamed structure, and in it a pointer that leads back to the structure.
        byte[] abbreviations = [1, 0x11, 1, 0, 0, 2, 0x16, 0, 0x03, 0x08, 0x49, 0x13, 0, 0, 3, 0x13, 1, 0, 0, 4, 0x0D, 0, 0x49, 0x13, 0, 0, 5, 0x0F, 0, 0x49, 0x13, 0, 0, 0];
        byte[] info =
        [
            0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 8, 1,
            2, (byte)'t', 0, 19, 0, 0, 0,
            3, 4, 26, 0, 0, 0, 0,
            5, 19, 0, 0, 0, 0,
        ];
        info[0] = (byte)(info.Length - 4);
        Assert.Contains("is it a circle", Assert.Throws<FirmwareFormatException>(() => Read([info, [], abbreviations, [], [], []])).Reason, StringComparison.Ordinal);

        // The same with a pointer to itself.
        byte[] turned = [.. info.AsSpan(0, 19), 5, 19, 0, 0, 0, 0];
        turned[0] = (byte)(turned.Length - 4);
        Assert.Contains("is it a circle", Assert.Throws<FirmwareFormatException>(() => Read([turned, [], abbreviations, [], [], []])).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Unnamed_types_that_multiply_are_a_fault_of_their_definition_and_of_no_other()
    {
        // Thirty unnamed structures, each with the next one twice, have a thousand million members written out.
        ForgeType type = ForgeBaseType.Int;
        for (var i = 0; i < 30; i++)
        {
            type = new ForgeAggregate("struct", null).Add("a", new ForgePointer(type)).Add("b", new ForgePointer(type));
        }

        var bomb = new ForgeAggregate("struct", "bomb").Add("first", new ForgePointer(type));
        var small = new ForgeAggregate("struct", "small").Add("a", ForgeBaseType.Int);
        var types = Read(Split(new DwarfWriter(new DwarfWriterOptions()).AddUnit("a.c", [bomb, small]).Write()));
        Assert.Equal(["bomb", "small"], types.All.Select(static found => found.Name));
        Assert.Contains("more than", Assert.Throws<FirmwareFormatException>(() => types.ReadDefinition(types.All[0])).Reason, StringComparison.Ordinal);
        Assert.StartsWith("struct small {", types.ReadDefinition(types.All[1]).ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_cannot_break_lines()
    {
        var types = Read(Split(new DwarfWriter(new DwarfWriterOptions()).AddUnit("a.c", [new ForgeAggregate("struct", "a\n};\u001b[2J").Add("x\ny", ForgeBaseType.Int)]).Write()));
        var text = types.ReadDefinition(types.All[0]).ToText();
        Assert.Equal(3, text.Split('\n').Length);
        Assert.DoesNotContain('\u001b', text);
    }

    private static byte[][] Plain(out DwarfSectionBytes written)
    {
        written = new DwarfWriter(new DwarfWriterOptions()).AddUnit("a.c", ForgeTypeSamples.Everything()).Write();
        return Split(written);
    }

    private static byte[][] Split(DwarfSectionBytes written) =>
        [written.Info, written.Types, written.Abbreviations, written.Strings, written.LineStrings, written.StringOffsets];

    private static byte[] Name(byte[][] sections, string name)
    {
        var place = sections[3].AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(name + "\0"));
        var field = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(field, place);
        return field;
    }

    private static string Fault(byte[][] sections, int index, Action<byte[]> damage)
    {
        byte[][] copy = [.. sections];
        copy[index] = (byte[])copy[index].Clone();
        damage(copy[index]);
        return ReadEverything(copy) ?? throw new InvalidOperationException("the damage was not noticed");
    }

    private static string? ReadEverything(byte[][] sections)
    {
        try
        {
            var types = Read(sections);
            foreach (var type in types.All)
            {
                try
                {
                    types.ReadDefinition(type).ToText();
                }
                catch (FirmwareFormatException)
                {
                    // One definition that cannot be written says nothing of the others.
                }
            }

            return null;
        }
        catch (FirmwareFormatException fault)
        {
            return fault.Reason;
        }
    }

    private static DwarfTypes Read(byte[][] sections) => DwarfTypes.Read(DwarfFile.Open(new DwarfSections
    {
        Info = new MemoryByteSource(sections[0]),
        Types = new MemoryByteSource(sections[1]),
        Abbreviations = new MemoryByteSource(sections[2]),
        Strings = new MemoryByteSource(sections[3]),
        LineStrings = new MemoryByteSource(sections[4]),
        StringOffsets = new MemoryByteSource(sections[5]),
    }));
}

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using CsCheck;
using IpswDiff.Diffing.Binaries.Code;
using IpswDiff.Forge;

namespace IpswDiff.Diffing.Tests.Binaries;

public sealed partial class X86InstructionTests
{
    [Theory]
    [InlineData("libclrjit.so", 200_000)]
    [InlineData("libclrgc.so", 50_000)]
    public void Lengths_and_targets_agree_with_a_disassembler(string library, int least)
    {
        // The runtime's own libraries; the collector has AVX2 and AVX-512.
        var disassembler = Witnesses.ObjDump.Required();
        var path = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), library);
        Assert.SkipWhen(!File.Exists(path) || RuntimeInformation.ProcessArchitecture != Architecture.X64, "the runtime is not one for Linux on x86-64");
        var instructions = Disassemble(disassembler, path);
        foreach (var (address, bytes, text) in instructions)
        {
            var found = X86Instruction.Decode(bytes);
            if (text.StartsWith("<unknown>", StringComparison.Ordinal))
            {
                continue;
            }

            Assert.True(found.IsKnown && found.Length == bytes.Length, $"{Convert.ToHexString(bytes)} {text}: {found}");
            var leads = text.Contains("(%rip)", StringComparison.Ordinal) || Branch().IsMatch(text);
            Assert.True(leads == (found.Distance != 0) || (leads && bytes.Length <= 3), $"{Convert.ToHexString(bytes)} {text}: {found}");
            if (found.Distance != 0 && (Branch().IsMatch(text) || text.Contains("# 0x", StringComparison.Ordinal)))
            {
                var target = unchecked(address + (ulong)found.Target(bytes)).ToString("x", CultureInfo.InvariantCulture);
                Assert.True(text.Contains("0x" + target, StringComparison.Ordinal), $"{text}: {target}");
            }
        }

        Assert.True(instructions.Count > least, $"{instructions.Count} instructions");
    }

    [Theory]
    [InlineData("48B88877665544332211", 10)]
    [InlineData("66B81234", 4)]
    [InlineData("A18877665544332211", 9)]
    [InlineData("67A144332211", 6)]
    [InlineData("C8100000", 4)]
    [InlineData("F6C001", 3)]
    [InlineData("F6D0", 2)]
    [InlineData("66F7C01234", 5)]
    [InlineData("488D3C2544332211", 8)]
    [InlineData("C3", 1)]
    public void Lengths_of_rare_forms_are_known(string bytes, int length) =>
        Assert.Equal(new X86Instruction(length, 0, true), X86Instruction.Decode(Convert.FromHexString(bytes)));

    [Fact]
    public void Any_bytes_are_an_instruction_within_them_or_one_byte() => Gen.Byte.Array[1, 20].Sample(bytes =>
    {
        var found = X86Instruction.Decode(bytes);
        Assert.InRange(found.Length, 1, Math.Min(bytes.Length, X86Instruction.MaxLength));
        Assert.True(found.IsKnown || found is { Length: 1, Distance: 0 });
        Assert.True(found.Distance == 0 || found.Distance + 4 <= found.Length);

        // What follows an instruction is none of its affair.
        if (found.IsKnown)
        {
            Assert.Equal(found, X86Instruction.Decode([.. bytes[..found.Length], .. Enumerable.Repeat((byte)0x90, 20)]));
        }
    });

    private static List<(ulong Address, byte[] Bytes, string Text)> Disassemble(string disassembler, string path)
    {
        var found = new List<(ulong Address, byte[] Bytes, string Text)>();
        foreach (var line in Witness.Run(disassembler, "-d", "--section=.text", path).Output.Split('\n'))
        {
            if (Line().Match(line) is { Success: true } match)
            {
                var bytes = Convert.FromHexString(match.Groups[2].Value.Replace(" ", string.Empty, StringComparison.Ordinal));
                var address = ulong.Parse(match.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                if (found is [.., { Text: "lock" or "rep" or "repne" or "data16" or "notrack" } prefix])
                {
                    // Some prefixes stand on a line of their own.
                    found.RemoveAt(found.Count - 1);
                    (address, bytes) = (prefix.Address, [.. prefix.Bytes, .. bytes]);
                }

                found.Add((address, bytes, match.Groups[3].Value.Trim()));
            }
        }

        return found;
    }

    [GeneratedRegex(@"^\s*([0-9a-f]+): ((?:[0-9a-f]{2} )+)\s*\t(.*)$")]
    private static partial Regex Line();

    // A jump or call to a place, and not through a register or memory.
    [GeneratedRegex(@"^(?:bnd\s+|notrack\s+|data16\s+)*(?:call|j[a-z]+|loop[a-z]*|xbegin)q?\s+0x")]
    private static partial Regex Branch();
}

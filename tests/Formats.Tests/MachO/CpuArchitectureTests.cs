using IpswDiff.Forge.MachO;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Tests.MachO;

public sealed class CpuArchitectureTests
{
    private const uint Arm64 = 0x0100000C;

    [Theory]
    [InlineData(7, 3, "i386")]
    [InlineData(0x01000007, 3, "x86_64")]
    [InlineData(0x01000007, 0x80000003, "x86_64")]
    [InlineData(0x01000007, 8, "x86_64h")]
    [InlineData(0x01000007, 4, "x86_64.sub4")]
    [InlineData(12, 6, "armv6")]
    [InlineData(12, 12, "armv7k")]
    [InlineData(12, 99, "arm.sub99")]
    [InlineData(Arm64, 0, "arm64")]
    [InlineData(Arm64, 1, "arm64")]
    [InlineData(Arm64, 2, "arm64e")]
    [InlineData(Arm64, 0x80000002, "arm64e")]
    [InlineData(Arm64, 3, "arm64.x1")]
    [InlineData(Arm64, 12, "arm64e.x1")]
    [InlineData(Arm64, 0x8100000C, "arm64e.x1")]
    [InlineData(Arm64, 13, "arm64.sub13")]
    [InlineData(Arm64, 4, "arm64.sub4")]
    [InlineData(0x0200000C, 1, "arm64_32")]
    [InlineData(0x0200000C, 2, "arm64_32.sub2")]
    [InlineData(18, 0, "ppc")]
    [InlineData(18, 100, "ppc")]
    [InlineData(99, 0, "cpu0x63")]
    [InlineData(99, 5, "cpu0x63.sub5")]
    public void Every_subtype_has_a_name_of_its_own(uint type, uint subtype, string name)
    {
        Assert.Equal(name, CpuNames.Name(type, subtype));
        var arch = CpuArchitecture.Of(type, subtype);
        Assert.Equal(name, arch.Name);
        if (type != 99)
        {
            Assert.Equal(name, CpuArchitecture.FromFileName(name.Replace(".x", "_x", StringComparison.Ordinal))?.Name);
        }
    }

    [Fact]
    public void No_two_subtypes_of_arm64_are_called_the_same()
    {
        // The generic one and ARMv8 alone, which a loader takes for each other.
        var names = Enumerable.Range(0, 256).Select(static subtype => CpuNames.Name(Arm64, (uint)subtype)).ToArray();
        Assert.Equal(255, names.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(names[0], names[1]);
    }

    [Theory]
    [InlineData("arm64e.x1", "arm64e", true)]
    [InlineData("arm64.x1", "arm64", true)]
    [InlineData("arm64e", "arm64e.x1", false)]
    [InlineData("arm64e.x1", "arm64", false)]
    [InlineData("arm64.x1", "arm64e", false)]
    [InlineData("arm64.sub13", "arm64e", false)]
    [InlineData("arm64.sub13", "arm64e.x1", false)]
    [InlineData("x86_64h", "x86_64", false)]
    [InlineData("arm64e", "arm64e", false)]
    public void One_architecture_succeeds_another_only_where_that_is_known(string name, string older, bool succeeds) =>
        Assert.Equal(succeeds, CpuArchitecture.FromFileName(name)!.Value.Succeeds(CpuArchitecture.FromFileName(older)!.Value));

    [Theory]
    [InlineData("")]
    [InlineData("arm65")]
    [InlineData("arm64.sub")]
    [InlineData("arm64.sub-1")]
    [InlineData("arm64.sub99999999999")]
    [InlineData(".sub1")]
    public void What_is_no_name_is_no_architecture(string name) => Assert.Null(CpuArchitecture.FromFileName(name));

    [Fact]
    public void Functions_that_sign_their_return_addresses_are_those_of_arm64e_and_later()
    {
        Assert.True(CpuArchitecture.Of(Arm64, MachOArch.Arm64e.CpuSubtype).SignsReturnAddresses);
        Assert.True(CpuArchitecture.Of(Arm64, MachOArch.Arm64EX1.CpuSubtype).SignsReturnAddresses);
        Assert.False(CpuArchitecture.Of(Arm64, 0).SignsReturnAddresses);
        Assert.False(CpuArchitecture.Of(Arm64, MachOArch.Arm64X1.CpuSubtype).SignsReturnAddresses);
        Assert.False(CpuArchitecture.Of(0x01000007, 12).SignsReturnAddresses);
    }
}

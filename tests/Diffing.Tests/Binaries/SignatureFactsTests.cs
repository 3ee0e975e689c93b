using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Options;
using IpswDiff.Forge.MachO;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.CodeSigning;
using static IpswDiff.Forge.Plist.ForgePlist;

namespace IpswDiff.Diffing.Tests.Binaries;

/// <summary>What a signature says beside the hashes of the code is an aspect of its own.</summary>
public sealed class SignatureFactsTests
{
    public static TheoryData<string, Action<MachOSigner>> Facts => new()
    {
        { "team", static signer => signer.TeamId = "EXAMPLE123" },
        { "flags", static signer => signer.Flags = 0x10002 },
        { "entitlements", static signer => signer.Entitlements = Dict(("a", true)) },
        { "entitlements in XML", static signer => signer.XmlEntitlements = Dict(("a", true)) },
        { "self", static signer => signer.LaunchConstraints[CodeSlot.LaunchConstraintSelf] = Dict(("ccat", 1)) },
        { "parent", static signer => signer.LaunchConstraints[CodeSlot.LaunchConstraintParent] = Dict(("ccat", 1)) },
        { "responsible", static signer => signer.LaunchConstraints[CodeSlot.LaunchConstraintResponsible] = Dict(("ccat", 1)) },
        { "library", static signer => signer.LaunchConstraints[CodeSlot.LibraryConstraint] = Dict(("ccat", 1)) },
    };

    [Theory]
    [MemberData(nameof(Facts))]
    public void Another_fact_is_another_signature_and_nothing_else(string fact, Action<MachOSigner> sign)
    {
        Assert.True(Compare(static _ => { }, sign) is ["signature"], fact);
        Assert.True(Compare(sign, static _ => { }) is ["signature"], fact);
        Assert.Empty(Compare(sign, sign));
    }

    private static IReadOnlyList<string> Compare(Action<MachOSigner> old, Action<MachOSigner> @new) =>
        new BinaryComparison(BinaryPolicy.Standalone, new DiffOptions { OldPath = "old", NewPath = "new", Budget = MemoryBudget.Divide(256 << 20, 1) })
            .Compare(Image(old), Image(@new)).What;

    private static MachOImage Image(Action<MachOSigner> sign)
    {
        var program = SyntheticMachO.Program("com.example.tool", 1, 20_000);
        program.Uuid = Guid.Empty;
        sign(program.Signer!);
        return MachOImage.Open(new MemoryByteSource(program.Build()));
    }
}

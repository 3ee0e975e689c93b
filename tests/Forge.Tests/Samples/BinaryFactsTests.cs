using IpswDiff.Forge.Samples;

namespace IpswDiff.Forge.Tests.Samples;

public sealed class BinaryFactsTests
{
    [Fact]
    public void Committed_facts_are_what_LLVM_says_of_the_committed_binaries()
    {
        foreach (var tool in LlvmFacts.Tools)
        {
            tool.Required();
        }

        Assert.Equal(File.ReadAllText(SampleBinaries.FactsPath), SampleBinaries.DescribeAll());
    }

    [Fact]
    public void Own_binaries_rebuild_byte_for_byte()
    {
        var (clang, linker) = (Witnesses.Clang.Required(), Witnesses.MachOLinker.Required());
        var version = Witness.Run(clang, "--version").Output.Split('\n')[0];
        Assert.SkipUnless(version.Contains("clang version 19.1.7", StringComparison.Ordinal), $"clang 19.1.7 is not installed, only {version}");
        var script = Path.Combine(SampleBinaries.SamplesFolder, "build-binaries.sh");
        var result = Witness.Run("/usr/bin/env", "CLANG=" + clang, "LLD=" + linker, "/bin/bash", script, "--check");
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
    }
}

using IpswDiff.Forge.Samples;

namespace IpswDiff.Forge.Tests.Samples;

public sealed class BinaryFactsTests
{
    [Fact]
    public void Committed_facts_are_what_LLVM_says_of_the_committed_binaries()
    {
        if (!LlvmFacts.Available)
        {
            Assert.Skip("llvm-lipo-19, llvm-objdump-19 and llvm-nm-19 (Debian: llvm-19) are not all installed");
        }

        Assert.Equal(File.ReadAllText(SampleBinaries.FactsPath), SampleBinaries.DescribeAll());
    }

    [Fact]
    public void Own_binaries_rebuild_byte_for_byte()
    {
        if (Witness.Find("clang-19") is not { } clang || Witness.Find("ld64.lld-19") is null)
        {
            Assert.Skip("clang-19 and ld64.lld-19 (Debian: clang-19, lld-19) are not both installed");
            return;
        }

        var version = Witness.Run(clang, "--version").Output.Split('\n')[0];
        if (!version.Contains("clang version 19.1.7", StringComparison.Ordinal))
        {
            Assert.Skip($"the binaries were built by clang 19.1.7, here is {version}");
        }

        var result = Witness.Run("/bin/bash", Path.Combine(SampleBinaries.SamplesFolder, "build-binaries.sh"), "--check");
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
    }
}

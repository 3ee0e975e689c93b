using System.CommandLine;
using IpswDiff.Forge.Samples;

namespace IpswDiff.Forge.Tool;

/// <summary><c>forge facts</c>: asks LLVM about the samples' binaries and writes what it says.</summary>
internal static class FactsCommand
{
    public static Command Create()
    {
        var command = new Command("facts", "Describe samples/binaries with LLVM's tools and write samples/facts.json.");
        command.SetAction(_ =>
        {
            File.WriteAllText(SampleBinaries.FactsPath, SampleBinaries.DescribeAll());
            return 0;
        });
        return command;
    }
}

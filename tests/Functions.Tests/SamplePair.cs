using IpswDiff.Forge;

namespace IpswDiff.Functions.Tests;

/// <summary>The two sample firmwares of the repository, by their names in their folder.</summary>
public static class SamplePair
{
    public static string Folder { get; } = Path.Combine(SampleFiles.RepositoryRoot, "samples");

    public static string Old { get; } = Name("1.0_1A100");

    public static string New { get; } = Name("1.1_1B200");

    private static string Name(string build) => $"Sample1,1_{build}_Restore.ipsw";
}

using IpswDiff.Forge;

namespace IpswDiff.Functions.Tests;

/// <summary>The two sample firmwares of the repository.</summary>
public static class SamplePair
{
    public static string Old { get; } = Find("1.0_1A100");

    public static string New { get; } = Find("1.1_1B200");

    private static string Find(string build) => Path.Combine(SampleFiles.RepositoryRoot, "samples", $"Sample1,1_{build}_Restore.ipsw");
}

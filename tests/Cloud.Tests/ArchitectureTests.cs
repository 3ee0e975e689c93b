namespace IpswDiff.Cloud.Tests;

public class ArchitectureTests
{
    [Fact]
    public void The_cloud_house_uses_Diffing_and_Formats_and_no_other_house()
    {
        var used = typeof(CloudStorage).Assembly.GetReferencedAssemblies()
            .Select(name => name.Name!)
            .Where(name => name.StartsWith("IpswDiff.", StringComparison.Ordinal));
        Assert.Empty(used.Except(["IpswDiff.Diffing", "IpswDiff.Formats"]));
    }
}

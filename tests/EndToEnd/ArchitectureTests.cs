using System.Xml.Linq;
using IpswDiff.Diffing.Running;
using IpswDiff.Forge;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.EndToEnd;

/// <summary>Who may know whom: the list of docs/architecture.md, held against project references and compiled assemblies.</summary>
public class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> MayKnow = new(StringComparer.Ordinal)
    {
        ["Formats"] = [],
        ["Diffing"] = ["Formats"],
        ["Cloud"] = ["Diffing", "Formats"],
        ["Service"] = ["Diffing"],
        ["Functions"] = ["Service", "Cloud", "Diffing"],
        ["Cli"] = ["Service", "Cloud", "Diffing", "Formats"],
        ["Forge"] = ["Formats"],
    };

    [Fact]
    public void Houses_reference_only_the_houses_they_may_know()
    {
        var projects = Directory.EnumerateFiles(Path.Combine(SampleFiles.RepositoryRoot, "src"), "*.csproj", SearchOption.AllDirectories)
            .Where(project => !project.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Append(Path.Combine(SampleFiles.RepositoryRoot, "tests", "Forge", "Forge.csproj"))
            .ToArray();
        Assert.True(projects.Length >= 4);
        foreach (var project in projects)
        {
            var house = Path.GetFileNameWithoutExtension(project);
            Assert.True(MayKnow.ContainsKey(house), $"{house} is a house that the list does not know");
            var references = XDocument.Load(project).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
            Assert.Empty(references.Except(MayKnow[house]));
        }
    }

    [Fact]
    public void Compiled_houses_use_only_the_houses_they_may_know()
    {
        foreach (var assembly in new[] { typeof(FirmwareFormatException).Assembly, typeof(DiffRun).Assembly })
        {
            var house = assembly.GetName().Name!["IpswDiff.".Length..];
            var used = assembly.GetReferencedAssemblies()
                .Select(name => name.Name!)
                .Where(name => name.StartsWith("IpswDiff.", StringComparison.Ordinal))
                .Select(name => name["IpswDiff.".Length..]);
            Assert.Empty(used.Except(MayKnow[house]));
        }
    }

    [Theory]
    [InlineData("Azure.")]
    [InlineData("Spectre.")]
    [InlineData("Microsoft.AspNetCore")]
    public void Readers_and_handlers_know_neither_cloud_nor_console(string prefix)
    {
        foreach (var assembly in new[] { typeof(FirmwareFormatException).Assembly, typeof(DiffRun).Assembly })
        {
            Assert.DoesNotContain(assembly.GetReferencedAssemblies(), name => name.Name!.StartsWith(prefix, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Handlers_do_not_know_reports()
    {
        var handlers = Directory.EnumerateFiles(
            Path.Combine(SampleFiles.RepositoryRoot, "src", "Diffing", "Handlers"), "*.cs", SearchOption.AllDirectories).ToArray();
        Assert.NotEmpty(handlers);
        Assert.All(handlers, file => Assert.DoesNotContain("IpswDiff.Diffing.Reports", File.ReadAllText(file), StringComparison.Ordinal));
    }
}

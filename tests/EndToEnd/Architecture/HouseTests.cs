using System.Xml.Linq;
using IpswDiff.Diffing.Running;
using IpswDiff.Forge;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.EndToEnd.Architecture;

/// <summary>Who may know whom: the table of <c>docs/architecture.md</c>, held against the projects and what their source really uses.</summary>
public class HouseTests
{
    /// <summary>The folders of the table.</summary>
    public static TheoryData<string> Rows { get; } = new(HouseRow.ReadAll().Select(row => row.Folder));

    [Fact]
    public void Every_house_has_a_row_and_every_row_a_house()
    {
        var projects = Directory.EnumerateDirectories(Path.Combine(SampleFiles.RepositoryRoot, "src"))
            .Select(folder => "src/" + Path.GetFileName(folder))
            .Append("tests/Forge");
        Assert.Equal(projects.Order(StringComparer.Ordinal), HouseRow.ReadAll().Select(row => row.Folder).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Projects_reference_only_the_houses_of_their_row(string folder)
    {
        var row = HouseRow.ReadAll().Single(row => row.Folder == folder);
        var references = XDocument.Load(Path.Combine(SampleFiles.RepositoryRoot, folder, row.Name + ".csproj")).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
        Assert.Empty(references.Except(row.MayKnow));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Houses_use_exactly_the_houses_of_their_row(string folder) =>
        Assert.Equal(HouseRow.ReadAll().Single(row => row.Folder == folder).MayKnow, HouseSource.Read(folder).HouseUses());

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

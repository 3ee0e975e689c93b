using System.Globalization;
using System.Reflection;
using System.Runtime.Loader;
using IpswDiff.Forge;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Ipsw;
using IpswDiff.Forge.Kernelcache;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Udif;
using IpswDiff.Formats.MachO;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Forged = IpswDiff.Forge.Apfs;

namespace IpswDiff.EndToEnd.Packages;

/// <summary>Tests that write where the process's console goes, and so run alone.</summary>
[CollectionDefinition(nameof(ConsoleCollection), DisableParallelization = true)]
public sealed class ConsoleCollection;

/// <summary>The examples of the package's README, compiled and run as they stand there.</summary>
[Collection(nameof(ConsoleCollection))]
public sealed class FormatsReadmeTests
{
    private static readonly string[] Examples = ReadExamples();

    [Fact]
    public void The_readme_has_three_examples() => Assert.Equal(3, Examples.Length);

    [Fact]
    public void Files_of_a_disk_image()
    {
        var tree = new ForgeTree();
        tree.AddFile("/etc/hosts", "localhost");
        using var image = new MemoryStream();
        ForgeImage.WriteDmg(image, [new Forged.ApfsVolume("System", tree)]);
        var lines = Run(0, image.ToArray());
        Assert.Contains("System (apfs)", lines);
        Assert.Contains("           9 /etc/hosts", lines);
    }

    [Fact]
    public void What_a_program_links_and_may_do()
    {
        var lines = Run(1, ExampleImage.Create(MachOArch.Arm64e, MachOFileType.Execute).Build());
        Assert.StartsWith("arm64e ", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.StartsWith("  uses /", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("  may ", StringComparison.Ordinal));
    }

    [Fact]
    public void Kernels_of_a_firmware()
    {
        var builder = KernelcacheBuilder.Example(KernelcacheForm.Fileset);
        var ipsw = new IpswBuilder("26.0", "24A1").AddBoard("d99ap", "iPhone99,1")
            .AddKernelcache("kernelcache.release.iphone99", ForgeContent.FromBytes(builder.Build()));
        var lines = Run(2, ipsw.ToArray());
        Assert.Matches("^kernelcache.release.iphone99: Darwin 25.5.0, [1-9] images$", lines[0]);
        Assert.All(builder.Kexts, kext => Assert.Contains($"  {kext.Id} {kext.Version}", lines));
    }

    private static string[] ReadExamples() =>
    [
        .. File.ReadAllText(Path.Combine(SampleFiles.RepositoryRoot, "src", "Formats", "README.md"))
            .Split("```csharp\n").Skip(1).Select(text => text[..text.IndexOf("```", StringComparison.Ordinal)]),
    ];

    private static string[] Run(int example, byte[] input)
    {
        var main = Compile(Examples[example], string.Create(CultureInfo.InvariantCulture, $"Example{example}"));
        using var file = TemporaryFile.Write(input);
        var console = Console.Out;
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        Console.SetOut(output);
        try
        {
            main.Invoke(null, [new[] { file.Path }]);
        }
        finally
        {
            Console.SetOut(console);
        }

        return output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }

    private static MethodInfo Compile(string program, string name)
    {
        const string Usings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;";
        var options = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest);
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            name,
            [CSharpSyntaxTree.ParseText(Usings, options), CSharpSyntaxTree.ParseText(program, options)],
            references,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable, generalDiagnosticOption: ReportDiagnostic.Error));
        using var bytes = new MemoryStream();
        var result = compilation.Emit(bytes);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
        bytes.Position = 0;
        return AssemblyLoadContext.Default.LoadFromStream(bytes).EntryPoint!;
    }
}

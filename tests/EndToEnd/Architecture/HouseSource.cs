using System.Collections.Concurrent;
using IpswDiff.Forge;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace IpswDiff.EndToEnd.Architecture;

/// <summary>The source of one house, compiled in memory for what its files really use of each other.</summary>
internal sealed class HouseSource
{
    private const string Prefix = "IpswDiff.";

    /// <summary>What <c>ImplicitUsings</c> adds to each file, of the plain SDK and of the web one.</summary>
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    /// <summary>A type or a namespace that does not exist: what would leave uses unseen.</summary>
    private static readonly string[] Unresolved = ["CS0234", "CS0246", "CS0400", "CS0432"];

    private static readonly ConcurrentDictionary<string, Lazy<HouseSource>> Houses = new(StringComparer.Ordinal);

    private readonly string _root;
    private readonly CSharpCompilation _compilation;
    private readonly Lazy<TypeUse[]> _uses;

    private HouseSource(string root, CSharpCompilation compilation)
    {
        _root = root;
        _compilation = compilation;
        _uses = new Lazy<TypeUse[]>(FindUses);
        Folders = [.. compilation.SyntaxTrees.Select(FolderOf).Where(folder => folder is not null).Distinct().Order(StringComparer.Ordinal)!];
    }

    /// <summary>The folders that have files of their own, from the house's root; the root itself is the empty one.</summary>
    public IReadOnlyList<string> Folders { get; }

    /// <summary>Compiles what lies in <paramref name="folder"/> of the repository, once for all who ask: <c>src/Formats</c>.</summary>
    public static HouseSource Read(string folder) =>
        Houses.GetOrAdd(folder, static folder => new Lazy<HouseSource>(() => Compile(folder))).Value;

    private static HouseSource Compile(string folder)
    {
        var root = Path.Combine(SampleFiles.RepositoryRoot, folder);
        var options = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest);
        var trees = Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Where(file => Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar)[0] is not ("obj" or "bin"))
            .Order(StringComparer.Ordinal)
            .Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), options, file))
            .Append(CSharpSyntaxTree.ParseText(ImplicitUsings, options));
        var name = Prefix + Path.GetFileName(folder);
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileNameWithoutExtension(path) != name)
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(name, trees, references, new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Disable));
        return new HouseSource(root, compilation);
    }

    /// <summary>Every use of a type of one folder by a file of another, once for each file, type and folder.</summary>
    /// <exception cref="InvalidOperationException">The source names something that is not found here, so that uses would be missed.</exception>
    public IEnumerable<FolderUse> FolderUses()
    {
        if (_compilation.GetDeclarationDiagnostics().FirstOrDefault(found => Unresolved.Contains(found.Id)) is { } missing)
        {
            throw new InvalidOperationException("the source does not compile here: " + missing);
        }

        return from use in _uses.Value
               let folder = FolderOf(use.Tree)
               from declared in use.Type.DeclaringSyntaxReferences.Select(declaration => FolderOf(declaration.SyntaxTree)).Distinct()
               where folder is not null && declared is not null && declared != folder
               select new FolderUse(folder, declared, use.Type.Name, $"{Path.GetRelativePath(_root, use.Tree.FilePath)}:{use.Line}");
    }

    /// <summary>
    /// The other houses whose types the source uses, by name. Packages that are not at hand here (those of Azure Functions) hide nothing
    /// but what is inferred from them.
    /// </summary>
    public IReadOnlyList<string> HouseUses() =>
    [
        .. _uses.Value
            .Select(use => use.Type.ContainingAssembly?.Name)
            .Where(name => name is not null && name != _compilation.AssemblyName && name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => name![Prefix.Length..])
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The first use of each type by each file.</summary>
    private TypeUse[] FindUses() =>
    [
        .. _compilation.SyntaxTrees.AsParallel().AsOrdered().SelectMany(tree => new TypeUses(_compilation.GetSemanticModel(tree))
            .Of(tree.GetRoot())
            .DistinctBy(use => use.Type, SymbolEqualityComparer.Default)
            .Select(use => new TypeUse(tree, use.Type, tree.GetLineSpan(use.Node.Span).StartLinePosition.Line + 1))),
    ];

    private string? FolderOf(SyntaxTree tree) => tree.FilePath.Length == 0
        ? null
        : Path.GetDirectoryName(Path.GetRelativePath(_root, tree.FilePath))!.Replace(Path.DirectorySeparatorChar, '/');

    private sealed record TypeUse(SyntaxTree Tree, INamedTypeSymbol Type, int Line);
}

namespace IpswDiff.EndToEnd.Architecture;

/// <summary>One place where a file of one folder uses a type that a file of another folder declares.</summary>
/// <param name="From">The folder of the file that uses it, from the house's root with <c>/</c>; empty for the root.</param>
/// <param name="To">The folder that declares it.</param>
/// <param name="Type">The type's name.</param>
/// <param name="Place">File and line of the use.</param>
internal sealed record FolderUse(string From, string To, string Type, string Place)
{
    /// <inheritdoc />
    public override string ToString() => $"{Name(From)} uses {Name(To)}: {Type} in {Place}";

    private static string Name(string folder) => folder.Length == 0 ? "(root)" : folder;
}

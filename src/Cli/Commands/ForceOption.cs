using System.CommandLine;

namespace IpswDiff.Cli.Commands;

/// <summary><c>--force</c>, as every command that writes into a folder has it.</summary>
internal static class ForceOption
{
    public static Option<bool> Create() => new("--force")
    {
        Description = "Write into a folder that is not empty and was not written by this program. Files and links that have the names of its own are replaced, nothing else is touched.",
    };
}

using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace IpswDiff.Forge;

/// <summary>
/// A program whose word is taken for the truth, and the versions of it whose answers are known: another version words the same
/// thing in another way, or knows no option that is given to it, and would say that right code is wrong.
/// </summary>
public sealed class WitnessProgram
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lazy<Search> _search;

    /// <summary>A program that is looked for when it is first asked for.</summary>
    /// <param name="versions">The versions whose answers are known.</param>
    /// <param name="package">The Debian package that has it, or how else it is had.</param>
    /// <param name="fileNames">Its names, the usual one first; any of them in a version that is known is it.</param>
    /// <param name="folders">Where it is looked for; null for PATH and the folders of the system's own programs.</param>
    public WitnessProgram(WitnessVersions versions, string package, string[] fileNames, IReadOnlyList<string>? folders = null)
    {
        Versions = versions;
        Package = package;
        FileNames = fileNames;
        _search = new Lazy<Search>(() => Find(folders ?? Folders()));
    }

    /// <summary>The Debian package that has it, or how else it is had.</summary>
    public string Package { get; }

    /// <summary>The full path of the program in a version that is known, or null where there is none.</summary>
    public string? Path => _search.Value.Path;

    /// <summary>Why it is no witness here, in the words that <c>test.sh</c> counts skipped tests by; null where it is one.</summary>
    public string? Absence => Path is not null ? null
        : $"{FileNames[0]}{Versions.Wanted} is not installed{(_search.Value.Other is { } other ? ", only " + other : string.Empty)} ({Package})";

    private WitnessVersions Versions { get; }

    private string[] FileNames { get; }

    /// <summary>Runs it.</summary>
    /// <exception cref="InvalidOperationException">It is no witness here.</exception>
    public WitnessResult Run(params string[] arguments) =>
        Witness.Run(Path ?? throw new InvalidOperationException(Absence), arguments);

    private static string[] Folders() =>
        [.. (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(System.IO.Path.PathSeparator), "/usr/sbin", "/sbin"];

    private Search Find(IReadOnlyList<string> folders)
    {
        string? other = null;
        foreach (var path in FileNames.SelectMany(name => folders.Where(folder => folder.Length > 0).Select(folder => System.IO.Path.Combine(folder, name))))
        {
            if (!File.Exists(path))
            {
                continue;
            }

            if (Versions.Ask is not { } question)
            {
                return new Search(path, null);
            }

            var answer = Ask(path, question);
            if (Versions.Read(answer) is not { } version)
            {
                other ??= "one that does not tell its version";
            }
            else if (Versions.AreKnown(version))
            {
                return new Search(path, null);
            }
            else
            {
                other ??= version.ToString();
            }
        }

        return new Search(null, other);
    }

    // Some programs that are only named like the one that is meant would wait for input, or never end.
    private static string Ask(string path, string question)
    {
        var start = new ProcessStartInfo(path, question)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
            }

            return output.Result + "\n" + error.Result;
        }
        catch (Win32Exception)
        {
            // No program of this machine.
            return string.Empty;
        }
    }

    private sealed record Search(string? Path, string? Other);
}

/// <summary>The versions of a program whose answers are known.</summary>
/// <param name="Wanted">How they are named after the program's name, with a space before; empty where any will do.</param>
/// <param name="Ask">The arguments that make it tell its version; null where it tells none and any will do.</param>
/// <param name="Answer">Finds the version in what it says, as the first group.</param>
/// <param name="AreKnown">Whether a version is one of them.</param>
public sealed record WitnessVersions(string Wanted, string? Ask, Regex? Answer, Func<Version, bool> AreKnown)
{
    /// <summary>Any version.</summary>
    public static WitnessVersions Any { get; } = new(string.Empty, null, null, static _ => true);

    /// <summary>The version in <paramref name="answer"/>, or null where there is none.</summary>
    public Version? Read(string answer)
    {
        if (Answer?.Match(answer) is not { Success: true } match)
        {
            return null;
        }

        var text = match.Groups[1].Value;
        return Version.TryParse(text.Contains('.', StringComparison.Ordinal) ? text : text + ".0", out var version) ? version : null;
    }
}

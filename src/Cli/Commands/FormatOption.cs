using System.CommandLine;
using IpswDiff.Diffing.Reports;

namespace IpswDiff.Cli.Commands;

/// <summary><c>--format</c>, as every command that writes reports has it.</summary>
internal static class FormatOption
{
    public static Option<string[]?> Create() => new("--format")
    {
        Description = "Formats of the report, separated by commas: markdown, html, json; without it markdown and json.",
        AllowMultipleArgumentsPerToken = false,
        CustomParser = result => [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
        Arity = ArgumentArity.OneOrMore,
    };

    /// <exception cref="ArgumentException">A format is unknown.</exception>
    public static string[] Read(string[]? asked)
    {
        var formats = asked is { Length: > 0 } ? asked.Select(name => name.ToLowerInvariant()).ToArray() : [.. ReportFormats.Default];
        return formats.FirstOrDefault(name => !ReportFormats.Names.Contains(name, StringComparer.Ordinal)) is { } unknown
            ? throw new ArgumentException($"there is no format '{unknown}'; there are {string.Join(", ", ReportFormats.Names)}")
            : formats;
    }
}

using System.Globalization;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Kernelcache;

/// <summary>
/// What a kernel says of itself:
/// <c>Darwin Kernel Version 25.5.0: Fri May  1 21:00:01 PDT 2026; root:xnu-12345.6.7~1/RELEASE_ARM64_T8103</c>.
/// </summary>
public sealed record KernelVersion
{
    private const int MaxCandidates = 64;

    /// <summary>The banner as it stands.</summary>
    public required string Banner { get; init; }

    /// <summary>Version of Darwin: <c>25.5.0</c>.</summary>
    public required string Darwin { get; init; }

    /// <summary>Version of xnu: <c>12345.6.7~1</c>.</summary>
    public required string Xnu { get; init; }

    /// <summary>How and for what it was built: <c>RELEASE_ARM64_T8103</c>.</summary>
    public required string Configuration { get; init; }

    /// <summary>When it was built, as it stands in the banner.</summary>
    public required string DateText { get; init; }

    /// <summary>The same as the clock of the place showed it, without a zone; null when it is no date.</summary>
    public DateTime? LocalDate { get; init; }

    /// <summary>The name of that zone: <c>PDT</c>; null when there is no date.</summary>
    public string? Zone { get; init; }

    /// <summary>The same as a point in time; null when there is no date, or its zone is none of those Apple builds in.</summary>
    public DateTimeOffset? Date => LocalDate is { } local && ZoneOffset(Zone) is { } offset ? new DateTimeOffset(local, offset) : null;

    /// <summary>The compiler's banner (<c>Apple LLVM …</c> or <c>Apple clang …</c>), or null.</summary>
    public string? Compiler { get; init; }

    /// <summary>Reads the banner of a kernel from <c>__TEXT,__const</c>, else from <c>__TEXT,__cstring</c>; null where neither has one.</summary>
    /// <exception cref="FirmwareFormatException">A section lies outside the file.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public static KernelVersion? Read(MachOImage kernel)
    {
        foreach (var name in (ReadOnlySpan<string>)["__const", "__cstring"])
        {
            if (kernel.FindSection("__TEXT", name) is not { } section)
            {
                continue;
            }

            var bytes = kernel.OpenSection(section);
            var at = 0L;
            for (var candidates = 0; candidates < MaxCandidates && TextSearch.Find(bytes, "Darwin Kernel Version "u8, at) is { } found; candidates++)
            {
                if (TryParse(TextSearch.ReadText(bytes, found), out var version))
                {
                    return version with { Compiler = FindCompiler(bytes) };
                }

                at = found + 1;
            }
        }

        return null;
    }

    /// <summary>Reads the parts of a banner.</summary>
    /// <returns>False when it is none.</returns>
    public static bool TryParse(string banner, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out KernelVersion? version)
    {
        const string Begin = "Darwin Kernel Version ";
        const string Root = "; root:xnu";
        version = null;
        var colon = banner.IndexOf(": ", StringComparison.Ordinal);
        var root = banner.IndexOf(Root, StringComparison.Ordinal);
        var slash = root < 0 ? -1 : banner.IndexOf('/', root);
        var dash = slash < 0 ? -1 : banner.LastIndexOf('-', slash);
        if (!banner.StartsWith(Begin, StringComparison.Ordinal) || colon <= Begin.Length || root < colon + 2 || dash < root + Root.Length)
        {
            return false;
        }

        var date = banner[(colon + 2)..root].Trim();
        var (local, zone) = ParseDate(date);
        version = new KernelVersion
        {
            Banner = banner,
            Darwin = banner[Begin.Length..colon],
            Xnu = banner[(dash + 1)..slash],
            Configuration = banner[(slash + 1)..].Trim(),
            DateText = date,
            LocalDate = local,
            Zone = zone,
        };
        return version.Xnu.Length > 0;
    }

    // Fri May  1 21:00:01 PDT 2026
    private static (DateTime? Local, string? Zone) ParseDate(string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == 6
            && DateTime.TryParseExact(
                $"{parts[1]} {parts[2]} {parts[5]} {parts[3]}", "MMM d yyyy HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? (date, parts[4])
            : (null, null);
    }

    private static TimeSpan? ZoneOffset(string? zone) => zone switch
    {
        "PDT" => TimeSpan.FromHours(-7),
        "PST" => TimeSpan.FromHours(-8),
        "UTC" or "GMT" => TimeSpan.Zero,
        _ => null,
    };

    private static string? FindCompiler(ByteSource bytes) =>
        (TextSearch.Find(bytes, "Apple LLVM "u8, 0) ?? TextSearch.Find(bytes, "Apple clang "u8, 0)) is { } found ? TextSearch.ReadText(bytes, found) : null;
}

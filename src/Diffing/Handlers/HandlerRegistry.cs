using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Handlers.Entitlements;
using IpswDiff.Diffing.Handlers.Features;
using IpswDiff.Diffing.Handlers.Files;
using IpswDiff.Diffing.Handlers.Firmware;
using IpswDiff.Diffing.Handlers.IBoot;
using IpswDiff.Diffing.Handlers.Kdk;
using IpswDiff.Diffing.Handlers.Kernelcache;
using IpswDiff.Diffing.Handlers.Launchd;
using IpswDiff.Diffing.Handlers.Localizations;
using IpswDiff.Diffing.Handlers.MachO;
using IpswDiff.Diffing.Handlers.SharedCache;

namespace IpswDiff.Diffing.Handlers;

/// <summary>All handlers there are, in the order of the report.</summary>
public static class HandlerRegistry
{
    // In the order of the report.
    private static readonly (string Name, Func<DiffOptions, IDiffHandler> Create)[] All =
    [
        ("Kernelcache", options => new KernelcacheHandler(options)),
        (KdkHandler.HandlerName, _ => new KdkHandler()),
        ("MachO", options => new MachOHandler(new BinaryComparison(BinaryPolicy.Standalone, options), options.Exhaustive)),
        ("Entitlements", options => new EntitlementsHandler(options.Exhaustive)),
        ("Firmware", options => new FirmwareHandler(options)),
        ("IBoot", options => new IBootHandler(options)),
        ("SharedCache", options => new SharedCacheHandler(new BinaryComparison(BinaryPolicy.Container, options), options.Exhaustive)),
        ("Launchd", options => new LaunchdHandler(options.Exhaustive)),
        ("Features", options => new FeaturesHandler(options.Exhaustive)),
        ("Localizations", options => new LocalizationsHandler(new LocaleFilter(options.Locales), options.Exhaustive)),
        ("Files", _ => new FilesHandler()),
    ];

    /// <summary>The names that <c>--handlers</c> and <c>--skip</c> take.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(handler => handler.Name)];

    /// <summary>The handlers that a run asks for.</summary>
    /// <exception cref="ArgumentException">A name is none of <see cref="Names"/>.</exception>
    public static IReadOnlyList<IDiffHandler> Create(DiffOptions options)
    {
        Check(options);
        return [.. All.Where(handler => IsWanted(handler.Name, options)).Select(handler => handler.Create(options))];
    }

    /// <summary>Fails where a run asks for a handler that does not exist.</summary>
    /// <exception cref="ArgumentException">A name is none of <see cref="Names"/>.</exception>
    public static void Check(DiffOptions options)
    {
        foreach (var name in (options.Handlers ?? []).Concat(options.Skip))
        {
            if (!Names.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                throw new ArgumentException($"there is no handler '{name}'; there are {string.Join(", ", Names)}");
            }
        }
    }

    private static bool IsWanted(string name, DiffOptions options) =>
        (options.Handlers is null || options.Handlers.Contains(name, StringComparer.OrdinalIgnoreCase))
        && !options.Skip.Contains(name, StringComparer.OrdinalIgnoreCase);
}

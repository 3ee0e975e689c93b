using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Handlers;
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
using IpswDiff.Diffing.Options;

namespace IpswDiff.Diffing.Registry;

/// <summary>All handlers there are, in the order of the report: the one place that lists them.</summary>
public static class HandlerRegistry
{
    private static readonly (SectionDescriptor Section, Func<DiffOptions, IDiffHandler> Create)[] All =
    [
        (KernelcacheHandler.Descriptor, options => new KernelcacheHandler(options)),
        (KdkHandler.Descriptor, _ => new KdkHandler()),
        (MachOHandler.Descriptor, options => new MachOHandler(new BinaryComparison(BinaryPolicy.Standalone, options), options.Exhaustive)),
        (EntitlementsHandler.Descriptor, options => new EntitlementsHandler(options.Exhaustive)),
        (FirmwareHandler.Descriptor, options => new FirmwareHandler(options)),
        (IBootHandler.Descriptor, options => new IBootHandler(options)),
        (SharedCacheHandler.Descriptor, options => new SharedCacheHandler(
            new BinaryComparison(BinaryPolicy.Container, options) { ComparesTargets = false }, options.Exhaustive)),
        (LaunchdHandler.Descriptor, options => new LaunchdHandler(options.Exhaustive)),
        (FeaturesHandler.Descriptor, options => new FeaturesHandler(options.Exhaustive)),
        (LocalizationsHandler.Descriptor, options => new LocalizationsHandler(new LocaleFilter(options.Locales), options.Exhaustive)),
        (FilesHandler.Descriptor, _ => new FilesHandler()),
    ];

    /// <summary>The sections of all handlers.</summary>
    public static IReadOnlyList<SectionDescriptor> Sections { get; } = [.. All.Select(handler => handler.Section)];

    /// <summary>The names that <c>--handlers</c> and <c>--skip</c> take.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Sections.Select(section => section.Id)];

    /// <summary>
    /// The section of a handler's name. A report may be of a program that knows more handlers: a name that is unknown here is a section
    /// without peculiarities.
    /// </summary>
    public static SectionDescriptor SectionOf(string name) =>
        Sections.FirstOrDefault(section => section.Id == name) ?? new SectionDescriptor(name);

    /// <summary>The handlers that a run asks for.</summary>
    /// <exception cref="ArgumentException">A name is none of <see cref="Names"/>.</exception>
    public static IReadOnlyList<IDiffHandler> Create(DiffOptions options)
    {
        Check(options);
        return [.. All.Where(handler => IsWanted(handler.Section.Id, options)).Select(handler => handler.Create(options))];
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

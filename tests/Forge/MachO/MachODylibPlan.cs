using IpswDiff.Formats.MachO;

namespace IpswDiff.Forge.MachO;

/// <summary>A library to name.</summary>
/// <param name="Name">Its install name.</param>
/// <param name="Command">LC_LOAD_DYLIB, LC_LOAD_WEAK_DYLIB and so on.</param>
/// <param name="CurrentVersion">For example <c>1.2.3</c>.</param>
/// <param name="CompatibilityVersion">For example <c>1.0.0</c>.</param>
/// <param name="UseFlags">Flags of <c>dylib_use_command</c>, or null for the plain command.</param>
public sealed record MachODylibPlan(
    string Name,
    LoadCommandKind Command = LoadCommandKind.LoadDylib,
    string CurrentVersion = "1.0.0",
    string CompatibilityVersion = "1.0.0",
    uint? UseFlags = null);

/// <summary>What the image is built for.</summary>
/// <param name="Platform">PLATFORM_*: 1 macOS, 2 iOS, 6 Mac Catalyst, …</param>
/// <param name="MinOs">For example <c>17.0</c>.</param>
/// <param name="Sdk">For example <c>17.4</c>.</param>
public sealed record MachOBuildPlan(uint Platform, string MinOs, string Sdk);

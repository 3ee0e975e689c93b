using System.Globalization;
using IpswDiff.Forge.MachO;
using IpswDiff.Forge.Plist;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Forge.Kernelcache;

/// <summary>A kext to put into a kernelcache.</summary>
public sealed class KextPlan(string id, string version)
{
    public string Id { get; } = id;

    public string Version { get; } = version;

    /// <summary>Its image; null for a kext without code.</summary>
    public MachOBuilder? Image { get; init; }

    /// <summary>What it matches devices by.</summary>
    public PlistDict? Personalities { get; init; }

    /// <summary>Address of its Mach header, known once the cache has been built.</summary>
    public ulong Address { get; internal set; }

    /// <summary>An arm64e kext in the segments kexts have, with functions, strings and symbols from a seed.</summary>
    public static MachOBuilder SyntheticImage(string id, ulong seed, int functions = 12)
    {
        const int FunctionBytes = 64;
        var random = new ForgeRandom(seed);
        var name = id[(id.LastIndexOf('.') + 1)..];
        var builder = new MachOBuilder(MachOArch.Arm64e, MachOFileType.KextBundle)
        {
            HeaderFlags = 1,
            SourceVersion = string.Create(CultureInfo.InvariantCulture, $"{100 + random.Next(900)}.{random.Next(10)}.{random.Next(10)}"),
        };
        builder.AddCStrings(Enumerable.Range(0, functions).Select(i => string.Create(CultureInfo.InvariantCulture, $"{name}::method{i}(%d)\n")));
        builder.AddSection("__TEXT", "__const", random.Bytes(128));
        var code = random.Bytes(functions * FunctionBytes);
        var text = builder.AddCode(code, "__TEXT_EXEC");
        builder.AddSection("__DATA_CONST", "__const", random.Bytes(64));
        builder.AddSection("__DATA", "__data", random.Bytes(48));
        builder.AddZeroFill("__DATA", "__bss", 256);
        for (var i = 0; i < functions; i++)
        {
            builder.AddFunction(text, i * FunctionBytes);
            builder.AddLocal(string.Create(CultureInfo.InvariantCulture, $"_{name}_method{i}"), text, i * FunctionBytes);
        }

        return builder;
    }
}

using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;

namespace IpswDiff.Cli.Commands;

/// <summary>The volumes that <c>ls</c> and <c>cat</c> read.</summary>
internal static class ListedVolumes
{
    /// <summary>The volumes of an input that has some.</summary>
    /// <exception cref="DiffFailedException">It has none; says what it is.</exception>
    public static IReadOnlyList<InputVolume> Of(FirmwareInput input, string path) => input.Volumes.Count > 0 ? input.Volumes
        : throw new DiffFailedException($"{path}: {input.Info.Kind switch
        {
            InputKinds.MachO => "a Mach-O",
            InputKinds.Kernelcache => "a kernelcache",
            InputKinds.SharedCache => "a dyld shared cache",
            InputKinds.StaticLibrary => "a static library",
            InputKinds.Payload => "an IM4P whose payload is no disk image",
            _ => "the firmware",
        }} holds no volume whose files could be listed; inspect describes it");
}

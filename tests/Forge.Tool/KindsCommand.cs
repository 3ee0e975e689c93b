using System.CommandLine;
using System.Text.Json;
using IpswDiff.Forge.AllKinds;

namespace IpswDiff.Forge.Tool;

/// <summary><c>forge kinds OUT</c>: writes the pair with every kind of change, and beside it the table of what was planted.</summary>
internal static class KindsCommand
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    internal static Command Create()
    {
        var output = new Argument<DirectoryInfo>("OUT") { Description = "the folder that gets old.ipsw, new.ipsw, old.kdk, new.kdk and plants.json" };
        var command = new Command("kinds", "Writes two firmwares between which there is every kind of change.") { output };
        command.SetAction(result =>
        {
            var folder = Directory.CreateDirectory(result.GetRequiredValue(output).FullName).FullName;
            var pair = new AllKindsPair();
            pair.Write(folder);
            File.WriteAllBytes(Path.Combine(folder, "plants.json"), JsonSerializer.SerializeToUtf8Bytes(pair.Plants, Json));
        });
        return command;
    }
}

using System.CommandLine;
using System.Text;
using IpswDiff.Forge.Samples;

namespace IpswDiff.Forge.Tool;

/// <summary><c>forge samples</c>: writes the two sample firmwares and the list of what was planted in them, or checks the written ones.</summary>
internal static class SamplesCommand
{
    public static Command Create()
    {
        var output = new Option<DirectoryInfo>("--output")
        {
            Description = "Where to write; samples/ by default.",
            DefaultValueFactory = _ => new DirectoryInfo(SampleBinaries.SamplesFolder),
        };
        var check = new Option<bool>("--check") { Description = "Write nothing: say whether the files there are the same, byte for byte." };
        var command = new Command("samples", "Write the sample firmwares and truth.json.") { output, check };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(output).FullName, parsed.GetValue(check)));
        return command;
    }

    private static int Run(string folder, bool check)
    {
        var firmware = new SampleFirmware();
        var status = 0;
        foreach (var (name, bytes) in new[]
        {
            (SampleFirmware.OldVersion.FileName, firmware.OldIpsw),
            (SampleFirmware.NewVersion.FileName, firmware.NewIpsw),
            ("truth.json", Encoding.UTF8.GetBytes(firmware.TruthJson())),
        })
        {
            var path = Path.Combine(folder, name);
            if (!check)
            {
                Directory.CreateDirectory(folder);
                File.WriteAllBytes(path, bytes);
                Console.WriteLine($"{path}: {bytes.Length} bytes");
            }
            else if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes))
            {
                Console.WriteLine($"{path}: the same");
            }
            else
            {
                Console.Error.WriteLine($"{path}: not what the Forge writes; run `forge samples`");
                status = 1;
            }
        }

        return status;
    }
}

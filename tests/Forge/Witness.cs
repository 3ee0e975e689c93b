using System.Diagnostics;

namespace IpswDiff.Forge;

/// <summary>Runs an independent program that reads the same formats, to witness what the Forge wrote or the readers read.</summary>
public static class Witness
{
    /// <summary>Runs <paramref name="program"/> and returns its exit status, standard output and standard error.</summary>
    public static WitnessResult Run(string program, params string[] arguments)
    {
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in arguments)
        {
            process.StartInfo.ArgumentList.Add(argument);
        }

        process.Start();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        return new WitnessResult(process.ExitCode, output.Result, error.Result);
    }
}

/// <summary>What a witness said.</summary>
public sealed record WitnessResult(int ExitCode, string Output, string Error);

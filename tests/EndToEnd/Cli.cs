using System.Diagnostics;
using IpswDiff.Forge;

namespace IpswDiff.EndToEnd;

/// <summary>Runs <c>ipswdiff</c> as its users do: a process of its own.</summary>
internal static class Cli
{
    // Files come and go while they are counted.
    private static readonly EnumerationOptions AnyDepth =
        new() { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None };

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "ipswdiff.dll");

    public static CliResult Run(params string[] arguments) => Run(new Dictionary<string, string>(StringComparer.Ordinal), arguments);

    /// <summary>Starts the program and leaves it running; whoever starts it ends it.</summary>
    public static Process Start(params string[] arguments)
    {
        var process = Prepare(arguments);
        process.Start();
        return process;
    }

    /// <summary>
    /// Starts the program and kills it when <paramref name="folder"/> holds so many files more than before, so that
    /// the moment is one of its
    /// work and not of the clock; returns whether that came to pass.
    /// </summary>
    public static bool RunAndKill(string folder, int files, params string[] arguments)
    {
        var wanted = Count() + files;
        using var process = Prepare(arguments);
        process.Start();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        var killed = false;
        while (!killed && !process.WaitForExit(1))
        {
            if (Count() >= wanted)
            {
                process.Kill();
                killed = true;
            }
        }

        process.WaitForExit();
        Task.WaitAll(error, output);
        return killed && process.ExitCode != 0;

        int Count() => Directory.EnumerateFiles(folder, "*", AnyDepth).Count();
    }

    public static CliResult Run(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using var process = Prepare(arguments);
        foreach (var (name, value) in environment)
        {
            process.StartInfo.Environment[name] = value;
        }

        process.Start();
        using var bytes = new MemoryStream();
        var error = process.StandardError.ReadToEndAsync();
        process.StandardOutput.BaseStream.CopyTo(bytes);
        if (!process.WaitForExit(TimeSpan.FromMinutes(2)))
        {
            process.Kill();
            throw new TimeoutException("ipswdiff did not end within two minutes");
        }

        return new CliResult(process.ExitCode, bytes.ToArray(), error.Result);
    }

    /// <summary>Runs the program with bytes on its standard input.</summary>
    public static CliResult RunWithInput(byte[] input, params string[] arguments)
    {
        using var process = Prepare(arguments);
        process.StartInfo.RedirectStandardInput = true;
        process.Start();
        using var bytes = new MemoryStream();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.BaseStream.CopyToAsync(bytes);
        process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromMinutes(2)))
        {
            process.Kill();
            throw new TimeoutException("ipswdiff did not end within two minutes");
        }

        Task.WaitAll(error, output);
        return new CliResult(process.ExitCode, bytes.ToArray(), error.Result);
    }

    /// <summary>Starts the program so that it cannot write files of more than so many KiB: what the system answers then is an error and not a signal.</summary>
    public static Process StartLimited(int kibibytes, params string[] arguments)
    {
        var process = Prepare(arguments);
        process.StartInfo.FileName = "/bin/bash";
        process.StartInfo.ArgumentList.Clear();
        foreach (var argument in (string[])["-c", $"trap '' XFSZ; ulimit -f {kibibytes}; exec \"$@\"", "bash", "dotnet", "exec", Program, .. arguments])
        {
            process.StartInfo.ArgumentList.Add(argument);
        }

        // The runtime would keep its code in a file of shared memory, which counts.
        process.StartInfo.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        process.Start();
        return process;
    }

    private static Process Prepare(string[] arguments)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", ["exec", Program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        return process;
    }

    /// <summary>A folder of the test's own, removed with it.</summary>
    public static ScratchFolder Scratch() => new();
}

/// <summary>What a run of the program left behind.</summary>
internal sealed record CliResult(int ExitCode, byte[] OutputBytes, string Error)
{
    public string Output => System.Text.Encoding.UTF8.GetString(OutputBytes);

    /// <summary>The result of a run that must have succeeded.</summary>
    public CliResult Expect(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"exit status {ExitCode} instead of {exitCode}: {Error}");
        return this;
    }
}

/// <summary>A temporary folder.</summary>
internal sealed class ScratchFolder : IDisposable
{
    public ScratchFolder() => Directory.CreateDirectory(Root);

    public string Root { get; } = Path.Combine(Path.GetTempPath(), $"ipswdiff-e2e-{Guid.NewGuid():N}");

    public string this[string name] => Path.Combine(Root, name);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

/// <summary>The committed sample firmwares.</summary>
internal static class Samples
{
    public static string Old { get; } = Path.Combine(SampleFiles.RepositoryRoot, "samples", Forge.Samples.SampleFirmware.OldVersion.FileName);

    public static string New { get; } = Path.Combine(SampleFiles.RepositoryRoot, "samples", Forge.Samples.SampleFirmware.NewVersion.FileName);
}

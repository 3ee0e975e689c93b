using System.CommandLine;
using IpswDiff.Cli;
using IpswDiff.Cli.Commands;

Console.OutputEncoding = new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
using var interruption = new Interruption();
var root = new RootCommand("Compares two Apple firmwares and reports what changed.")
{
    DiffCommand.Create(),
    RenderCommand.Create(),
    InspectCommand.Create(),
    LsCommand.Create(),
    CatCommand.Create(),
    ServeCommand.Create(),
    DemangleCommand.Create(),
};
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        await Console.Error.WriteLineAsync($"ipswdiff: {error.Message}");
    }

    return ExitStatus.WrongUsage;
}

// The library would listen only once a command has come to wait for the first time.
var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
return await parsed.InvokeAsync(invocation, interruption.Token);

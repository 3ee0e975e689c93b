using System.CommandLine;
using IpswDiff.Cli;
using IpswDiff.Cli.Commands;

Console.OutputEncoding = new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
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

return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });

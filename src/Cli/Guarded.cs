using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Reports.Markdown;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Cli;

/// <summary>Turns the faults that input, storage and users bring about into one line on standard error and an exit status.</summary>
internal static class Guarded
{
    public static async Task<int> RunAsync(Func<Task<int>> command)
    {
        try
        {
            return await command();
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("ipswdiff: cancelled");
            return ExitStatus.Cancelled;
        }
        catch (ArgumentException misuse)
        {
            return await SayAsync(misuse.Message, ExitStatus.WrongUsage);
        }
        catch (Exception fault) when (fault is FirmwareFormatException or DiffFailedException or IOException or UnauthorizedAccessException)
        {
            return await SayAsync(fault.Message, ExitStatus.Failed);
        }
    }

    private static async Task<int> SayAsync(string message, int status)
    {
        await Console.Error.WriteLineAsync("ipswdiff: " + MarkdownText.Visible(message));
        return status;
    }
}

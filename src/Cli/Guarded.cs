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
        catch (ArgumentOutOfRangeException tooLong) when (tooLong.ParamName == "value")
        {
            // So .NET says that a file may not grow further, by a limit of its file system or of the process.
            return await SayAsync("a file that was being written is longer than the file system or a limit of the process allows", ExitStatus.Failed);
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

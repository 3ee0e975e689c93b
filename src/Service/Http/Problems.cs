using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace IpswDiff.Service.Http;

/// <summary>Turns what goes wrong with a request into an answer of RFC 9457.</summary>
internal static class Problems
{
    public static async Task GuardAsync(HttpContext http, Func<Task> handle)
    {
        try
        {
            await handle().ConfigureAwait(false);
        }
        catch (ServiceFaultException fault) when (!http.Response.HasStarted)
        {
            await AnswerAsync(http, Status(fault.Kind), fault.Message).ConfigureAwait(false);
        }
        catch (JsonException fault) when (!http.Response.HasStarted)
        {
            await AnswerAsync(http, 400, $"the JSON of the request cannot be understood at {fault.Path ?? "its root"}").ConfigureAwait(false);
        }
        catch (BadHttpRequestException fault) when (!http.Response.HasStarted)
        {
            await AnswerAsync(http, fault.StatusCode, fault.StatusCode == 413 ? "the request is larger than the service takes" : "the request broke off or is malformed").ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for an answer any more.
        }
        catch (IOException) when (!http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested)
        {
            await AnswerAsync(http, 503, "storage failed; try again").ConfigureAwait(false);
        }
    }

    public static async Task AnswerAsync(HttpContext http, int status, string detail)
    {
        http.Response.StatusCode = status;
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.ContentEncoding = default;
        await http.Response.WriteAsJsonAsync(
            new Problem(ReasonPhrases.GetReasonPhrase(status), status, detail), ServiceJson.Default.Problem, "application/problem+json").ConfigureAwait(false);
    }

    private static int Status(FaultKind kind) => kind switch
    {
        FaultKind.Malformed => 400,
        FaultKind.NotFound => 404,
        FaultKind.Conflict => 409,
        FaultKind.TooLarge => 413,
        _ => 422,
    };
}

using System.Net;
using System.Net.Http.Headers;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Service;

/// <summary>A file on a web server, read by ranges of one version.</summary>
internal sealed class HttpRemoteFile : RemoteFile
{
    private readonly HttpClient _client;
    private readonly TimeSpan _stallLimit;
    private readonly string _version;

    private HttpRemoteFile(HttpClient client, Uri address, long length, string version, TimeSpan stallLimit)
        : base(address, length, version)
    {
        _client = client;
        _version = version;
        _stallLimit = stallLimit;
    }

    /// <summary>
    /// The file that an answer to a request for one range is of; null where the server sends no ranges or tells no
    /// version.
    /// </summary>
    public static HttpRemoteFile? Of(HttpClient client, Uri address, HttpResponseMessage answer, TimeSpan stallLimit) =>
        answer is { StatusCode: HttpStatusCode.PartialContent, Content.Headers.ContentRange: { Length: { } length, Unit: "bytes" } } && Version(answer) is { } version
            ? new HttpRemoteFile(client, address, length, version, stallLimit)
            : null;

    /// <summary>The fault of an answer that is not the one hoped for.</summary>
    public static Exception Refusal(Uri address, HttpStatusCode status)
    {
        var message = $"{address}: the server answers {(int)status}";
        return (int)status >= 500 || status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests ? new IOException(message) : new DiffFailedException(message);
    }

    /// <inheritdoc/>
    public override async Task ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (destination.IsEmpty)
        {
            return;
        }

        using var stalled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stalled.CancelAfter(_stallLimit);
        try
        {
            using var answer = await AskAsync(offset, destination.Length, stalled.Token).ConfigureAwait(false);
            var body = await answer.Content.ReadAsStreamAsync(stalled.Token).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                while (!destination.IsEmpty)
                {
                    var count = await body.ReadAsync(destination, stalled.Token).ConfigureAwait(false);
                    if (count == 0)
                    {
                        throw new IOException($"{Address}: the server ended the answer too early");
                    }

                    destination = destination[count..];
                    stalled.CancelAfter(_stallLimit);
                }
            }
        }
        catch (OperationCanceledException stall) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"{Address}: the transfer stood still for {_stallLimit.TotalSeconds:0} seconds", stall);
        }
        catch (HttpRequestException fault)
        {
            throw fault.InnerException is DiffFailedException refused ? refused : new IOException($"{Address}: {fault.Message}", fault);
        }
    }

    /// <inheritdoc/>
    public override async Task CheckUnchangedAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await AskAsync(0, 1, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException fault)
        {
            throw fault.InnerException is DiffFailedException refused ? refused : new IOException($"{Address}: {fault.Message}", fault);
        }
    }

    private async Task<HttpResponseMessage> AskAsync(long offset, int length, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("ipswdiff", null));
        request.Headers.Range = new RangeHeaderValue(offset, offset + length - 1);
        var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        try
        {
            if (answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                throw new RemoteFileChangedException(Address);
            }

            if (answer.StatusCode != HttpStatusCode.PartialContent)
            {
                throw Refusal(Address, answer.StatusCode);
            }

            return answer.Content.Headers.ContentRange is { From: { } from, Length: { } whole } && from == offset && whole == Length && Version(answer) == _version
                ? answer
                : throw new RemoteFileChangedException(Address);
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    private static string? Version(HttpResponseMessage answer) =>
        answer.Headers.ETag?.ToString() ?? answer.Content.Headers.LastModified?.ToString("O", System.Globalization.CultureInfo.InvariantCulture);
}

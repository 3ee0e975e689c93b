using System.Net;

namespace IpswDiff.Formats.Aea;

/// <summary>Fetches private keys from where Apple publishes them.</summary>
public static class AeaKeyService
{
    // A PEM of a P-256 key has a few hundred bytes.
    private const int MaxBytes = 64 * 1024;

    private const string Domain = ".apple.com";

    private const int Attempts = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Fetches one key over HTTPS. The URL comes out of an archive, so only hosts of apple.com are asked: no archive can make this
    /// program talk to anybody else. A service that is busy or out of reach is asked three times, within half a
    /// minute in all.
    /// </summary>
    /// <exception cref="IOException">The URL is not one of Apple's, or the answer is too long.</exception>
    /// <exception cref="HttpRequestException">The service cannot be reached or refuses.</exception>
    /// <exception cref="OperationCanceledException">The service does not answer within 30 seconds.</exception>
    public static byte[] Fetch(Uri url, HttpClient client)
    {
        ArgumentNullException.ThrowIfNull(url);
        ArgumentNullException.ThrowIfNull(client);
        if (url.Scheme != Uri.UriSchemeHttps || !url.IdnHost.EndsWith(Domain, StringComparison.OrdinalIgnoreCase))
        {
            throw new IOException("the archive names a key service that is not Apple's");
        }

        using var limit = new CancellationTokenSource(Patience);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return Ask(url, client, limit.Token);
            }
            catch (HttpRequestException fault) when (attempt < Attempts && MayPass(fault))
            {
                // Ends early, and with the exception of a cancellation, when the half minute is over.
                limit.Token.WaitHandle.WaitOne(FirstPause * attempt);
                limit.Token.ThrowIfCancellationRequested();
            }
        }
    }

    private static bool MayPass(HttpRequestException fault) => fault.StatusCode switch
    {
        null or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests => true,
        var status => (int)status >= 500,
    };

    private static byte[] Ask(Uri url, HttpClient client, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        using var response = client.Send(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        using var body = response.Content.ReadAsStream(cancellationToken);
        var bytes = new byte[MaxBytes];
        var count = body.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return count < bytes.Length ? bytes[..count] : throw new IOException("the key service's answer is too long");
    }
}

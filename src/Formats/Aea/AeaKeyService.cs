namespace IpswDiff.Formats.Aea;

/// <summary>Fetches private keys from where Apple publishes them.</summary>
public static class AeaKeyService
{
    // A PEM of a P-256 key has a few hundred bytes.
    private const int MaxBytes = 64 * 1024;

    private const string Domain = ".apple.com";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Fetches one key over HTTPS. The URL comes out of an archive, so only hosts of apple.com are asked: no archive can make this
    /// program talk to anybody else.
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
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        using var response = client.Send(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        response.EnsureSuccessStatusCode();
        using var body = response.Content.ReadAsStream(limit.Token);
        var bytes = new byte[MaxBytes];
        var count = body.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return count < bytes.Length ? bytes[..count] : throw new IOException("the key service's answer is too long");
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using IpswDiff.Diffing;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Service;

/// <summary>Fetches firmwares from allow-listed hosts into the store of firmwares. Safe for concurrent use.</summary>
public sealed class FirmwareFetcher : IDisposable
{
    private const int MaxRedirects = 5;
    private static readonly TimeSpan StallLimit = TimeSpan.FromMinutes(2);

    private readonly IArtifactStore _firmwares;
    private readonly ServiceOptions _options;
    private readonly HttpClient _client;

    /// <summary>Prepares fetching into <paramref name="firmwares"/>.</summary>
    public FirmwareFetcher(IArtifactStore firmwares, ServiceOptions options)
    {
        _firmwares = firmwares;
        _options = options;
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(30),
            ConnectCallback = ConnectAsync,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Fetches what lies at <paramref name="address"/> unless it was fetched before.</summary>
    /// <param name="address">The address, checked.</param>
    /// <param name="name">Its name in the store.</param>
    /// <param name="progress">Told the bytes fetched and the bytes there are, 0 where unknown.</param>
    /// <param name="cancellationToken">Ends the transfer; nothing is left of it.</param>
    /// <exception cref="DiffFailedException">The server refuses, redirects outside the list, or sends too much.</exception>
    /// <exception cref="IOException">The network or the storage failed.</exception>
    public async Task FetchAsync(Uri address, string name, Action<long, long> progress, CancellationToken cancellationToken)
    {
        if (await _firmwares.ExistsAsync(name, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        try
        {
            using var response = await GetAsync(address, cancellationToken).ConfigureAwait(false);
            var length = response.Content.Headers.ContentLength ?? 0;
            if (length > _options.MaxFirmwareBytes)
            {
                throw new DiffFailedException($"{address}: {length:N0} bytes are more than the {_options.MaxFirmwareBytes:N0} that are fetched");
            }

            var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                await _firmwares.TryCreateAsync(
                    name,
                    (target, token) => BoundedCopy.RunAsync(
                        body, target, _options.MaxFirmwareBytes, StallLimit, done => progress(done, length),
                        () => new DiffFailedException($"{address}: the server sends more than the {_options.MaxFirmwareBytes:N0} bytes that are fetched"), token),
                    cancellationToken).ConfigureAwait(false);
            }
        }
        catch (HttpRequestException fault)
        {
            throw fault.InnerException is DiffFailedException refused ? refused : new IOException($"{address}: {fault.Message}", fault);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> GetAsync(Uri address, CancellationToken cancellationToken)
    {
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("ipswdiff", null));
            var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                return response;
            }

            using (response)
            {
                if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                    or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect) || response.Headers.Location is not { } location)
                {
                    var message = $"{address}: the server answers {(int)response.StatusCode}";
                    throw (int)response.StatusCode >= 500 ? new IOException(message) : new DiffFailedException(message);
                }

                try
                {
                    address = FirmwareAddress.Check(new Uri(address, location).AbsoluteUri, _options);
                }
                catch (ServiceFaultException refused)
                {
                    throw new DiffFailedException($"{address}: the server redirects, and {refused.Message}");
                }
            }
        }

        throw new DiffFailedException($"{address}: more than {MaxRedirects} redirects");
    }

    // The name is resolved here and the connection goes to the very addresses that were checked, so that a name cannot change in between.
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellationToken).ConfigureAwait(false);
        if (addresses.Length == 0 || !addresses.All(FirmwareAddress.IsPublic))
        {
            throw new DiffFailedException($"{context.DnsEndPoint.Host} is in a private network; firmwares are not fetched from there");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

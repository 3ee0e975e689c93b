using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Service;

/// <summary>
/// Fetches firmwares from allow-listed hosts into the store of firmwares. One whose server tells its version and sends
/// ranges is copied part by part, by the storage itself where it can, and an interrupted copy is gone on with. Safe for
/// concurrent use.
/// </summary>
public sealed class FirmwareFetcher : IDisposable
{
    private const int MaxRedirects = 5;
    private const int Attempts = 6;
    private static readonly TimeSpan StallLimit = TimeSpan.FromMinutes(2);

    private readonly IFirmwareStore _firmwares;
    private readonly ServiceOptions _options;
    private readonly FetchRules _rules;
    private readonly HttpClient _client;

    /// <summary>Prepares fetching into <paramref name="firmwares"/>.</summary>
    public FirmwareFetcher(IFirmwareStore firmwares, ServiceOptions options)
        : this(firmwares, options, new FetchRules())
    {
    }

    /// <summary>As the other, under rules of a test's own.</summary>
    internal FirmwareFetcher(IFirmwareStore firmwares, ServiceOptions options, FetchRules rules)
    {
        _firmwares = firmwares;
        _options = options;
        _rules = rules;
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

    /// <summary>Fetches those sides of a run that it names by address, unless they were fetched before.</summary>
    /// <param name="run">The run.</param>
    /// <param name="progress">Told the bytes fetched and the bytes there are, 0 where unknown.</param>
    /// <param name="cancellationToken">Ends the transfer; the next call goes on with it.</param>
    /// <exception cref="DiffFailedException">
    /// The server refuses, redirects outside the list, or sends too much.
    /// </exception>
    /// <exception cref="ServiceFaultException">An address is no longer allowed.</exception>
    /// <exception cref="IOException">The network or the storage failed.</exception>
    public async Task FetchAsync(RunRecord run, Action<long, long> progress, CancellationToken cancellationToken)
    {
        foreach (var address in AddressesOf(run))
        {
            await FetchAsync(address, progress, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The addresses among the sides of a run, each once.</summary>
    public static IReadOnlyList<string> AddressesOf(RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return [.. new[] { run.Old, run.New }.Where(FirmwareAddress.IsAddress).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Fetches what lies at an address, unless it was fetched before.</summary>
    /// <param name="address">The address; it is checked.</param>
    /// <param name="progress">Told the bytes fetched and the bytes there are, 0 where unknown.</param>
    /// <param name="cancellationToken">Ends the transfer; the next call goes on with it.</param>
    /// <exception cref="DiffFailedException">
    /// The server refuses, redirects outside the list, or sends too much.
    /// </exception>
    /// <exception cref="ServiceFaultException">The address is not allowed.</exception>
    /// <exception cref="IOException">The network or the storage failed.</exception>
    public Task FetchAsync(string address, Action<long, long> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(progress);
        var allowed = _rules.Check(address, _options);
        return FetchAsync(allowed, FirmwareAddress.StoreName(allowed), progress, cancellationToken);
    }

    /// <summary>
    /// Fetches what lies at <paramref name="address"/>, which was checked, unless it was fetched before.
    /// </summary>
    internal async Task FetchAsync(Uri address, string name, Action<long, long> progress, CancellationToken cancellationToken)
    {
        long most = 0;
        for (var attempt = 1; !await _firmwares.Files.ExistsAsync(name, cancellationToken).ConfigureAwait(false); attempt++)
        {
            var before = most;
            try
            {
                await TryFetchAsync(
                    address,
                    name,
                    (done, total) =>
                    {
                        most = Math.Max(most, done);
                        progress(done, total);
                    },
                    cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (HttpRequestException fault) when (fault.InnerException is DiffFailedException)
            {
                ExceptionDispatchInfo.Throw(fault.InnerException);
            }
            catch (Exception fault) when (fault is IOException or HttpRequestException)
            {
                // An attempt that came further than all before does not count.
                attempt = most > before ? 1 : attempt;
                if (attempt >= Attempts)
                {
                    throw fault as IOException ?? new IOException($"{address}: {fault.Message}", fault);
                }
            }

            await Task.Delay(_rules.FirstPause * Math.Pow(2, attempt - 1), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task TryFetchAsync(Uri address, string name, Action<long, long> progress, CancellationToken cancellationToken)
    {
        var (found, first) = await FindAsync(address, cancellationToken).ConfigureAwait(false);
        HttpRemoteFile? file;
        long length;
        using (first)
        {
            file = HttpRemoteFile.Of(_client, found, first, StallLimit);
            length = file?.Length ?? first.Content.Headers.ContentLength ?? 0;
            if (length > _options.MaxFirmwareBytes)
            {
                throw new DiffFailedException($"{address}: {length:N0} bytes are more than the {_options.MaxFirmwareBytes:N0} that are fetched");
            }

            if (file is null)
            {
                await StreamAsync(address, name, length, first, progress, cancellationToken).ConfigureAwait(false);
                return;
            }
        }

        await _firmwares.CopyAsync(name, file, done => progress(done, length), cancellationToken).ConfigureAwait(false);
    }

    // Of a server that sends no ranges, or does not say whether they are of one file, everything is taken at once.
    private async Task StreamAsync(
        Uri address, string name, long length, HttpResponseMessage first, Action<long, long> progress, CancellationToken cancellationToken)
    {
        var whole = first;
        if (first.StatusCode == HttpStatusCode.PartialContent)
        {
            (_, whole) = await FindAsync(address, cancellationToken, ranged: false).ConfigureAwait(false);
        }

        using (whole)
        {
            var body = await whole.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                await _firmwares.Files.TryCreateAsync(
                    name,
                    (target, token) => BoundedCopy.RunAsync(
                        body, target, _options.MaxFirmwareBytes, StallLimit, done => progress(done, length),
                        () => new DiffFailedException($"{address}: the server sends more than the {_options.MaxFirmwareBytes:N0} bytes that are fetched"), token),
                    cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // Follows redirects, each by the rules; the answer is to a request for the first byte, or for everything.
    private async Task<(Uri Address, HttpResponseMessage Answer)> FindAsync(Uri address, CancellationToken cancellationToken, bool ranged = true)
    {
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("ipswdiff", null));
            request.Headers.Range = ranged ? new RangeHeaderValue(0, 0) : null;
            var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent)
            {
                return (address, response);
            }

            using (response)
            {
                if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                    or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect) || response.Headers.Location is not { } location)
                {
                    throw HttpRemoteFile.Refusal(address, response.StatusCode);
                }

                try
                {
                    address = _rules.Check(new Uri(address, location).AbsoluteUri, _options);
                }
                catch (ServiceFaultException refused)
                {
                    throw new DiffFailedException($"{address}: the server redirects, and {refused.Message}");
                }
            }
        }

        throw new DiffFailedException($"{address}: more than {MaxRedirects} redirects");
    }

    // The name is resolved here and the connection goes to the very addresses that were checked, so that a name cannot
    // change in between.
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellationToken).ConfigureAwait(false);
        if (addresses.Length == 0 || !addresses.All(_rules.IsAllowed))
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

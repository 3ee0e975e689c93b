using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IpswDiff.Forge.Aea;
using IpswDiff.Forge.Compression;
using IpswDiff.Formats.Aea;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Tests.Aea;

public sealed class AeaKeyTests
{
    private const string Url = "https://wkms-public.apple.com/fcs-keys/Wanted=.pem";

    private static readonly byte[] Data = SampleData.Mixed(1, 20_000);

    [Fact]
    public void Opens_with_the_key_it_carries()
    {
        var builder = new AeaBuilder(20);
        builder.WithField("encryption_key", Encoding.ASCII.GetBytes(Convert.ToHexString(builder.Key.Span)));
        Opens(builder, AeaKeyOptions.None);
    }

    [Fact]
    public void Opens_with_base64_of_the_command_line()
    {
        var builder = new AeaBuilder(21);
        var text = Convert.ToBase64String(builder.Key.Span);
        Opens(builder, new AeaKeyOptions { Given = [AeaKeyOptions.ParseKey(text)] });
        Opens(builder, new AeaKeyOptions { Given = [AeaKeyOptions.ParseKey("base64:" + text)] });
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("not base64 at all, but of just about that len")]
    public void Refuses_a_malformed_key_without_repeating_it(string text)
    {
        var fault = Assert.Throws<FormatException>(() => AeaKeyOptions.ParseKey(text));
        Assert.True(text.Length == 0 || !fault.Message.Contains(text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Wanted=.pem", 0)]
    [InlineData("wanted=", 0)]
    [InlineData("https://wkms-public.apple.com/fcs-keys/Wanted=.pem", 1)]
    [InlineData("Wanted=.pem", 2)]
    public void Opens_with_a_private_key_from_the_database(string name, int shape)
    {
        var builder = new AeaBuilder(22).WithKeyService(Url);
        var value = shape switch
        {
            0 => builder.ServicePem,
            1 => Convert.ToBase64String(Encoding.ASCII.GetBytes(builder.ServicePem)),
            _ => Convert.ToBase64String(builder.ServiceKey(pad: true)),
        };
        Opens(builder, new AeaKeyOptions { Database = Database(name, value) });
    }

    [Fact]
    public void Opens_with_a_private_key_whose_scalar_lost_its_leading_zeros()
    {
        // One seed in 128 has a scalar that begins with a zero byte.
        var seed = Enumerable.Range(0, 10_000).Select(seed => (ulong)seed).First(seed => new AeaBuilder(seed).ServiceKey(pad: false).Length < 67);
        var builder = new AeaBuilder(seed).WithKeyService(Url);
        Opens(builder, new AeaKeyOptions { Fetch = _ => builder.ServiceKey(pad: false) });
    }

    [Fact]
    public void Fetches_the_private_key_once_for_all_archives()
    {
        var calls = 0;
        var builder = new AeaBuilder(23).WithKeyService(Url);
        var options = new AeaKeyOptions
        {
            Fetch = url =>
            {
                Assert.Equal(Url, url.ToString());
                calls++;
                return Encoding.ASCII.GetBytes(builder.ServicePem);
            },
        };
        Opens(builder, options);
        Opens(builder, options);
        Assert.Equal(1, calls);
    }

    [Fact]
    public void Falls_back_to_the_service_when_the_key_given_is_anothers()
    {
        var builder = new AeaBuilder(24).WithKeyService(Url);
        Opens(builder, new AeaKeyOptions { Given = [new byte[32]], Fetch = _ => Encoding.ASCII.GetBytes(builder.ServicePem) });
    }

    [Theory]
    [InlineData("{\"0123abcd.aea\":\"KEY\"}")]
    [InlineData("{\"folder/0123ABCD\":\"base64:KEY\"}")]
    [InlineData(
        """[{"os":"iOS","key":"OTHER","filename":"9999.aea"},{"key":"KEY","filename":"0123abcd.aea","size":5}]""")]
    [InlineData("[{\"Filename\":\"0123abcd.aea\",\"Key\":\"KEY\"}]")]
    public void Opens_with_the_key_that_a_database_has_for_the_files_name(string json)
    {
        var builder = new AeaBuilder(23);
        json = json.Replace("KEY", Convert.ToBase64String(builder.Key.Span), StringComparison.Ordinal)
            .Replace("OTHER", Convert.ToBase64String(new byte[32]), StringComparison.Ordinal);
        var options = new AeaKeyOptions { Database = AeaKeyDatabase.Read(Encoding.UTF8.GetBytes(json)) };
        Opens(builder, options.For("0123abcd.aea"));
        Opens(builder, options.For("0123ABCD"));
        Refused(builder, options.For("4567.aea"));
        Refused(builder, options);
    }

    [Fact]
    public void Every_key_that_was_given_is_tried()
    {
        var builder = new AeaBuilder(24);
        var key = Convert.ToBase64String(builder.Key.Span);
        var other = Convert.ToBase64String(new byte[32]);
        Opens(builder, new AeaKeyOptions { Given = AeaKeyOptions.ParseKeys($"{other},{key}") });
        Opens(builder, new AeaKeyOptions { Given = AeaKeyOptions.ParseKeys($"{key}, base64:{other}") });
        var reason = Refused(builder, new AeaKeyOptions { Given = AeaKeyOptions.ParseKeys($"{other},{other}") });
        Assert.Contains("none of the keys given opens it", reason, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => AeaKeyOptions.ParseKeys(key + ","));
    }

    [Fact]
    public async Task A_key_is_asked_for_once_however_many_wait_and_again_after_a_failure()
    {
        var builder = new AeaBuilder(34).WithKeyService(Url);
        using var hold = new ManualResetEventSlim();
        var asked = 0;
        var options = new AeaKeyOptions
        {
            Fetch = _ =>
            {
                var count = Interlocked.Increment(ref asked);
                hold.Wait(TestContext.Current.CancellationToken);
                return count == 1 ? throw new HttpRequestException("busy") : Encoding.ASCII.GetBytes(builder.ServicePem);
            },
        };
        var archive = builder.Build(Data);
        var tries = Enumerable.Range(0, 4).Select(i => Task.Factory.StartNew(
            () => Record.Exception(() => AeaArchive.Open(new MemoryByteSource(archive), options.For($"{i}.aea"))),
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)).ToArray();
        hold.Set();
        await Task.WhenAll(tries);
        Opens(builder, options);
        Opens(builder, options);

        // Whoever came after the failure asked a second time; nobody asked a third.
        Assert.Equal(2, asked);
    }

    [Theory]
    [InlineData(503, 3)]
    [InlineData(429, 3)]
    [InlineData(403, 1)]
    public void A_service_that_is_busy_is_asked_again(int status, int times)
    {
        using var busy = new Failing(status);
        using var client = new HttpClient(busy);
        Assert.Throws<HttpRequestException>(() => AeaKeyService.Fetch(new Uri(Url), client));
        Assert.Equal(times, busy.Asked);
    }

    [Fact]
    public void Without_a_key_one_line_names_the_key_and_the_ways_to_give_it()
    {
        var reason = Refused(new AeaBuilder(25).WithKeyService(Url), AeaKeyOptions.None);
        Assert.Contains("\"Wanted=.pem\"", reason, StringComparison.Ordinal);
        Assert.Contains("--aea-key,", reason, StringComparison.Ordinal);
        Assert.Contains("--aea-keys", reason, StringComparison.Ordinal);
        Assert.Contains("--offline", reason, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', reason);
    }

    [Fact]
    public void A_wrong_key_is_called_wrong_and_never_shown()
    {
        var builder = new AeaBuilder(26).WithKeyService(Url);
        var wrong = RandomNumberGenerator.GetBytes(32);
        var other = new AeaBuilder(27);
        var reason = Refused(builder, new AeaKeyOptions { Given = [wrong], Database = Database("Wanted=.pem", other.ServicePem) });
        Assert.Contains("the key given does not open it", reason, StringComparison.Ordinal);
        Assert.Contains("in the database does not fit", reason, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(wrong), reason, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToHexString(wrong), reason, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("PRIVATE", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_service_that_fails_is_part_of_the_line()
    {
        var reason = Refused(
            new AeaBuilder(28).WithKeyService(Url),
            new AeaKeyOptions { Fetch = _ => throw new HttpRequestException("no route to host"), Database = Database("other.pem", "x") });
        Assert.Contains("no route to host", reason, StringComparison.Ordinal);
        Assert.Contains("no key of that name", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Rubbish_from_the_service_does_not_fit()
    {
        var builder = new AeaBuilder(29).WithKeyService(Url);
        foreach (var rubbish in (byte[][])[[], [0x30], [0x30, 0x80], "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"u8.ToArray(), new byte[1000]])
        {
            Assert.Contains("does not fit", Refused(builder, new AeaKeyOptions { Fetch = _ => rubbish }), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("no json")]
    [InlineData("[1]")]
    [InlineData("{}")]
    [InlineData("{\"enc-request\":5,\"wrapped-key\":\"\"}")]
    [InlineData("{\"enc-request\":\"AAAA\",\"wrapped-key\":\"AAAA\"}")]
    [InlineData("{\"enc-request\":\"!\",\"wrapped-key\":\"!\"}")]
    public void A_damaged_response_is_no_key(string response)
    {
        var builder = new AeaBuilder(30);
        builder.WithField("com.apple.wkms.fcs-response", Encoding.UTF8.GetBytes(response));
        builder.WithField("com.apple.wkms.fcs-key-url", Encoding.UTF8.GetBytes(Url));
        Refused(builder, new AeaKeyOptions { Fetch = _ => builder.ServiceKey(pad: true) });
    }

    [Fact]
    public void The_archives_own_words_cannot_break_the_line()
    {
        var reason = Refused(new AeaBuilder(31).WithKeyService("https://x.apple.com/a%0A%1B[31m\"evil"), AeaKeyOptions.None);
        Assert.DoesNotContain('\n', reason);
        Assert.DoesNotContain('\x1b', reason);
    }

    [Fact]
    public void A_signed_archive_asks_for_the_signers_key()
    {
        var builder = new AeaBuilder(32) { Profile = AeaProfile.SymmetricSigned };
        Assert.Contains("public key", Refused(builder, new AeaKeyOptions { Given = [builder.Key] }), StringComparison.Ordinal);
        var signer = new AeaBuilder(33).SigningPublicKey;
        Refused(builder, new AeaKeyOptions { Given = [builder.Key], SigningPublicKey = signer });
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"a.pem\": \"\\ud800\"}")]
    [InlineData("{\"\\udc00.pem\": \"a\"}")]
    [InlineData("{\"\\udc00.pem\": 1}")]
    [InlineData("5")]
    [InlineData("[1]")]
    [InlineData("[{\"filename\":\"a.aea\"}]")]
    [InlineData("[{\"key\":\"AAAA\"}]")]
    [InlineData("[{\"filename\":\"a.aea\",\"key\":null}]")]
    [InlineData("[{\"filename\":\"\\ud800\",\"key\":\"x\"}]")]
    [InlineData("{\"a\":1}")]
    public void Refuses_a_database_that_is_none(string json) =>
        Assert.Throws<FirmwareFormatException>(() => AeaKeyDatabase.Read(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("http://wkms-public.apple.com/key")]
    [InlineData("https://wkms-public.apple.com.evil.example/key")]
    [InlineData("https://evilapple.com/key")]
    [InlineData("file:///etc/passwd")]
    public void Only_Apples_hosts_are_ever_asked(string url)
    {
        using var client = new HttpClient(new Refusing());
        Assert.Throws<IOException>(() => AeaKeyService.Fetch(new Uri(url), client));
    }

    [Fact]
    public void Fetches_what_the_service_answers_and_no_more_than_a_key()
    {
        using var client = new HttpClient(new Answering(100));
        Assert.Equal(100, AeaKeyService.Fetch(new Uri(Url), client).Length);
        using var endless = new HttpClient(new Answering(1 << 20));
        Assert.Throws<IOException>(() => AeaKeyService.Fetch(new Uri(Url), endless));
    }

    private static AeaKeyDatabase Database(string name, string value) =>
        AeaKeyDatabase.Read(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { [name] = value }));

    private static void Opens(AeaBuilder builder, AeaKeyOptions options)
    {
        var archive = AeaArchive.Open(new MemoryByteSource(builder.Build(Data)), options);
        Assert.Equal(Data, archive.ReadBytes(0, Data.Length));
    }

    private static string Refused(AeaBuilder builder, AeaKeyOptions options) =>
        Assert.Throws<FirmwareFormatException>(() => AeaArchive.Open(new MemoryByteSource(builder.Build(Data)), options)).Reason;

    private sealed class Failing(int status) : HttpMessageHandler
    {
        internal int Asked { get; private set; }

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked++;
            return new HttpResponseMessage((System.Net.HttpStatusCode)status);
        }

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    private sealed class Refusing : HttpMessageHandler
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("asked");

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("asked");
    }

    private sealed class Answering(int count) : HttpMessageHandler
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
            new() { Content = new ByteArrayContent(new byte[count]) };

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(Send(request, cancellationToken));
    }
}

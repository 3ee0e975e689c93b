using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace IpswDiff.Forge.Azurite;

/// <summary>
/// Azurite, the emulator of Azure Storage that <c>tests/package.json</c> pins, on loopback ports of its own. It ends with
/// <see cref="Dispose"/>, and with this process however that ends: it watches its standard input.
/// </summary>
public sealed class AzuriteServer : IDisposable
{
    // The account and key of every emulator, published by its makers; they open nothing else.
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    private const int Attempts = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // The tests' answers are known of the version that the lock file names, which also decides what requests it takes.
    private static readonly Lazy<string> Pinned = new(() => Json("package.json").GetProperty("devDependencies").GetProperty("azurite").GetString()!);

    private readonly string _node;
    private readonly string? _folder;
    private readonly int _blobPort;
    private readonly int _tablePort;
    private readonly int _queuePort;
    private Process? _process;

    private AzuriteServer(string node, string? folder)
    {
        _node = node;
        _folder = folder;
        (_blobPort, _tablePort, _queuePort) = FreePorts();
    }

    /// <summary>Why it cannot run here, or null where it can.</summary>
    public static string? Absence =>
        Witnesses.Node.Absence
        ?? (Installed() is var version && version == Pinned.Value ? null
            : $"azurite {Pinned.Value} is not installed{(version is null ? string.Empty : ", only " + version)} (npm ci in tests/, which ./test.sh does)");

    /// <summary>What a client connects with.</summary>
    public string ConnectionString =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};"
        + $"BlobEndpoint=http://127.0.0.1:{_blobPort}/{Account};TableEndpoint=http://127.0.0.1:{_tablePort}/{Account};"
        + $"QueueEndpoint=http://127.0.0.1:{_queuePort}/{Account};";

    private static string Program => InTests("node_modules/azurite/dist/src/azurite.js");

    private static string Guard => InTests("stop-with-parent.js");

    /// <summary>Starts one and waits until it answers.</summary>
    /// <param name="folder">Where its data lives, so that it outlasts <see cref="Stop"/> and <see cref="Start()"/>; null for memory.</param>
    /// <exception cref="InvalidOperationException">It is not installed, or does not start.</exception>
    public static AzuriteServer Launch(string? folder = null)
    {
        if (Absence is { } reason)
        {
            throw new InvalidOperationException(reason);
        }

        // A port that was free may be taken by the time Azurite binds it; then it ends at once, and another is tried.
        for (var attempt = 1; ; attempt++)
        {
            var server = new AzuriteServer(Witnesses.Node.Path!, folder);
            try
            {
                server.Start();
                return server;
            }
            catch (InvalidOperationException) when (attempt < Attempts)
            {
                server.Dispose();
            }
        }
    }

    /// <summary>Starts it again on the same ports after <see cref="Stop"/>.</summary>
    /// <exception cref="InvalidOperationException">It does not start.</exception>
    public void Start()
    {
        var start = new ProcessStartInfo(_node) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            "--require", Guard, Program, "--skipApiVersionCheck", "--silent", "--disableTelemetry", "--blobPort", Text(_blobPort),
            "--tablePort", Text(_tablePort), "--queuePort", Text(_queuePort),
            .. _folder is null ? ["--inMemoryPersistence"] : new[] { "--location", _folder },
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        var said = new List<string>();
        void Keep(object sender, DataReceivedEventArgs line)
        {
            lock (said)
            {
                said.Add(line.Data ?? string.Empty);
            }
        }

        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        var watch = Stopwatch.StartNew();
        while (!Answers(_blobPort) || !Answers(_tablePort) || !Answers(_queuePort))
        {
            if (_process.WaitForExit(50) || watch.Elapsed > Patience)
            {
                Stop();
                lock (said)
                {
                    throw new InvalidOperationException("Azurite does not start: " + string.Join(' ', said));
                }
            }
        }
    }

    /// <summary>Stops it; it saves its data where it has a folder. Does nothing where it does not run.</summary>
    public void Stop()
    {
        if (_process is not { } process)
        {
            return;
        }

        _process = null;
        process.StandardInput.Close();
        if (!process.WaitForExit(10_000))
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => Stop();

    // Null where there is none, or not all of it.
    private static string? Installed() => File.Exists(Program) ? Json("node_modules/azurite/package.json").GetProperty("version").GetString() : null;

    private static string InTests(string path) => Path.Combine(SampleFiles.RepositoryRoot, "tests", path);

    private static JsonElement Json(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(InTests(path)));
        return document.RootElement.Clone();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static bool Answers(int port)
    {
        using var client = new TcpClient();
        try
        {
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static (int First, int Second, int Third) FreePorts()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        using var third = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        third.Start();
        return (Port(first), Port(second), Port(third));
    }

    private static int Port(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
}

using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IpswDiff.Functions.Tests.Worker;

/// <summary>
/// The end of FunctionRpc that a worker connects to, on loopback: it passes messages on and knows nothing else of a host. Messages are read and
/// written field by field, as FunctionRpc.proto of azure-functions-language-worker-protobuf numbers them.
/// </summary>
[BindServiceMethod(typeof(FunctionRpcServer), nameof(Bind))]
public class FunctionRpcServer : IAsyncDisposable
{
    /// <summary>StreamingMessage: StartStream, which a worker begins with.</summary>
    public const int StartStream = 20;

    /// <summary>StreamingMessage: WorkerInitRequest; a host's version is its field 1.</summary>
    public const int InitRequest = 17;

    /// <summary>StreamingMessage: WorkerInitResponse; capabilities are its field 2, the result its field 3.</summary>
    public const int InitResponse = 16;

    /// <summary>StreamingMessage: FunctionsMetadataRequest; the app's folder is its field 1.</summary>
    public const int MetadataRequest = 29;

    /// <summary>StreamingMessage: FunctionMetadataResponse; the functions are its field 1, a name the field 4 of one.</summary>
    public const int MetadataResponse = 30;

    private static readonly Marshaller<byte[]> Bytes = new(static message => message, static message => message);

    private static readonly Method<byte[], byte[]> Stream =
        new(MethodType.DuplexStreaming, "AzureFunctionsRpcMessages.FunctionRpc", nameof(EventStream), Bytes, Bytes);

    private readonly Channel<byte[]> _toWorker = Channel.CreateUnbounded<byte[]>();
    private readonly Channel<byte[]> _fromWorker = Channel.CreateUnbounded<byte[]>();
    private WebApplication? _server;

    /// <summary>Where a worker finds it.</summary>
    public string Address => _server!.Urls.Single();

    /// <summary>Starts it.</summary>
    public static async Task<FunctionRpcServer> StartAsync(CancellationToken cancellationToken)
    {
        var rpc = new FunctionRpcServer();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(rpc);
        rpc._server = builder.Build();
        rpc._server.Urls.Add("http://127.0.0.1:0");
        rpc._server.MapGrpcService<FunctionRpcServer>();
        await rpc._server.StartAsync(cancellationToken);
        return rpc;
    }

    /// <summary>Sends a message of that kind, with a text as its field 1, and returns the first of another kind that the worker sends then.</summary>
    public async Task<byte[]> AskAsync(int request, string text, int response, CancellationToken cancellationToken)
    {
        await _toWorker.Writer.WriteAsync(Field(request, Field(1, System.Text.Encoding.UTF8.GetBytes(text))), cancellationToken);
        return await ReceiveAsync(response, cancellationToken);
    }

    /// <summary>Waits for a message of that kind; others, what the worker logs among them, are left behind.</summary>
    public async Task<byte[]> ReceiveAsync(int kind, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Fields(await _fromWorker.Reader.ReadAsync(cancellationToken), kind) is [var message])
            {
                return message;
            }
        }
    }

    /// <summary>What a message holds in fields of that number: texts and messages only, all others are passed over.</summary>
    public static List<byte[]> Fields(byte[] message, int number)
    {
        var input = new CodedInputStream(message);
        var found = new List<byte[]>();
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (WireFormat.GetTagFieldNumber(tag) == number && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
            {
                found.Add(input.ReadBytes().ToByteArray());
            }
            else
            {
                input.SkipLastField();
            }
        }

        return found;
    }

    public static void Bind(ServiceBinderBase binder, FunctionRpcServer? server) =>
        binder.AddMethod(Stream, server is null ? null : new DuplexStreamingServerMethod<byte[], byte[]>(server.EventStream));

    public async ValueTask DisposeAsync()
    {
        _toWorker.Writer.TryComplete();
        await _server!.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The method of the service, under its name there.</summary>
    public virtual async Task EventStream(IAsyncStreamReader<byte[]> fromWorker, IServerStreamWriter<byte[]> toWorker, ServerCallContext context)
    {
        var sending = Task.Run(async () =>
        {
            await foreach (var message in _toWorker.Reader.ReadAllAsync(context.CancellationToken))
            {
                await toWorker.WriteAsync(message);
            }
        });
        try
        {
            await foreach (var message in fromWorker.ReadAllAsync(context.CancellationToken))
            {
                await _fromWorker.Writer.WriteAsync(message);
            }
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException or RpcException)
        {
            // The worker has gone.
        }

        _fromWorker.Writer.TryComplete();
        await Task.WhenAny(sending);
    }

    private static byte[] Field(int number, byte[] content)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            output.WriteTag(number, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(content));
        }

        return bytes.ToArray();
    }
}

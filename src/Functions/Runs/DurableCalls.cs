using Grpc.Core;

namespace IpswDiff.Functions.Runs;

/// <summary>
/// Calls of the client of Durable Functions, which asks the host over gRPC: where that fails, the failure is one of storage as everybody else tells it.
/// </summary>
public static class DurableCalls
{
    /// <summary>Makes one or more calls.</summary>
    /// <exception cref="IOException">The host or its storage failed; may be called again.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async Task<T> RunAsync<T>(Func<Task<T>> calls, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(calls);
        try
        {
            return await calls().ConfigureAwait(false);
        }
        catch (RpcException fault) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("the call was cancelled", fault, cancellationToken);
        }
        catch (RpcException fault)
        {
            throw new IOException($"Durable Functions failed ({fault.StatusCode}): {fault.Status.Detail}", fault);
        }
    }

    /// <summary>Makes one or more calls that answer nothing.</summary>
    /// <exception cref="IOException">The host or its storage failed; may be called again.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static Task RunAsync(Func<Task> calls, CancellationToken cancellationToken) => RunAsync(
        async () =>
        {
            await calls().ConfigureAwait(false);
            return true;
        },
        cancellationToken);
}

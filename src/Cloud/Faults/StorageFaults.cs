using System.Net.Sockets;
using Azure;
using Azure.Identity;

namespace IpswDiff.Cloud.Faults;

/// <summary>Turns what the storage libraries throw into <see cref="StorageFaultException"/>.</summary>
internal static class StorageFaults
{
    /// <summary>Whether <paramref name="fault"/> is the storage's; what the caller cancelled and what the program got wrong are not.</summary>
    public static bool IsFault(Exception fault, CancellationToken cancellationToken) => fault switch
    {
        StorageFaultException => false,
        RequestFailedException or AuthenticationFailedException or HttpRequestException or IOException => true,
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        AggregateException several => several.InnerExceptions.Count > 0 && several.InnerExceptions.All(inner => IsFault(inner, cancellationToken)),
        _ => false,
    };

    /// <summary>The fault to throw in place of <paramref name="fault"/>, for which <see cref="IsFault"/> is true.</summary>
    public static StorageFaultException From(string target, Exception fault)
    {
        // After retries without an answer the library throws all attempts at once; the last says it best.
        while (fault is AggregateException several)
        {
            fault = several.InnerExceptions[^1];
        }

        return fault switch
        {
            // An answer's own text may repeat what was signed, so it goes no further; status and code say as much.
            RequestFailedException { Status: > 0 } answer => new StorageFaultException(target, answer.Status, answer.ErrorCode, Advice(answer), null),
            AuthenticationFailedException => new StorageFaultException(
                target, 401, null, "no identity could be used: sign in (az login) or give the service a managed identity", null),
            OperationCanceledException => new StorageFaultException(
                target, 0, null, "storage did not answer in time, in spite of retries; run again, resumed runs keep what is done", null),
            _ => new StorageFaultException(
                target, 0, null, "storage cannot be reached or cut the connection, in spite of retries; check the address and the network, then run again", Root(fault)),
        };
    }

    private static string Advice(RequestFailedException answer) => answer.Status switch
    {
        401 or 403 => "access is denied; check the connection string, or that the identity has the data contributor roles for blobs and tables",
        404 => "it does not exist; check its name and that nobody deletes it meanwhile",
        409 => "another writer holds or made it at the same time; run again",
        412 => "it was replaced by another while it was in use; start again with the new one",
        413 => "it is larger than storage takes",
        416 => "it became shorter while it was read; start again with the new one",
        429 or 503 => "storage is busy, in spite of retries; run again later or with less parallelism",
        >= 500 => "storage failed, in spite of retries; run again, resumed runs keep what is done",
        _ => "the request was refused",
    };

    // Only transport faults are kept as the cause: they name a host and a port and nothing else.
    private static Exception? Root(Exception fault)
    {
        for (var inner = fault; inner is not null; inner = inner.InnerException)
        {
            if (inner is SocketException)
            {
                return inner;
            }
        }

        return null;
    }
}

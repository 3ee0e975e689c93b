using IpswDiff.Diffing.Results;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Reports.Contents;

/// <summary>
/// Reads details of items for renderers that work on a few items at a time. Long details are unpacked one after the
/// other, so that what is held at once does not grow with the cores.
/// </summary>
internal sealed class DetailsReader(IArtifactStore store) : IDisposable
{
    // Nearly all details of a firmware are shorter than a hundredth of this.
    private const int Long = 2 << 20;

    private readonly SemaphoreSlim _long = new(1);

    /// <summary>Reads the details of an item and uses them; they are let go of afterwards.</summary>
    /// <param name="item">An item with details.</param>
    /// <param name="use">Takes them, as they are kept and unpacked.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="IOException">They are gone or damaged, or storage failed.</exception>
    public async Task<T> UseAsync<T>(
        ReportItem item, Func<PackedDetails, ItemDetails, Task<T>> use, CancellationToken cancellationToken)
    {
        var packed = await PackedDetails.ReadAsync(store, item, cancellationToken).ConfigureAwait(false);
        if (packed.Length <= Long)
        {
            return await use(packed, packed.Unpack()).ConfigureAwait(false);
        }

        await _long.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await use(packed, packed.Unpack()).ConfigureAwait(false);
        }
        finally
        {
            _long.Release();
        }
    }

    public void Dispose() => _long.Dispose();
}

using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Azure;
using Azure.Data.Tables;
using IpswDiff.Cloud.Faults;

namespace IpswDiff.Cloud.Tables;

/// <summary>
/// One table of records kept as JSON. Writes are conditional; each carries a mark of its own, so that a write whose answer was lost and
/// that was sent again is known as this writer's.
/// </summary>
internal sealed class CatalogTable(TableClient table)
{
    private const string RecordColumn = "Record";
    private const string WriterColumn = "Writer";

    // A text of a table holds 32,768 characters.
    private const int LongestRecord = 32_000;
    private const int RowsOfTransaction = 100;

    public string Target { get; } = $"table '{table.Name}'";

    /// <summary>Makes the table where it does not exist.</summary>
    public Task CreateAsync(CancellationToken cancellationToken) =>
        CallAsync(() => table.CreateIfNotExistsAsync(cancellationToken), cancellationToken);

    /// <summary>A row with a record, ready to be written.</summary>
    public TableEntity Row<T>(string partition, string key, T record, JsonTypeInfo<T> type)
    {
        var text = JsonSerializer.Serialize(record, type);
        if (text.Length > LongestRecord)
        {
            throw new ArgumentException($"{Target}: a record of {text.Length} characters is longer than {LongestRecord}; leave what is long as an artifact");
        }

        return new TableEntity(partition, key) { [RecordColumn] = text, [WriterColumn] = Guid.NewGuid().ToString("N") };
    }

    /// <summary>The record of a row.</summary>
    public T Record<T>(TableEntity row, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(row.GetString(RecordColumn) ?? string.Empty, type)!;
        }
        catch (JsonException)
        {
            throw new StorageFaultException(Target, 0, null, $"row '{row.RowKey}' is damaged; remove it to go on without it", null);
        }
    }

    /// <summary>Adds a row; false where its key is taken.</summary>
    public Task<bool> TryAddAsync(TableEntity row, CancellationToken cancellationToken) => CallAsync(
        async () =>
        {
            try
            {
                await table.AddEntityAsync(row, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (RequestFailedException taken) when (taken.Status == 409)
            {
                if (await IsOwnAsync(row, cancellationToken).ConfigureAwait(false) is { } own)
                {
                    return own;
                }

                throw;
            }
        },
        cancellationToken);

    /// <summary>Replaces a row that is still at <paramref name="version"/>; false where it is not.</summary>
    public Task<bool> TryReplaceAsync(TableEntity row, string version, CancellationToken cancellationToken) => CallAsync(
        async () =>
        {
            try
            {
                await table.UpdateEntityAsync(row, new ETag(version), TableUpdateMode.Replace, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (RequestFailedException changed) when (changed.Status is 404 or 412)
            {
                return await IsOwnAsync(row, cancellationToken).ConfigureAwait(false) ?? false;
            }
        },
        cancellationToken);

    /// <summary>Writes a row whatever was there.</summary>
    public Task PutAsync(TableEntity row, CancellationToken cancellationToken) =>
        CallAsync(() => table.UpsertEntityAsync(row, TableUpdateMode.Replace, cancellationToken), cancellationToken);

    /// <summary>The row of this key, or null.</summary>
    public Task<TableEntity?> FindAsync(string partition, string key, CancellationToken cancellationToken) => CallAsync(
        async () =>
        {
            var answer = await table.GetEntityIfExistsAsync<TableEntity>(partition, key, cancellationToken: cancellationToken).ConfigureAwait(false);
            return answer.HasValue ? answer.Value : null;
        },
        cancellationToken);

    /// <summary>Removes a row; one that does not exist is no error.</summary>
    public Task DeleteAsync(string partition, string key, CancellationToken cancellationToken) =>
        CallAsync(() => table.DeleteEntityAsync(partition, key, ETag.All, cancellationToken), cancellationToken);

    /// <summary>Removes all rows of a partition, a hundred at a time.</summary>
    public async Task DeletePartitionAsync(string partition, CancellationToken cancellationToken)
    {
        var batch = new List<TableTransactionAction>(RowsOfTransaction);
        await foreach (var row in QueryAsync(partition, null, null, cancellationToken).ConfigureAwait(false))
        {
            batch.Add(new TableTransactionAction(TableTransactionActionType.Delete, new TableEntity(row.PartitionKey, row.RowKey), ETag.All));
            if (batch.Count == RowsOfTransaction)
            {
                await DeleteAsync(batch, cancellationToken).ConfigureAwait(false);
            }
        }

        await DeleteAsync(batch, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The rows of a partition in the order of their keys, from <paramref name="after"/>, which is not among them.</summary>
    public async IAsyncEnumerable<TableEntity> QueryAsync(
        string partition, string? after, int? perPage, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var filter = after is null
            ? TableClient.CreateQueryFilter($"PartitionKey eq {partition}")
            : TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey gt {after}");
        var rows = table.QueryAsync<TableEntity>(filter, perPage, cancellationToken: cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (rows.ConfigureAwait(false))
        {
            while (await CallAsync(() => rows.MoveNextAsync().AsTask(), cancellationToken).ConfigureAwait(false))
            {
                yield return rows.Current;
            }
        }
    }

    // Rows that another has removed meanwhile let the whole transaction fail; then they go one by one.
    private async Task DeleteAsync(List<TableTransactionAction> batch, CancellationToken cancellationToken)
    {
        if (batch.Count == 0)
        {
            return;
        }

        try
        {
            await CallAsync(() => table.SubmitTransactionAsync(batch, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (StorageFaultException gone) when (gone.Status == 404)
        {
            foreach (var row in batch)
            {
                await DeleteAsync(row.Entity.PartitionKey, row.Entity.RowKey, cancellationToken).ConfigureAwait(false);
            }
        }

        batch.Clear();
    }

    private async Task<bool?> IsOwnAsync(TableEntity row, CancellationToken cancellationToken)
    {
        var there = await table.GetEntityIfExistsAsync<TableEntity>(row.PartitionKey, row.RowKey, cancellationToken: cancellationToken).ConfigureAwait(false);
        return there.HasValue ? there.Value!.GetString(WriterColumn) == row.GetString(WriterColumn) : null;
    }

    private async Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception fault) when (StorageFaults.IsFault(fault, cancellationToken))
        {
            throw StorageFaults.From(Target, fault);
        }
    }
}

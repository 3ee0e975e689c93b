namespace IpswDiff.Diffing.Workflow;

/// <summary>
/// Many calls at once, but never more than a limit: deterministic, because calls begin in the order of their inputs.
/// </summary>
internal static class FanOut
{
    /// <summary>
    /// Calls <paramref name="call"/> for each input, at most <paramref name="limit"/> at a time; results in the order
    /// of inputs.
    /// </summary>
    /// <param name="inputs">The inputs.</param>
    /// <param name="limit">Calls at the same time, at least 1.</param>
    /// <param name="call">Begins one call. It must not fail: what can go wrong belongs into its result.</param>
    /// <param name="done">Told each result as it comes.</param>
    public static async Task<IReadOnlyList<TResult>> RunAsync<TInput, TResult>(
        IReadOnlyList<TInput> inputs, int limit, Func<TInput, Task<TResult>> call, Action<TResult>? done = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var results = new TResult[inputs.Count];
        var running = new List<Task>(Math.Min(limit, inputs.Count));
        for (var i = 0; i < inputs.Count; i++)
        {
            if (running.Count == limit)
            {
                running.Remove(await Task.WhenAny(running).ConfigureAwait(true));
            }

            running.Add(RunOneAsync(i));
        }

        await Task.WhenAll(running).ConfigureAwait(true);
        return results;

        async Task RunOneAsync(int index)
        {
            results[index] = await call(inputs[index]).ConfigureAwait(true);
            done?.Invoke(results[index]);
        }
    }
}

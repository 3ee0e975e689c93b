using IpswDiff.Diffing.Workflow;

namespace IpswDiff.Diffing.Tests.Workflow;

public sealed class FanOutTests
{
    [Fact]
    public async Task Returns_results_in_the_order_of_inputs_whatever_ends_first()
    {
        var gates = Enumerable.Range(0, 20).Select(_ => new TaskCompletionSource<int>()).ToArray();
        var all = FanOut.RunAsync(Enumerable.Range(0, 20).ToArray(), 20, index => gates[index].Task);
        foreach (var index in Enumerable.Range(0, 20).Reverse())
        {
            gates[index].SetResult(index * index);
        }

        Assert.Equal(Enumerable.Range(0, 20).Select(index => index * index), await all);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(50)]
    public async Task Never_has_more_calls_than_the_limit_and_begins_them_in_order(int limit)
    {
        var (running, most) = (0, 0);
        var begun = new List<int>();
        var told = new List<int>();
        var gate = new Lock();
        await FanOut.RunAsync(
            Enumerable.Range(0, 100).ToArray(),
            limit,
            async index =>
            {
                lock (gate)
                {
                    begun.Add(index);
                    most = Math.Max(most, ++running);
                }

                await Task.Delay(index % 3, TestContext.Current.CancellationToken);
                lock (gate)
                {
                    running--;
                }

                return index;
            },
            index =>
            {
                lock (gate)
                {
                    told.Add(index);
                }
            });
        Assert.InRange(most, 1, limit);
        Assert.Equal(Enumerable.Range(0, 100), begun);
        Assert.Equal(Enumerable.Range(0, 100), told.Order());
    }

    [Fact]
    public async Task Refuses_a_limit_below_one() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => FanOut.RunAsync([1], 0, Task.FromResult));
}

using System.Runtime.CompilerServices;
using IpswDiff.Diffing.Options;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Tests;

/// <summary>Holding the process to its budget. The budget is the process's, so this runs alone.</summary>
[Collection(nameof(ProcessMemoryTests))]
[CollectionDefinition(nameof(ProcessMemoryTests), DisableParallelization = true)]
public sealed class ProcessMemoryTests
{
    [Fact]
    public void Garbage_is_collected_near_the_limit_and_left_alone_far_from_it()
    {
        var far = MemoryBudget.Divide(1L << 40, 1);
        ProcessMemory.Hold(far);
        Assert.Equal(far.BlockCacheBytes, BlockCache.Default.LimitBytes);

        var garbage = MakeGarbage();
        ProcessMemory.Relieve();
        Assert.True(garbage.IsAlive);

        ProcessMemory.Hold(MemoryBudget.Divide(MemoryBudget.MinimumBytes, 1));
        Assert.True(Environment.WorkingSet > MemoryBudget.MinimumBytes);
        ProcessMemory.Relieve();
        Assert.False(garbage.IsAlive);

        // What is live is not counted as garbage again.
        garbage = MakeGarbage(1);
        ProcessMemory.Relieve();
        Assert.True(garbage.IsAlive);
        ProcessMemory.Hold(MemoryBudget.Divide(MemoryBudget.DefaultBytes, Environment.ProcessorCount));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference MakeGarbage(int megabytes = 160)
    {
        var garbage = new byte[megabytes << 20];
        garbage.AsSpan().Fill(1);
        return new WeakReference(garbage);
    }
}

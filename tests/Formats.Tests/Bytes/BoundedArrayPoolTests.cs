using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Tests.Bytes;

/// <summary>Arrays that all threads borrow, and how many of them wait for the next. What waits is counted for the process, so it runs alone.</summary>
[Collection(nameof(BoundedArrayPoolTests))]
[CollectionDefinition(nameof(BoundedArrayPoolTests), DisableParallelization = true)]
public sealed class BoundedArrayPoolTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 16)]
    [InlineData(65_536, 65_536)]
    [InlineData(65_537, 131_072)]
    [InlineData(1 << 20, 1 << 20)]
    [InlineData((1 << 20) + 1, 2 << 20)]
    public void Lends_the_next_power_of_two(int wanted, int length)
    {
        var array = BoundedArrayPool<byte>.Shared.Rent(wanted);
        Assert.Equal(length, array.Length);
        BoundedArrayPool<byte>.Shared.Return(array);
    }

    [Fact]
    public void One_thread_borrows_what_another_gave_back()
    {
        BoundedArrayPool.Trim();
        var array = BoundedArrayPool<ulong>.Shared.Rent(300_000);
        var thread = new Thread(() => BoundedArrayPool<ulong>.Shared.Return(array));
        thread.Start();
        thread.Join();
        Assert.Equal(array.Length * sizeof(ulong), BoundedArrayPool.Retained);
        Assert.Same(array, BoundedArrayPool<ulong>.Shared.Rent(300_000));
        Assert.Equal(0, BoundedArrayPool.Retained);
    }

    [Fact]
    public void Keeps_no_more_than_the_bound_whatever_the_types()
    {
        BoundedArrayPool.Trim();
        var bytes = Enumerable.Range(0, 40).Select(static _ => BoundedArrayPool<byte>.Shared.Rent(1 << 20)).ToArray();
        var numbers = Enumerable.Range(0, 40).Select(static _ => BoundedArrayPool<int>.Shared.Rent(1 << 18)).ToArray();
        Array.ForEach(bytes, array => BoundedArrayPool<byte>.Shared.Return(array));
        Assert.Equal(40L << 20, BoundedArrayPool.Retained);
        Array.ForEach(numbers, array => BoundedArrayPool<int>.Shared.Return(array));
        Assert.Equal(BoundedArrayPool.LimitBytes, BoundedArrayPool.Retained);
        BoundedArrayPool.Trim();
        Assert.Equal(0, BoundedArrayPool.Retained);
    }

    [Fact]
    public void Smaller_arrays_take_the_place_of_larger_ones()
    {
        BoundedArrayPool.Trim();
        var large = BoundedArrayPool<byte>.Shared.Rent((int)BoundedArrayPool.LimitBytes / 2);
        var small = BoundedArrayPool<byte>.Shared.Rent(100_000);
        BoundedArrayPool<byte>.Shared.Return(large);
        BoundedArrayPool<byte>.Shared.Return(BoundedArrayPool<byte>.Shared.Rent(16 << 20));
        BoundedArrayPool<byte>.Shared.Return(small);
        Assert.Same(small, BoundedArrayPool<byte>.Shared.Rent(100_000));
        BoundedArrayPool.Trim();
    }

    [Fact]
    public void Grows_with_the_same_content()
    {
        var array = BoundedArrayPool<uint>.Shared.Rent(20_000);
        for (var i = 0; i < array.Length; i++)
        {
            array[i] = (uint)i;
        }

        var before = array.ToArray();
        BoundedArrayPool<uint>.Shared.Grow(ref array);
        Assert.Equal(before.Length * 2, array.Length);
        Assert.Equal(before, array[..before.Length]);
        BoundedArrayPool<uint>.Shared.Return(array);
    }

    [Fact]
    public void Refuses_what_it_never_lent() =>
        Assert.Throws<ArgumentException>(() => BoundedArrayPool<byte>.Shared.Return(new byte[100_000]));

    [Fact]
    public void Clears_what_comes_back_where_asked()
    {
        BoundedArrayPool.Trim();
        var array = BoundedArrayPool<byte>.Shared.Rent(200_000);
        array[199_999] = 7;
        BoundedArrayPool<byte>.Shared.Return(array, clearArray: true);
        Assert.Equal(0, BoundedArrayPool<byte>.Shared.Rent(200_000)[199_999]);
    }
}

using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace IpswDiff.Formats.Bytes;

/// <summary>
/// Arrays to borrow, for all threads together. Those of up to 64 KiB are <see cref="ArrayPool{T}.Shared"/>'s. That one keeps larger ones
/// for every thread they ever ended on, where they stay until the large object heap is collected; of those at most
/// <see cref="BoundedArrayPool.LimitBytes"/> are kept here, whatever their type. Safe for concurrent use.
/// </summary>
/// <typeparam name="T">What the arrays hold.</typeparam>
public sealed class BoundedArrayPool<T> : ArrayPool<T>
    where T : unmanaged
{
    private readonly Stack<T[]>[] _free = [.. Enumerable.Range(0, 31).Select(static _ => new Stack<T[]>())];

    private BoundedArrayPool() => BoundedArrayPool.Add(Trim);

    /// <summary>The pool of the process.</summary>
    public static new BoundedArrayPool<T> Shared { get; } = new();

    /// <inheritdoc/>
    public override T[] Rent(int minimumLength)
    {
        if (minimumLength <= BoundedArrayPool.SmallBytes / Unsafe.SizeOf<T>())
        {
            return ArrayPool<T>.Shared.Rent(minimumLength);
        }

        if (minimumLength > 1 << (_free.Length - 1))
        {
            return GC.AllocateUninitializedArray<T>(minimumLength);
        }

        var size = BitOperations.Log2((uint)minimumLength - 1) + 1;
        lock (_free)
        {
            if (_free[size].TryPop(out var kept))
            {
                BoundedArrayPool.Release(BytesOf(kept));
                return kept;
            }
        }

        return GC.AllocateUninitializedArray<T>(1 << size);
    }

    /// <inheritdoc/>
    public override void Return(T[] array, bool clearArray = false)
    {
        ArgumentNullException.ThrowIfNull(array);
        if (array.Length <= BoundedArrayPool.SmallBytes / Unsafe.SizeOf<T>())
        {
            ArrayPool<T>.Shared.Return(array, clearArray);
            return;
        }

        if (array.Length > 1 << (_free.Length - 1))
        {
            return;
        }

        if (!BitOperations.IsPow2(array.Length))
        {
            throw new ArgumentException("the array is not of this pool", nameof(array));
        }

        if (clearArray)
        {
            Array.Clear(array);
        }

        lock (_free)
        {
            while (!BoundedArrayPool.TryRetain(BytesOf(array)))
            {
                if (!TryDropLargerThan(array))
                {
                    return;
                }
            }

            _free[BitOperations.Log2((uint)array.Length)].Push(array);
        }
    }

    /// <summary>Replaces a borrowed array by one of twice its length that begins with the same content.</summary>
    public void Grow(ref T[] array)
    {
        ArgumentNullException.ThrowIfNull(array);
        var grown = Rent(array.Length * 2);
        array.CopyTo(grown, 0);
        Return(array);
        array = grown;
    }

    private void Trim()
    {
        lock (_free)
        {
            foreach (var stack in _free)
            {
                BoundedArrayPool.Release(stack.Sum(BytesOf));
                stack.Clear();
            }
        }
    }

    // What is smaller is borrowed more often.
    private bool TryDropLargerThan(T[] array)
    {
        var larger = Array.FindLast(_free, static stack => stack.Count > 0)?.Peek();
        if (larger is null || larger.Length <= array.Length)
        {
            return false;
        }

        _free[BitOperations.Log2((uint)larger.Length)].Pop();
        BoundedArrayPool.Release(BytesOf(larger));
        return true;
    }

    private static long BytesOf(T[] array) => (long)array.Length * Unsafe.SizeOf<T>();
}

/// <summary>What the pools of all types keep together.</summary>
public static class BoundedArrayPool
{
    /// <summary>What <see cref="LimitBytes"/> is where nobody sets it.</summary>
    public const long DefaultLimitBytes = 48L << 20;

    /// <summary>Bytes of the largest array that is left to the runtime's pool.</summary>
    public const int SmallBytes = 64 << 10;

    private static readonly List<Action> Trims = [];
    private static long _limit = DefaultLimitBytes;
    private static long _retained;

    /// <summary>The most bytes that wait in the pools for the next borrower. Setting it lets go of nothing.</summary>
    public static long LimitBytes
    {
        get => Interlocked.Read(ref _limit);
        set => Interlocked.Exchange(ref _limit, value);
    }

    /// <summary>Bytes that wait now.</summary>
    public static long Retained => Interlocked.Read(ref _retained);

    /// <summary>Lets go of all that waits.</summary>
    public static void Trim()
    {
        lock (Trims)
        {
            Trims.ForEach(static trim => trim());
        }
    }

    internal static void Add(Action trim)
    {
        lock (Trims)
        {
            Trims.Add(trim);
        }
    }

    internal static bool TryRetain(long bytes)
    {
        if (Interlocked.Add(ref _retained, bytes) <= LimitBytes)
        {
            return true;
        }

        Release(bytes);
        return false;
    }

    internal static void Release(long bytes) => Interlocked.Add(ref _retained, -bytes);
}

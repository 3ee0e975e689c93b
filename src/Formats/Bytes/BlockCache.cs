namespace IpswDiff.Formats.Bytes;

/// <summary>
/// Decoded blocks of any number of sources under one byte limit, least recently used out first. A block that is in use is never
/// evicted, so the limit may be passed by what is leased at the moment, and by no more.
/// </summary>
public sealed class BlockCache
{
    private const long DefaultLimit = 64L << 20;

    private static long s_nextOwner;

    private readonly Lock _gate = new();
    private readonly Dictionary<(long Owner, long Index), Block> _blocks = [];
    private readonly LinkedList<Block> _byUse = new();
    private long _limit;
    private long _used;
    private long _hits;
    private long _misses;

    /// <summary>Makes a cache that keeps at most <paramref name="limitBytes"/> of idle blocks.</summary>
    public BlockCache(long limitBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limitBytes);
        _limit = limitBytes;
    }

    /// <summary>The cache of the process, used by every reader that is given no other; 64 MiB until its limit is set.</summary>
    public static BlockCache Default { get; } = new(DefaultLimit);

    /// <summary>Bytes of blocks that may be kept; lowering it evicts at once.</summary>
    public long LimitBytes
    {
        get => Interlocked.Read(ref _limit);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            lock (_gate)
            {
                _limit = value;
                EvictDownTo(value);
            }
        }
    }

    /// <summary>Bytes held now, idle and leased.</summary>
    public long UsedBytes => Interlocked.Read(ref _used);

    /// <summary>Blocks found in the cache since it was made.</summary>
    public long Hits => Interlocked.Read(ref _hits);

    /// <summary>Blocks that had to be decoded since it was made.</summary>
    public long Misses => Interlocked.Read(ref _misses);

    /// <summary>Lets go of every idle block, where what comes will not ask for them.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            EvictDownTo(0);
        }
    }

    /// <summary>A number that no other source of the process has; the first half of a block's key.</summary>
    internal static long NewOwner() => Interlocked.Increment(ref s_nextOwner);

    /// <summary>
    /// The block <paramref name="index"/> of <paramref name="loader"/>, decoded by the calling thread if nobody holds it.
    /// Threads that ask for the same block at once wait for the one that decodes it.
    /// </summary>
    internal Lease Acquire(BlockedByteSource loader, long index, int length)
    {
        var block = Reserve(loader, index, length, out var mustLoad);
        if (mustLoad)
        {
            Load(loader, block);
            return new Lease(this, block);
        }

        block.Loaded.Wait();
        if (block.Fault is null)
        {
            return new Lease(this, block);
        }

        // The other thread's fault says nothing about its stack; this thread meets it itself.
        Release(block);
        return Acquire(loader, index, length);
    }

    /// <summary>Whether the block is there or on its way, without touching its place in the order.</summary>
    internal bool Contains(long owner, long index)
    {
        lock (_gate)
        {
            return _blocks.ContainsKey((owner, index));
        }
    }

    private Block Reserve(BlockedByteSource loader, long index, int length, out bool mustLoad)
    {
        var key = (loader.Owner, index);
        lock (_gate)
        {
            if (_blocks.TryGetValue(key, out var block))
            {
                block.Users++;
                _byUse.Remove(block.Node);
                _byUse.AddFirst(block.Node);
                _hits++;
                mustLoad = false;
                return block;
            }

            block = new Block(key, BoundedArrayPool<byte>.Shared.Rent(length), length) { Users = 1 };
            _blocks.Add(key, block);
            _byUse.AddFirst(block.Node);
            _used += block.Buffer.Length;
            _misses++;
            EvictDownTo(_limit);
            mustLoad = true;
            return block;
        }
    }

    private void Load(BlockedByteSource loader, Block block)
    {
        try
        {
            loader.Decode(block.Key.Index, block.Buffer.AsSpan(0, block.Length));
        }
        catch (Exception fault)
        {
            lock (_gate)
            {
                block.Fault = fault;
                _blocks.Remove(block.Key);
            }

            block.Loaded.Set();
            Release(block);
            throw;
        }

        block.Loaded.Set();
    }

    private void Release(Block block)
    {
        lock (_gate)
        {
            block.Users--;
            if (block.Users == 0 && block.Fault is not null)
            {
                Drop(block);
            }
            else if (_used > _limit)
            {
                EvictDownTo(_limit);
            }
        }
    }

    private void EvictDownTo(long limit)
    {
        var node = _byUse.Last;
        while (_used > limit && node is not null)
        {
            var previous = node.Previous;
            if (node.Value.Users == 0)
            {
                _blocks.Remove(node.Value.Key);
                Drop(node.Value);
            }

            node = previous;
        }
    }

    private void Drop(Block block)
    {
        _byUse.Remove(block.Node);
        _used -= block.Buffer.Length;
        block.Loaded.Dispose();
        BoundedArrayPool<byte>.Shared.Return(block.Buffer);
    }

    /// <summary>A decoded block in use. Dispose it exactly once.</summary>
    internal readonly struct Lease : IDisposable
    {
        private readonly BlockCache _cache;
        private readonly Block _block;

        internal Lease(BlockCache cache, Block block)
        {
            _cache = cache;
            _block = block;
        }

        internal ReadOnlySpan<byte> Span => _block.Buffer.AsSpan(0, _block.Length);

        public void Dispose() => _cache.Release(_block);
    }

    internal sealed class Block
    {
        internal Block((long Owner, long Index) key, byte[] buffer, int length)
        {
            Key = key;
            Buffer = buffer;
            Length = length;
            Node = new LinkedListNode<Block>(this);
        }

        internal (long Owner, long Index) Key { get; }

        internal byte[] Buffer { get; }

        internal int Length { get; }

        internal LinkedListNode<Block> Node { get; }

        internal ManualResetEventSlim Loaded { get; } = new(false);

        internal int Users { get; set; }

        internal Exception? Fault { get; set; }
    }
}

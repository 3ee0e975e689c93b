using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Binaries.Code;

/// <summary>
/// How much of a function's code another one shares: runs of four tokens (<see cref="Arm64Tokens{TSink}"/>, <see cref="X86Tokens{TSink}"/>) that both have, over those
/// that either has. For one thread.
/// </summary>
internal sealed class FunctionSimilarity : IDisposable
{
    private const int RunLength = 4;
    private const int BufferBytes = 256 << 10;

    // Of a longer function its first part stands for the whole.
    private const int MostTokens = 64 << 10;

    private readonly byte[] _buffer = BoundedArrayPool<byte>.Shared.Rent(BufferBytes);
    private readonly ulong[] _left = BoundedArrayPool<ulong>.Shared.Rent(MostTokens);
    private readonly ulong[] _right = BoundedArrayPool<ulong>.Shared.Rent(MostTokens);

    /// <summary>From 0 (nothing in common) to 1 (the same, addresses aside).</summary>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    public double Compare(ByteSource left, ByteSource right, InstructionSet instructions)
    {
        var x = Read(left, _left, instructions);
        var y = Read(right, _right, instructions);
        var (i, j, common) = (0, 0, 0);
        while (i < x.Length && j < y.Length)
        {
            var order = x[i].CompareTo(y[j]);
            common += order == 0 ? 1 : 0;
            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }

        var either = x.Length + y.Length - common;
        return either == 0 ? 1 : (double)common / either;
    }

    public void Dispose()
    {
        BoundedArrayPool<byte>.Shared.Return(_buffer);
        BoundedArrayPool<ulong>.Shared.Return(_left);
        BoundedArrayPool<ulong>.Shared.Return(_right);
    }

    private Span<ulong> Read(ByteSource code, ulong[] runs, InstructionSet instructions)
    {
        var reader = new FunctionFingerprints.CodeReader(code, _buffer);
        var sink = new RunSink(runs);
        FunctionFingerprints.Feed(ref sink, ref reader, 0, Math.Min(code.Length, MostTokens * 4L), code.Length, 0,
            instructions);
        var found = runs.AsSpan(0, sink.Finish());
        found.Sort();
        return found;
    }

    private struct RunSink(ulong[] runs) : ITokenSink
    {
        private int _tokens;
        private ulong _run;
        private ulong _runBefore;

        public void Add(uint token)
        {
            // The last four tokens, 32 bits each.
            _runBefore = (_runBefore << 32) | (_run >> 32);
            _run = (_run << 32) | token;
            if (++_tokens >= RunLength && _tokens - RunLength < MostTokens)
            {
                runs[_tokens - RunLength] = Mix();
            }
        }

        /// <summary>How many runs there are; a function of fewer tokens is one run.</summary>
        public readonly int Finish()
        {
            if (_tokens is > 0 and < RunLength)
            {
                runs[0] = Mix();
                return 1;
            }

            return Math.Clamp(_tokens - RunLength + 1, 0, MostTokens);
        }

        private readonly ulong Mix() => unchecked(((_runBefore * 0x9E3779B97F4A7C15) ^ _run) * 0xC4CEB9FE1A85EC53);
    }
}

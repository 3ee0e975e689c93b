using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.MachO;

/// <summary>One NUL-terminated string; its bytes are valid until the enumeration moves on.</summary>
public readonly ref struct CString
{
    internal CString(ReadOnlySpan<byte> bytes, long offset, bool isTerminated)
    {
        Bytes = bytes;
        Offset = offset;
        IsTerminated = isTerminated;
    }

    /// <summary>The bytes without the NUL; may be empty, as the padding of a section is.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Where it begins in the section.</summary>
    public long Offset { get; }

    /// <summary>
    /// Whether a NUL follows. False for a section's last bytes without one, and for all pieces but the last of a string longer than
    /// <see cref="CStrings.MaxPiece"/>.
    /// </summary>
    public bool IsTerminated { get; }
}

/// <summary>The strings of a section, streamed through one pooled buffer. <c>foreach</c> returns the buffer.</summary>
public readonly struct CStrings
{
    /// <summary>Bytes of a string that are handed out in one piece at most.</summary>
    public const int MaxPiece = 4 << 20;

    private const int FirstBuffer = 64 << 10;

    private readonly ByteSource _source;

    /// <summary>The strings of <paramref name="source"/>, which is any run of NUL-terminated strings.</summary>
    public CStrings(ByteSource source) => _source = source;

    /// <summary>Enumerates the strings, empty ones included, from front to back.</summary>
    public Enumerator GetEnumerator() => new(_source);

    /// <summary>How many terminated strings are not empty.</summary>
    /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
    public long CountNonEmpty()
    {
        var count = 0L;
        var inString = false;
        var buffer = BoundedArrayPool<byte>.Shared.Rent((int)Math.Clamp(_source.Length, 1, FirstBuffer));
        try
        {
            for (var offset = 0L; offset < _source.Length;)
            {
                var chunk = buffer.AsSpan(0, _source.ReadUpTo(offset, buffer));
                offset += chunk.Length;
                ReadOnlySpan<byte> rest = chunk;
                while (!rest.IsEmpty)
                {
                    var end = rest.IndexOf((byte)0);
                    inString |= end != 0;
                    if (end < 0)
                    {
                        break;
                    }

                    count += inString ? 1 : 0;
                    inString = false;
                    rest = rest[(end + 1)..];
                }
            }
        }
        finally
        {
            BoundedArrayPool<byte>.Shared.Return(buffer);
        }

        return count;
    }

    /// <summary>Walks the strings. Holds a pooled buffer until it is disposed of.</summary>
    public ref struct Enumerator : IDisposable
    {
        private readonly ByteSource _source;
        private byte[]? _buffer;
        private int _start;
        private int _end;
        private long _bufferOffset;
        private ReadOnlySpan<byte> _current;
        private long _currentOffset;
        private bool _terminated;

        internal Enumerator(ByteSource source) => _source = source;

        /// <summary>The string the enumerator stands at.</summary>
        public readonly CString Current => new(_current, _currentOffset, _terminated);

        /// <summary>Moves to the next string.</summary>
        /// <exception cref="FirmwareFormatException">A layer underneath is damaged.</exception>
        public bool MoveNext()
        {
            _buffer ??= BoundedArrayPool<byte>.Shared.Rent((int)Math.Clamp(_source.Length, 1, FirstBuffer));
            var searched = 0;
            while (true)
            {
                var pending = _buffer.AsSpan(_start, _end - _start);
                var nul = pending[searched..].IndexOf((byte)0);
                if (nul >= 0)
                {
                    return Take(searched + nul, terminated: true);
                }

                searched = pending.Length;
                if (searched >= MaxPiece)
                {
                    return Take(MaxPiece, terminated: false);
                }

                if (!Fill())
                {
                    return searched > 0 && Take(searched, terminated: false);
                }
            }
        }

        /// <summary>Returns the buffer.</summary>
        public void Dispose()
        {
            if (_buffer is not null)
            {
                BoundedArrayPool<byte>.Shared.Return(_buffer);
                _buffer = null;
                _current = default;
            }
        }

        private bool Take(int length, bool terminated)
        {
            _current = _buffer.AsSpan(_start, length);
            _currentOffset = _bufferOffset + _start;
            _terminated = terminated;
            _start += length + (terminated ? 1 : 0);
            return true;
        }

        private bool Fill()
        {
            var read = _bufferOffset + _end;
            if (read >= _source.Length)
            {
                return false;
            }

            var pending = _buffer.AsSpan(_start, _end - _start);
            if (_start == 0 && _end == _buffer!.Length)
            {
                var grown = BoundedArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
                pending.CopyTo(grown);
                BoundedArrayPool<byte>.Shared.Return(_buffer);
                _buffer = grown;
            }
            else
            {
                pending.CopyTo(_buffer);
            }

            _bufferOffset += _start;
            _end -= _start;
            _start = 0;
            _end += _source.ReadUpTo(read, _buffer.AsSpan(_end));
            return true;
        }
    }
}

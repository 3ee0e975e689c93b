using System.Runtime.CompilerServices;

namespace IpswDiff.Formats.Bytes;

/// <summary>
/// An unsigned LEB128 number as its bytes come: seven bits a byte, the lowest first, the top bit says that more follow (DWARF 5, section
/// 7.6). It may be padded with zeros, but no bit past the 64th may be set.
/// </summary>
internal struct Uleb128
{
    private const byte More = 0x80;
    private const byte Payload = 0x7F;

    private int _shift;

    /// <summary>The number, once its last byte was added.</summary>
    internal ulong Value { get; private set; }

    /// <summary>Whether bytes were added.</summary>
    internal readonly bool IsBegun => _shift != 0;

    /// <summary>Whether <paramref name="part"/> is the last byte of a number.</summary>
    internal static bool IsLast(byte part) => part < More;

    /// <summary>Adds the next byte.</summary>
    /// <returns>False, and nothing is changed, when it has bits past the 64th.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryAdd(byte part)
    {
        var bits = (ulong)(part & Payload);
        if (_shift >= 63)
        {
            if (bits > (_shift == 63 ? 1UL : 0UL))
            {
                return false;
            }

            // Zeros may follow without end.
            Value |= bits << 63;
            _shift = 64;
            return true;
        }

        Value |= bits << _shift;
        _shift += 7;
        return true;
    }
}

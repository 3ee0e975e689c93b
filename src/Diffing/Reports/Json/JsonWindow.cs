using System.Text.Json;
using IpswDiff.Diffing.Handlers.Firmware;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Reports.Json;

/// <summary>
/// Reads a JSON file of any length token by token or value by value, a window of it in memory at a time. A value that is taken whole must
/// fit <see cref="LongestValue"/>.
/// </summary>
internal sealed class JsonWindow(ByteSource source, long offset, string name)
{
    private const int LongestValue = 16 << 20;

    private byte[] _buffer = new byte[64 * 1024];
    private long _offset = offset;
    private int _start;
    private int _end;
    private long _valueStart;
    private JsonReaderState _state;

    /// <summary>The token read last.</summary>
    public JsonTokenType Token { get; private set; }

    /// <summary>Where it begins, in bytes from the start of the file.</summary>
    public long TokenOffset { get; private set; }

    /// <summary>Reads a token.</summary>
    /// <exception cref="FirmwareFormatException">The file is no JSON, or ends early.</exception>
    public JsonTokenType Next()
    {
        Take(whole: false);
        return Token;
    }

    /// <summary>Reads a token that must be a property's name or the end of the object.</summary>
    /// <returns>The name, or null at the end.</returns>
    /// <exception cref="FirmwareFormatException">The file is no JSON, or ends early.</exception>
    public string? NextProperty()
    {
        var bytes = Take(whole: false);
        return Token switch
        {
            JsonTokenType.EndObject => null,
            JsonTokenType.PropertyName => NameIn(bytes[..(bytes.LastIndexOf((byte)'"') + 1)]),
            _ => throw Damaged($"a {Token} where a property was expected"),
        };
    }

    /// <summary>Reads a token that must be <paramref name="expected"/>.</summary>
    /// <exception cref="FirmwareFormatException">It is another one.</exception>
    public void Expect(JsonTokenType expected)
    {
        if (Next() != expected)
        {
            throw Damaged($"a {Token} where a {expected} was expected");
        }
    }

    /// <summary>Reads a whole value with all that is in it, or the end of an array, for which it is empty. Valid until the next call.</summary>
    /// <exception cref="FirmwareFormatException">The file is no JSON, or ends early, or the value is too long.</exception>
    public ReadOnlySpan<byte> Value()
    {
        var bytes = Take(whole: true);
        ValueLength = bytes.Length;
        return Token == JsonTokenType.EndArray ? [] : bytes;
    }

    /// <summary>How many bytes the value is long that was read last.</summary>
    public int ValueLength { get; private set; }

    /// <summary>What to throw for a fault at the token read last.</summary>
    public FirmwareFormatException Damaged(string reason, Exception? inner = null) => new(name, TokenOffset, reason, inner);

    private string? NameIn(ReadOnlySpan<byte> quoted)
    {
        try
        {
            return JsonSerializer.Deserialize(quoted, Results.ResultsJson.Readable.String);
        }
        catch (JsonException undecodable)
        {
            throw Damaged("a property's name is no Unicode", undecodable);
        }
    }

    private ReadOnlySpan<byte> Take(bool whole)
    {
        while (true)
        {
            var isLast = _offset + (_end - _start) >= source.Length;
            var reader = new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), isLast, _state);
            try
            {
                if (reader.Read() && TakeRest(ref reader, whole))
                {
                    var begin = (int)(whole ? _valueStart : reader.TokenStartIndex);
                    var bytes = _buffer.AsSpan(_start + begin, (int)reader.BytesConsumed - begin);
                    TokenOffset = _offset + begin;
                    _state = reader.CurrentState;
                    _start += (int)reader.BytesConsumed;
                    _offset += reader.BytesConsumed;
                    return bytes;
                }
            }
            catch (JsonException fault)
            {
                TokenOffset = _offset;
                throw Damaged("this is not JSON: " + fault.Message, fault);
            }

            if (isLast)
            {
                TokenOffset = _offset;
                throw Damaged("the file ends early");
            }

            Fill();
        }
    }

    private bool TakeRest(ref Utf8JsonReader reader, bool whole)
    {
        Token = reader.TokenType;
        _valueStart = reader.TokenStartIndex;
        return !whole || reader.TrySkip();
    }

    private void Fill()
    {
        var kept = _end - _start;
        var room = kept > _buffer.Length / 2 ? new byte[checked(_buffer.Length * 2)] : _buffer;
        if (room.Length > LongestValue)
        {
            TokenOffset = _offset;
            throw Damaged($"a value is longer than {LongestValue >> 20} MiB");
        }

        _buffer.AsSpan(_start, kept).CopyTo(room);
        (_buffer, _start, _end) = (room, 0, kept);
        _end += source.ReadUpTo(_offset + kept, _buffer.AsSpan(kept));
    }
}

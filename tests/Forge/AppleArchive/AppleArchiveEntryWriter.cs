using System.Text;
using IpswDiff.Forge.Compression;

namespace IpswDiff.Forge.AppleArchive;

/// <summary>One entry of an Apple Archive, field by field.</summary>
public sealed class AppleArchiveEntryWriter(string magic)
{
    private readonly ByteWriter _fields = new();
    private readonly ByteWriter _blobs = new();

    public AppleArchiveEntryWriter Number(string key, ulong value, int smallest = 1)
    {
        var size = value <= byte.MaxValue && smallest <= 1 ? 1 : value <= ushort.MaxValue && smallest <= 2 ? 2 : value <= uint.MaxValue ? 4 : 8;
        Key(key, (char)('0' + size));
        for (var i = 0; i < size; i++)
        {
            _fields.Byte((int)(value >> (8 * i)) & 0xFF);
        }

        return this;
    }

    public AppleArchiveEntryWriter Text(string key, string value) => Text(key, Encoding.UTF8.GetBytes(value));

    public AppleArchiveEntryWriter Text(string key, byte[] value)
    {
        Key(key, 'P');
        _fields.UInt16(value.Length);
        _fields.Bytes(value);
        return this;
    }

    public AppleArchiveEntryWriter Flag(string key)
    {
        Key(key, '*');
        return this;
    }

    public AppleArchiveEntryWriter Hash(string key, byte[] value)
    {
        Key(key, value.Length switch { 4 => 'F', 20 => 'G', 32 => 'H', 48 => 'I', _ => 'J' });
        _fields.Bytes(value);
        return this;
    }

    public AppleArchiveEntryWriter Time(string key, DateTimeOffset value)
    {
        Key(key, 'T');
        _fields.UInt64((ulong)value.ToUnixTimeSeconds());
        _fields.UInt32((uint)(value.Ticks % TimeSpan.TicksPerSecond * 100));
        return this;
    }

    public AppleArchiveEntryWriter Blob(string key, byte[] value)
    {
        BlobSize(key, (ulong)value.Length);
        _blobs.Bytes(value);
        return this;
    }

    /// <summary>A blob field whose bytes are missing, or fewer.</summary>
    public AppleArchiveEntryWriter BlobSize(string key, ulong size)
    {
        Key(key, size <= ushort.MaxValue ? 'A' : size <= uint.MaxValue ? 'B' : 'C');
        if (size <= ushort.MaxValue)
        {
            _fields.UInt16((int)size);
        }
        else if (size <= uint.MaxValue)
        {
            _fields.UInt32((uint)size);
        }
        else
        {
            _fields.UInt64(size);
        }

        return this;
    }

    /// <summary>A field of any key and type.</summary>
    public AppleArchiveEntryWriter Field(string key, char type, byte[] value)
    {
        Key(key, type);
        _fields.Bytes(value);
        return this;
    }

    internal void WriteTo(ByteWriter output)
    {
        output.Bytes(Encoding.ASCII.GetBytes(magic));
        output.UInt16(6 + _fields.Length);
        output.Bytes(_fields.ToArray());
        output.Bytes(_blobs.ToArray());
    }

    private void Key(string key, char type) => _fields.Bytes(Encoding.ASCII.GetBytes(key + type));
}

using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using IpswDiff.Forge.FileTree;
using IpswDiff.Forge.Samples;

namespace IpswDiff.Forge.Zip;

/// <summary>
/// Writes ZIP archives that depend on their members only: fixed timestamps, made by Unix, members in the order in which they come.
/// Zip64 records appear where sizes ask for them, or everywhere when they are forced. Portable deflate streams depend on no processor.
/// </summary>
public sealed class ZipWriter(Stream output, bool forceZip64 = false, bool portableDeflate = false)
{
    private const ushort DosTime = 0;
    private const ushort DosDate = (2024 - 1980) << 9 | 1 << 5 | 1;
    private const ushort MadeByUnix = 3 << 8 | 45;
    private const ushort FlagUtf8 = 1 << 11;
    private const int RegularFile = 0x8000;
    private const int Directory = 0x4000;
    private const int Symlink = 0xA000;

    private readonly List<byte> _central = [];
    private long _position;
    private long _count;

    /// <summary>Adds a file; deflated ones are packed in memory, stored ones are streamed.</summary>
    public ZipWriter Add(string name, ForgeContent content, bool deflate = false, int mode = 0x1A4) =>
        AddEntry(name, content, deflate, RegularFile | mode);

    public ZipWriter AddDirectory(string name, int mode = 0x1ED) =>
        AddEntry(name.EndsWith('/') ? name : name + "/", ForgeContent.Empty, deflate: false, Directory | mode);

    public ZipWriter AddSymlink(string name, string target) =>
        AddEntry(name, ForgeContent.FromText(target), deflate: false, Symlink | 0x1FF);

    /// <summary>Writes the central directory and the end records; nothing may be added afterwards. The output stays open.</summary>
    public void Finish(string comment = "")
    {
        var directoryOffset = _position;
        Write([.. _central]);
        var directoryLength = _position - directoryOffset;
        if (forceZip64 || _count >= ushort.MaxValue || directoryOffset >= uint.MaxValue)
        {
            WriteZip64End(directoryOffset, directoryLength);
        }

        var commentBytes = Encoding.UTF8.GetBytes(comment);
        var end = new Record();
        end.U32(0x06054B50).U16(0).U16(0);
        end.U16((ushort)(forceZip64 ? ushort.MaxValue : Math.Min(_count, ushort.MaxValue)));
        end.U16((ushort)(forceZip64 ? ushort.MaxValue : Math.Min(_count, ushort.MaxValue)));
        end.U32(Low(directoryLength)).U32(Low(directoryOffset)).U16((ushort)commentBytes.Length).Bytes(commentBytes);
        Write(end.ToArray());
    }

    private void WriteZip64End(long directoryOffset, long directoryLength)
    {
        var recordOffset = _position;
        var end = new Record();
        end.U32(0x06064B50).U64(44).U16(MadeByUnix).U16(45).U32(0).U32(0);
        end.U64((ulong)_count).U64((ulong)_count).U64((ulong)directoryLength).U64((ulong)directoryOffset);
        end.U32(0x07064B50).U32(0).U64((ulong)recordOffset).U32(1);
        Write(end.ToArray());
    }

    private ZipWriter AddEntry(string name, ForgeContent content, bool deflate, int mode)
    {
        var crc = Checksum(content);
        var packed = deflate ? Deflate(content) : null;
        var packedLength = packed?.Length ?? content.Length;
        var nameBytes = Encoding.UTF8.GetBytes(name);
        var flags = nameBytes.All(one => one < 0x80) ? (ushort)0 : FlagUtf8;
        var isBig = forceZip64 || content.Length >= uint.MaxValue || packedLength >= uint.MaxValue;
        var offset = _position;

        var common = new Record();
        common.U16(45).U16(flags).U16((ushort)(deflate ? 8 : 0)).U16(DosTime).U16(DosDate).U32(crc);
        common.U32(isBig ? uint.MaxValue : (uint)packedLength).U32(isBig ? uint.MaxValue : (uint)content.Length).U16((ushort)nameBytes.Length);

        var local = new Record();
        local.U32(0x04034B50).Bytes(common.ToArray()).U16((ushort)(isBig ? 20 : 0)).Bytes(nameBytes);
        if (isBig)
        {
            local.U16(1).U16(16).U64((ulong)content.Length).U64((ulong)packedLength);
        }

        Write(local.ToArray());
        if (packed is not null)
        {
            Write(packed);
        }
        else
        {
            using var stream = content.Open();
            stream.CopyTo(output);
            _position += content.Length;
        }

        AddCentral(common.ToArray(), nameBytes, mode, offset, isBig, content.Length, packedLength);
        return this;
    }

    private void AddCentral(byte[] common, byte[] nameBytes, int mode, long offset, bool isBig, long length, long packedLength)
    {
        var isFar = forceZip64 || offset >= uint.MaxValue;
        var extra = new Record();
        if (isBig || isFar)
        {
            extra.U16(1).U16((ushort)((isBig ? 16 : 0) + (isFar ? 8 : 0)));
            if (isBig)
            {
                extra.U64((ulong)length).U64((ulong)packedLength);
            }

            if (isFar)
            {
                extra.U64((ulong)offset);
            }
        }

        var extraBytes = extra.ToArray();
        var isDirectory = (mode & 0xF000) == Directory;
        var central = new Record();
        central.U32(0x02014B50).U16(MadeByUnix).Bytes(common).U16((ushort)extraBytes.Length).U16(0).U16(0).U16(0);
        central.U32(((uint)mode << 16) | (isDirectory ? 0x10u : 0)).U32(isFar ? uint.MaxValue : (uint)offset).Bytes(nameBytes).Bytes(extraBytes);
        _central.AddRange(central.ToArray());
        _count++;
    }

    private uint Low(long value) => forceZip64 || value >= uint.MaxValue ? uint.MaxValue : (uint)value;

    private void Write(byte[] bytes)
    {
        output.Write(bytes);
        _position += bytes.Length;
    }

    private static uint Checksum(ForgeContent content)
    {
        var crc = new Crc32();
        using var stream = content.Open();
        crc.Append(stream);
        return crc.GetCurrentHashAsUInt32();
    }

    private byte[] Deflate(ForgeContent content)
    {
        if (portableDeflate)
        {
            return FixedDeflate.Compress(content.ToArray());
        }

        var packed = new MemoryStream();
        using (var deflater = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        using (var stream = content.Open())
        {
            stream.CopyTo(deflater);
        }

        return packed.ToArray();
    }

    private sealed class Record
    {
        private readonly List<byte> _bytes = [];

        public Record U16(ushort value) => Number(value, 2);

        public Record U32(uint value) => Number(value, 4);

        public Record U64(ulong value) => Number(value, 8);

        public Record Bytes(byte[] bytes)
        {
            _bytes.AddRange(bytes);
            return this;
        }

        public byte[] ToArray() => [.. _bytes];

        private Record Number(ulong value, int size)
        {
            for (var i = 0; i < size; i++)
            {
                _bytes.Add((byte)(value >> (8 * i)));
            }

            return this;
        }
    }
}

using System.Text;
using IpswDiff.Forge.Compression;

namespace IpswDiff.Forge.Ftab;

/// <summary>Writes tables of firmware files (<c>rkosftab</c>).</summary>
public sealed class FtabWriter
{
    private const int HeaderSize = 48;
    private const int EntrySize = 16;
    private const int Alignment = 64;

    private readonly List<(string Tag, byte[] Stored)> _files = [];

    public ulong BootNonce { get; init; }

    /// <summary>A ticket to bind in, or null.</summary>
    public byte[]? Ticket { get; init; }

    public FtabWriter Add(string tag, byte[] content)
    {
        _files.Add((tag, content));
        return this;
    }

    /// <summary>Adds a file LZFSE-compressed, in its envelope.</summary>
    public FtabWriter AddCompressed(string tag, byte[] content, uint id = 7)
    {
        var packed = LzfseEncoder.Encode(content);
        var envelope = new ByteWriter();
        envelope.UInt32(id);
        envelope.UInt32((uint)content.Length);
        envelope.UInt32((uint)packed.Length);
        envelope.Bytes(packed);
        _files.Add((tag, envelope.ToArray()));
        return this;
    }

    public byte[] Write()
    {
        var start = HeaderSize + (EntrySize * _files.Count);
        var table = new ByteWriter();
        var data = new ByteWriter();
        foreach (var (tag, stored) in _files)
        {
            Pad(data, start);
            table.Bytes(Encoding.ASCII.GetBytes(tag));
            table.UInt32((uint)(start + data.Length));
            table.UInt32((uint)stored.Length);
            table.UInt32(0);
            data.Bytes(stored);
        }

        Pad(data, start);
        var ticket = start + data.Length;
        data.Bytes(Ticket ?? []);

        var file = new ByteWriter();
        file.UInt32(1);
        file.UInt32(0xFFFFFFFF);
        file.UInt64(BootNonce);
        file.UInt32(Ticket is null ? 0 : (uint)ticket);
        file.UInt32((uint)(Ticket?.Length ?? 0));
        file.UInt64(0);
        file.Bytes("rkosftab"u8);
        file.UInt32((uint)_files.Count);
        file.UInt32(0);
        file.Bytes(table.ToArray());
        file.Bytes(data.ToArray());
        return file.ToArray();
    }

    private static void Pad(ByteWriter data, int start)
    {
        while ((start + data.Length) % Alignment != 0)
        {
            data.Byte(0);
        }
    }
}

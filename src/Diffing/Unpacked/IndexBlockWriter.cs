using System.Buffers;
using System.IO.Compression;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.FileSystems;

namespace IpswDiff.Diffing.Unpacked;

/// <summary>Writes entries, which come in path order, as blocks that can be read one by one.</summary>
/// <param name="output">Takes the packed blocks.</param>
internal sealed class IndexBlockWriter(Stream output)
{
    private const int EntriesPerBlock = 256;
    private const int BytesPerBlock = 64 << 10;

    private readonly ArrayBufferWriter<byte> _block = new(BytesPerBlock);
    private readonly List<IndexBlock> _blocks = [];
    private string? _first;
    private string _last = string.Empty;
    private int _count;
    private long _offset;

    public IReadOnlyList<IndexBlock> Blocks => _blocks;

    /// <exception cref="FirmwareFormatException">The entry is none that can be.</exception>
    public async ValueTask AddAsync(FileEntry entry, CancellationToken cancellationToken)
    {
        if (_count == EntriesPerBlock || _block.WrittenCount >= BytesPerBlock)
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        _first ??= entry.Path;
        EntryCodec.Write(_block, entry, _last);
        _last = entry.Path;
        _count++;
    }

    /// <summary>Writes the last block.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_first is null)
        {
            return;
        }

        using var packed = new MemoryStream();
        using (var packer = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            packer.Write(_block.WrittenSpan);
        }

        await output.WriteAsync(packed.GetBuffer().AsMemory(0, checked((int)packed.Length)), cancellationToken).ConfigureAwait(false);
        _blocks.Add(new IndexBlock(_first, _offset, (int)packed.Length, _block.WrittenCount, _count));
        _offset += packed.Length;
        _block.ResetWrittenCount();
        (_first, _last, _count) = (null, string.Empty, 0);
    }
}

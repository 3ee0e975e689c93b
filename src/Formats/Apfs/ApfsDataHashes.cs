using System.Buffers.Binary;
using System.Security.Cryptography;

namespace IpswDiff.Formats.Apfs;

/// <summary>
/// The hashes that a sealed volume keeps of its files' contents (file-info records, <c>j_file_data_hash_val_t</c>): one for every run of
/// blocks, the last one filled up with zeros. Not safe for concurrent use.
/// </summary>
internal sealed class ApfsDataHashes(ApfsVolume volume)
{
    private readonly BTreeCursor _records = volume.RecordCursor();

    /// <summary>
    /// What the records of a data stream say of all of its bytes, as text: algorithm, length and the only hash, or the hash of all runs'
    /// lengths and hashes. Null where they do not cover the stream without gaps.
    /// </summary>
    /// <param name="streamId">The data stream; of a compressed file, its resource fork's, though the hashes are of the decoded contents.</param>
    /// <param name="size">Bytes of the contents.</param>
    internal string? Read(ulong streamId, long size)
    {
        if (streamId > ApfsConstants.ObjectIdMask)
        {
            return null;
        }

        var key = BTreeKey.Record(streamId, ApfsRecordType.FileInfo, (ulong)ApfsConstants.FileInfoDataHash << 56);
        var blockSize = volume.Container.BlockSize;
        var covered = 0L;
        ReadOnlyMemory<byte> only = default;
        IncrementalHash? runs = null;
        try
        {
            for (var found = _records.Seek(key); found && _records.Key.Primary == key.Primary && covered < size; found = _records.MoveNext())
            {
                var value = _records.ValueMemory;
                if (_records.Key.Secondary != key.Secondary + (ulong)covered || value.Length < 3 + SHA256.HashSizeInBytes || value.Length < 3 + value.Span[2])
                {
                    return null;
                }

                // A second run turns the whole into a hash of hashes.
                if (covered > 0 && runs is null)
                {
                    runs = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                    runs.AppendData(only.Span);
                }

                runs?.AppendData(value.Span);
                only = value;
                covered += BinaryPrimitives.ReadUInt16LittleEndian(value.Span) * (long)blockSize;
            }

            var isWhole = covered >= size && covered - size < blockSize;
            return !isWhole ? null
                : runs is null ? $"apfs-sha{only.Span[2] * 8}:{size}:{Convert.ToHexStringLower(only.Span.Slice(3, only.Span[2]))}"
                : $"apfs-runs-sha256:{size}:{Convert.ToHexStringLower(runs.GetHashAndReset())}";
        }
        finally
        {
            runs?.Dispose();
        }
    }
}

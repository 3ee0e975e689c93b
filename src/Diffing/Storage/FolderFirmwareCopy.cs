using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Storage;

/// <summary>Copies a file of a server into a folder, going on where an interrupted copy of the same version was.</summary>
internal static class FolderFirmwareCopy
{
    /// <summary>How the parts of copies end, which outlast the process.</summary>
    public const string PartSuffix = ".fetch.partial";

    private const int BlockBytes = 8 << 20;

    /// <exception cref="IOException">Reading or writing failed; the next call goes on, except where the server has another version now.</exception>
    public static async Task RunAsync(string path, RemoteFile source, Action<long> progress, CancellationToken cancellationToken)
    {
        var folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        var part = $"{path}.{Convert.ToHexStringLower(source.Key)}{PartSuffix}";
        foreach (var other in Directory.EnumerateFiles(folder, Path.GetFileName(path) + ".*" + PartSuffix).Where(other => other != part))
        {
            File.Delete(other);
        }

        // Nobody else opens it as long as this process has it open.
        var stream = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1);
        await using (stream.ConfigureAwait(false))
        {
            // Each block is on the disk before the next is begun, so all but the last that are there are whole, whatever ended the copy.
            var done = Math.Min(Math.Max(0, (stream.Length / BlockBytes) - 1) * BlockBytes, source.Length);
            stream.SetLength(done);
            stream.Position = done;
            var buffer = BoundedArrayPool<byte>.Shared.Rent(BlockBytes);
            try
            {
                while (done < source.Length)
                {
                    progress(done);
                    var block = buffer.AsMemory(0, (int)Math.Min(BlockBytes, source.Length - done));
                    await source.ReadAsync(done, block, cancellationToken).ConfigureAwait(false);
                    await stream.WriteAsync(block, cancellationToken).ConfigureAwait(false);
                    stream.Flush(flushToDisk: true);
                    done += block.Length;
                }
            }
            finally
            {
                BoundedArrayPool<byte>.Shared.Return(buffer);
            }

            progress(done);
            await source.CheckUnchangedAsync(cancellationToken).ConfigureAwait(false);
        }

        File.Move(part, path, overwrite: true);
    }
}

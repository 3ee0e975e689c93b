using System.CommandLine;
using System.Runtime.InteropServices;
using IpswDiff.Forge;
using IpswDiff.Forge.Aea;
using IpswDiff.Forge.Compression;
using IpswDiff.Formats.Aea;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Compression;

namespace IpswDiff.Benchmarks;

/// <summary>Decoders and archives: MB of output a second, on one core unless said otherwise.</summary>
internal static class CodecBenchmark
{
    private const int ArchiveSegment = 1 << 20;
    private const int ReadSize = 1 << 20;

    internal static Command Create()
    {
        var file = new Option<FileInfo?>("--file")
        {
            Description = "What to encode and decode; a large binary. The runtime's own library by default.",
        };
        var seconds = new Option<double>("--seconds") { Description = "How long to repeat each measurement.", DefaultValueFactory = _ => 3 };
        var command = new Command("codec", "LZFSE, LZVN, the other codecs, AES-CTR with HMAC, and reading an encrypted archive.") { file, seconds };
        command.SetAction(arguments => Run(arguments.GetValue(file), new Stopclock(arguments.GetValue(seconds))));
        return command;
    }

    private static int Run(FileInfo? file, Stopclock clock)
    {
        var path = file?.FullName ?? Directory.EnumerateFiles(RuntimeEnvironment.GetRuntimeDirectory()).MaxBy(path => new FileInfo(path).Length)!;
        var data = File.ReadAllBytes(path);
        Stopclock.PrintMachine();
        Console.WriteLine($"data: {path}, {data.Length} bytes");
        Codecs(data, clock);
        Ctr(clock);
        Archive(data, clock);
        Stopclock.PrintPeak();
        return 0;
    }

    private static void Codecs(byte[] data, Stopclock clock)
    {
        var output = new byte[data.Length];
        void Measure(string name, byte[] encoded, Func<byte[], byte[], int> decode) =>
            clock.MeasureSpeed($"{name} ({100.0 * encoded.Length / data.Length:0}%)", data.Length, () => Require(decode(encoded, output) == data.Length));

        var (lzfse, encoder) = Lzfse(data);
        Measure($"LZFSE, encoded by {encoder}", lzfse, (from, to) => Formats.Compression.Lzfse.Decode(from, to));
        Require(output.AsSpan().SequenceEqual(data));
        Measure("LZVN", LzvnEncoder.Encode(data), (from, to) => Lzvn.Decode(from, to));
        Measure("LZ4", Lz4Encoder.Encode(data), (from, to) => Lz4.Decode(from, to));
        Measure("LZBITMAP", LzbitmapEncoder.Encode(data), (from, to) => Lzbitmap.Decode(from, to));
        Measure("LZRAVEN", LzravenEncoder.Encode(data), (from, to) => Formats.Compression.Lzraven.Decode(from, to));
        Measure("LZSS", LzssEncoder.Encode(data), (from, to) => Lzss.Decode(from, to));
        Measure("ADC", AdcEncoder.Encode(data), (from, to) => Adc.Decode(from, to));
        Measure("zlib", LibraryEncoders.Zlib(data), (from, to) => Zlib.Decode(from, to));
    }

    // Apple's encoder finds more and longer matches than the Forge's, so its output is the more telling where it is installed.
    private static (byte[] Encoded, string Encoder) Lzfse(byte[] data)
    {
        if (Witnesses.Lzfse.Path is not { } tool)
        {
            return (LzfseEncoder.Encode(data), "the Forge");
        }

        var folder = Directory.CreateTempSubdirectory("codec");
        try
        {
            var plain = Path.Combine(folder.FullName, "plain");
            var packed = Path.Combine(folder.FullName, "packed");
            File.WriteAllBytes(plain, data);
            Require(Witness.Run(tool, "-encode", "-i", plain, "-o", packed).ExitCode == 0);
            foreach (var line in Witness.Run(tool, "-decode", "-v", "-i", packed, "-o", plain).Error.Split('\n'))
            {
                if (line.Contains("Speed", StringComparison.OrdinalIgnoreCase))
                {
                    Console.WriteLine($"reference tool: {line.Trim()}");
                }
            }

            return (File.ReadAllBytes(packed), "the reference");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Ctr(Stopclock clock)
    {
        var bytes = new byte[16 << 20];
        var key = new byte[AeaDataKey.MaxSize];
        clock.MeasureSpeed("AES-256-CTR", bytes.Length, () => AesCtr.Transform(key.AsSpan(32, 32), key.AsSpan(64), bytes));
        clock.MeasureSpeed("AES-256-CTR and HMAC-SHA256", bytes.Length, () =>
        {
            var derived = AeaDataKey.Segment(key, 0, encrypted: true, stackalloc byte[AeaDataKey.MaxSize]);
            Require(!derived.Verify(bytes, [], key.AsSpan(0, 32)));
            derived.Decrypt(bytes);
        });
    }

    private static void Archive(byte[] data, Stopclock clock)
    {
        foreach (var compression in (AeaCompression[])[AeaCompression.None, AeaCompression.Lzfse])
        {
            var builder = new AeaBuilder(1)
            {
                Compression = compression,
                SegmentSize = ArchiveSegment,
                SegmentsPerCluster = 256,
                Checksum = AeaChecksum.Murmur,
            };
            var encoded = builder.Build(data);
            var buffer = new byte[ReadSize];

            // One cache for all runs, as in the program: its arrays go round.
            var cache = new BlockCache(16 << 20);
            foreach (var ahead in (bool[])[false, true])
            {
                clock.MeasureSpeed($"AEA ({compression}), in order{(ahead ? ", reading ahead on all cores" : string.Empty)}", data.Length, () =>
                {
                    var archive = AeaArchive.Open(new MemoryByteSource(encoded), new AeaKeyOptions { Given = [builder.Key] }, cache);
                    for (long at = 0; at < archive.Length; at += buffer.Length)
                    {
                        if (ahead)
                        {
                            archive.ReadAhead(at, 8L * ArchiveSegment);
                        }

                        archive.ReadUpTo(at, buffer);
                    }
                });
            }
        }
    }

    private static void Require(bool held)
    {
        if (!held)
        {
            throw new InvalidOperationException("a codec under measurement gave a wrong answer");
        }
    }
}

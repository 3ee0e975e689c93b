using System.Buffers;
using System.CommandLine;
using System.Text;
using IpswDiff.Formats.Demangling;
using IpswDiff.Formats.Demangling.Swift;

namespace IpswDiff.Cli.Commands;

/// <summary><c>ipswdiff demangle</c>: names in, readable names of Swift and C++ out, everything else as it came.</summary>
internal sealed class DemangleCommand
{
    private const int BlockSize = 1 << 16;

    private readonly SwiftDemangler _swift = new();
    private readonly NameStyle _style;
    private readonly Stream _output;

    private DemangleCommand(NameStyle style, Stream output) => (_style, _output) = (style, output);

    public static Command Create()
    {
        var names = new Argument<string[]>("NAME")
        {
            Arity = ArgumentArity.ZeroOrMore,
            Description = "Mangled names; none: one a line from standard input.",
        };
        var simplified = new Option<bool>("--simplified") { Description = "Without modules and types." };
        var command = new Command("demangle", "Makes names of Swift and C++ readable.") { names, simplified };
        command.SetAction((parsed, cancellationToken) => Guarded.RunAsync(() => RunAsync(
            parsed.GetValue(names) ?? [], parsed.GetValue(simplified) ? NameStyle.Simplified : NameStyle.Full, cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(string[] names, NameStyle style, CancellationToken cancellationToken)
    {
        await using var output = new BufferedStream(Console.OpenStandardOutput(), BlockSize);
        var command = new DemangleCommand(style, output);
        if (names.Length > 0)
        {
            foreach (var name in names)
            {
                command.Line(Encoding.UTF8.GetBytes(name), "\n"u8);
            }
        }
        else
        {
            await using var input = Console.OpenStandardInput();
            await command.LinesAsync(input, cancellationToken);
        }

        return ExitStatus.Done;
    }

    // Lines longer than any name that is looked at go through in pieces, so that what is held does not depend on the input.
    private async Task LinesAsync(Stream input, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BlockSize + SwiftDemangler.MaxLength);
        var (held, isWithinLongLine) = (0, false);
        while (true)
        {
            var read = await input.ReadAsync(buffer.AsMemory(held, BlockSize), cancellationToken);
            if (read == 0)
            {
                break;
            }

            var end = held + read;
            var start = 0;
            while (buffer.AsSpan(start, end - start).IndexOf((byte)'\n') is >= 0 and var length)
            {
                if (isWithinLongLine)
                {
                    _output.Write(buffer, start, length + 1);
                    isWithinLongLine = false;
                }
                else
                {
                    Line(buffer.AsSpan(start, length), "\n"u8);
                }

                start += length + 1;
            }

            held = end - start;
            if (held > SwiftDemangler.MaxLength || isWithinLongLine)
            {
                _output.Write(buffer, start, held);
                (held, isWithinLongLine) = (0, true);
            }

            buffer.AsSpan(start, held).CopyTo(buffer);
            if (read < BlockSize)
            {
                // Whoever waits for an answer sees it.
                await _output.FlushAsync(cancellationToken);
            }
        }

        if (held > 0)
        {
            Line(buffer.AsSpan(0, held), default);
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    private void Line(ReadOnlySpan<byte> line, ReadOnlySpan<byte> end)
    {
        var name = line is [.. var before, (byte)'\r'] ? before : line;
        if (SwiftDemangler.IsMangled(name) && _swift.Demangle(name, _style) is { IsEmpty: false } swift)
        {
            _output.Write(swift);
        }
        else if (OfCxx(name) is { } cxx)
        {
            _output.Write(Encoding.UTF8.GetBytes(cxx));
        }
        else
        {
            _output.Write(name);
        }

        _output.Write(line[name.Length..]);
        _output.Write(end);
    }

    private static string? OfCxx(ReadOnlySpan<byte> name)
    {
        var bare = name.TrimStart((byte)'_');
        return bare is [(byte)'Z', ..] && bare.Length < name.Length && Ascii.IsValid(name)
            ? Demangler.TryDemangle(Encoding.ASCII.GetString(name))
            : null;
    }
}

using System.CommandLine;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Formats.Aea;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.DiskImages;

namespace IpswDiff.Cli.Commands;

/// <summary>The options that say how images are opened, the same for every command.</summary>
internal sealed class ImageArguments
{
    // A key database of every firmware there is has a few hundred entries of a few hundred bytes.
    private const long LargestDatabase = 64 << 20;

    private readonly Option<string?> _aeaKey = new("--aea-key")
    {
        Description = "Key of an encrypted archive, base64; OLD,NEW where the sides have keys of their own.",
    };

    private readonly Option<string?> _aeaKeys = new("--aea-keys")
    {
        Description = "JSON file with keys: names of private keys to PEM, or file names of archives to keys.",
    };

    private readonly Option<string[]> _keys = new("--key")
    {
        Description = "Published key of an IMG3 or IM4P (IV and key) or of an encrypted image, hexadecimal; NAME=HEX for one file of several. May be repeated.",
    };

    private readonly Option<string?> _base = new("--base") { Description = "What image patches of updates are applied to: the image, or a folder with it." };
    private readonly Option<bool> _offline = new("--offline") { Description = "Fetch no keys over the network." };

    private readonly Option<bool> _verify = new("--verify") { Description = "Check the checksums of file-system objects; inspect checks all of an image." };

    public void AddTo(Command command)
    {
        command.Options.Add(_verify);
        command.Options.Add(_base);
        AddKeysTo(command);
    }

    /// <summary>Adds those alone that say where keys come from.</summary>
    public void AddKeysTo(Command command)
    {
        command.Options.Add(_keys);
        command.Options.Add(_aeaKey);
        command.Options.Add(_aeaKeys);
        command.Options.Add(_offline);
    }

    /// <summary>How inputs are opened with the keys alone.</summary>
    public InputOptions Inputs(ParseResult parsed) => new()
    {
        Keys = PublishedKeys.Parse(parsed.GetValue(_keys) ?? []),
        Images = new DiskImageOptions { Keys = Keys(parsed) },
    };

    /// <summary>How inputs are opened.</summary>
    public InputOptions Options(ParseResult parsed)
    {
        var inputs = Inputs(parsed);
        return inputs with
        {
            Base = parsed.GetValue(_base),
            Images = inputs.Images with { VerifyObjects = parsed.GetValue(_verify) },
        };
    }

    private AeaKeyOptions Keys(ParseResult parsed)
    {
        var database = parsed.GetValue(_aeaKeys);
        try
        {
            return ArchiveKeys.Open(
                parsed.GetValue(_aeaKey), database is null ? default : ReadDatabase(database), parsed.GetValue(_offline));
        }
        catch (FormatException fault)
        {
            throw new ArgumentException("--aea-key: " + fault.Message, fault);
        }
        catch (FirmwareFormatException fault)
        {
            throw fault.In(database!);
        }
    }

    private static byte[] ReadDatabase(string path) => new FileInfo(path).Length > LargestDatabase
        ? throw new IOException(
            $"{path}: a key database is a small JSON file; this one has more than {LargestDatabase >> 20} MiB")
        : File.ReadAllBytes(path);
}

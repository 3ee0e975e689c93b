using System.CommandLine;
using IpswDiff.Diffing.Inputs;

namespace IpswDiff.Cli.Commands;

/// <summary>The options that say how images are opened, the same for every command.</summary>
internal sealed class ImageArguments
{
    private readonly Option<string?> _aeaKey = new("--aea-key") { Description = "Key of an encrypted archive, base64." };
    private readonly Option<string?> _aeaKeys = new("--aea-keys") { Description = "JSON file with private keys: name to PEM." };
    private readonly Option<bool> _offline = new("--offline") { Description = "Fetch no keys over the network." };

    public void AddTo(Command command)
    {
        command.Options.Add(_aeaKey);
        command.Options.Add(_aeaKeys);
        command.Options.Add(_offline);
    }

    public InputOptions Options(ParseResult parsed) => new()
    {
        AeaKey = parsed.GetValue(_aeaKey),
        AeaKeys = parsed.GetValue(_aeaKeys),
        Offline = parsed.GetValue(_offline),
    };
}

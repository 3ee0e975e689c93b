using System.CommandLine;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Formats;
using IpswDiff.Formats.Aea;
using IpswDiff.Formats.DiskImages;

namespace IpswDiff.Cli.Commands;

/// <summary>The options that say how images are opened, the same for every command.</summary>
internal sealed class ImageArguments
{
    private static readonly Lazy<HttpClient> KeyClient = new(() => new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }));

    private readonly Option<string?> _aeaKey = new("--aea-key") { Description = "Key of an encrypted archive, base64." };
    private readonly Option<string?> _aeaKeys = new("--aea-keys") { Description = "JSON file with private keys: name to PEM." };
    private readonly Option<bool> _offline = new("--offline") { Description = "Fetch no keys over the network." };

    public ImageArguments() => _aeaKey.Validators.Add(result =>
    {
        try
        {
            AeaKeyOptions.ParseKey(result.GetValueOrDefault<string?>() ?? string.Empty);
        }
        catch (FormatException fault)
        {
            result.AddError($"--aea-key: {fault.Message}");
        }
    });

    public void AddTo(Command command)
    {
        command.Options.Add(_aeaKey);
        command.Options.Add(_aeaKeys);
        command.Options.Add(_offline);
    }

    public InputOptions Options(ParseResult parsed) => new()
    {
        Images = new DiskImageOptions
        {
            Keys = new AeaKeyOptions
            {
                Key = parsed.GetValue(_aeaKey) is { } key ? AeaKeyOptions.ParseKey(key) : default(ReadOnlyMemory<byte>),
                Database = parsed.GetValue(_aeaKeys) is { } path ? ReadDatabase(path) : null,
                Fetch = parsed.GetValue(_offline) ? null : url => AeaKeyService.Fetch(url, KeyClient.Value),
            },
        },
    };

    private static AeaPrivateKeyDatabase ReadDatabase(string path)
    {
        try
        {
            return AeaPrivateKeyDatabase.Read(File.ReadAllBytes(path));
        }
        catch (FirmwareFormatException fault)
        {
            throw fault.In(path);
        }
    }
}

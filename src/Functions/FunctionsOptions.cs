using System.Globalization;
using System.Text;
using IpswDiff.Cloud;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Options;
using IpswDiff.Formats.Bytes;
using IpswDiff.Service;
using Microsoft.Extensions.Configuration;

namespace IpswDiff.Functions;

/// <summary>The settings, read and checked once at the start.</summary>
public sealed record FunctionsOptions
{
    /// <summary>How the memory of this process is divided; it travels with every run that this app starts.</summary>
    public required MemoryBudget Budget { get; init; }

    /// <summary>Shards of one run compared at once.</summary>
    public required int MaxConcurrency { get; init; }

    /// <summary>Hosts that firmwares may be fetched from.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>How firmwares are opened, the keys of encrypted volumes among it.</summary>
    public InputOptions Inputs { get; init; } = new();

    /// <summary>How long a run and its report are kept.</summary>
    public required TimeSpan RunRetention { get; init; }

    /// <summary>Where everything is stored.</summary>
    public required CloudOptions Storage { get; init; }

    /// <summary>How long an unpacked firmware is kept after the last run that used it.</summary>
    public required TimeSpan UnpackedRetention { get; init; }

    /// <summary>
    /// The settings as the service takes them. Instances come and go, so a firmware is unpacked once and then read by range.
    /// </summary>
    public ServiceOptions Service => new()
    {
        Budget = Budget,
        MaxConcurrency = MaxConcurrency,
        AllowedHosts = AllowedHosts,
        Inputs = Inputs,
        Unpack = true,
    };

    /// <summary>Reads the settings.</summary>
    /// <exception cref="ArgumentException">One is missing or senseless; names it, never its value.</exception>
    public static FunctionsOptions Read(IConfiguration settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new FunctionsOptions
        {
            Budget = MemoryBudget.Divide(
                (long)Number(settings, AppSettings.MemoryLimit, (int)(MemoryBudget.MinimumBytes >> 20)) << 20,
                Number(settings, AppSettings.ActivitiesPerInstance, 1)),
            MaxConcurrency = Number(settings, AppSettings.MaxConcurrency, 1),
            AllowedHosts = (settings[AppSettings.AllowedHosts] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            Inputs = ReadInputs(settings),
            RunRetention = TimeSpan.FromDays(Number(settings, AppSettings.RunRetentionDays, 1)),
            UnpackedRetention = TimeSpan.FromDays(Number(settings, AppSettings.UnpackedRetentionDays, 1)),
            Storage = ReadStorage(settings),
        };
    }

    private static InputOptions ReadInputs(IConfiguration settings)
    {
        var isOffline = settings[AppSettings.Offline] is { Length: > 0 } offline
            && (bool.TryParse(offline, out var value)
                ? value
                : throw new ArgumentException($"{AppSettings.Offline} must be true or false"));
        var published = (settings[AppSettings.PublishedKeys] ?? string.Empty)
            .Split([',', ' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        try
        {
            var database = Encoding.UTF8.GetBytes(settings[AppSettings.ArchiveKeys] ?? string.Empty);
            return ArchiveKeys.Inputs(null, database, isOffline) with { Keys = PublishedKeys.Parse(published) };
        }
        catch (FirmwareFormatException fault)
        {
            // The reason names entries and lines, never what a key is.
            throw new ArgumentException($"{AppSettings.ArchiveKeys}: {fault.Message}", fault);
        }
        catch (ArgumentException fault)
        {
            throw new ArgumentException($"{AppSettings.PublishedKeys}: {fault.Message}", fault);
        }
    }

    private static CloudOptions ReadStorage(IConfiguration settings)
    {
        if (settings[AppSettings.Storage] is { Length: > 0 } connection)
        {
            return new CloudOptions { ConnectionString = connection };
        }

        // A name with two underscores in the environment is a path in the configuration.
        var section = settings.GetSection(AppSettings.Storage);
        return new CloudOptions
        {
            AccountUrl = Address(section, "blobServiceUri"),
            TableUrl = Address(section, "tableServiceUri"),
            ManagedIdentityClientId = section["clientId"],
        };
    }

    private static Uri Address(IConfigurationSection section, string name) =>
        Uri.TryCreate(section[name], UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps
            ? address
            : throw new ArgumentException($"{AppSettings.Storage}: neither a connection string nor {AppSettings.Storage}__{name}, an https address, is set");

    private static int Number(IConfiguration settings, string name, int least) =>
        int.TryParse(settings[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw new ArgumentException($"{name} must be a number, at least {least}");
}

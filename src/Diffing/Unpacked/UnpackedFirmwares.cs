using System.Globalization;
using IpswDiff.Diffing.Inputs;
using IpswDiff.Diffing.Storage;

namespace IpswDiff.Diffing.Unpacked;

/// <summary>The firmwares that lie unpacked in a store, each below a scope of its own.</summary>
public static class UnpackedFirmwares
{
    /// <summary>Below it lie all of them.</summary>
    public const string Folder = "firmwares";

    // Another number where the form of what lies there changes; what is of an older form is purged in time.
    private const string Form = "1";
    private const string Uses = "uses/";
    private const string DayFormat = "yyyy-MM-dd";

    /// <summary>The scope of the firmware with this identity; see <see cref="Inputs.FirmwareIdentity"/>.</summary>
    public static string Scope(string firmwareId) => $"{Folder}/{firmwareId}/{Form}";

    /// <summary>Removes every firmware that no run has used since <paramref name="before"/>; returns how many.</summary>
    /// <param name="all">The store that has them all.</param>
    /// <param name="before">A day; uses are counted by days.</param>
    /// <param name="cancellationToken">Stops between artifacts.</param>
    /// <exception cref="IOException">Storage failed; some may be left.</exception>
    public static async Task<int> PurgeAsync(IArtifactStore all, DateTimeOffset before, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(all);
        var lastUse = new Dictionary<string, DateTime>(StringComparer.Ordinal);
        await foreach (var name in all.ListAsync(Folder + "/", cancellationToken).ConfigureAwait(false))
        {
            var parts = name.Split('/');
            var scope = string.Join('/', parts.Take(3));
            var use = parts is [_, _, _, "uses", var text]
                && DateTime.TryParseExact(text, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : DateTime.MinValue;
            lastUse[scope] = lastUse.GetValueOrDefault(scope) > use ? lastUse[scope] : use;
        }

        var purged = 0;
        foreach (var (scope, _) in lastUse.Where(firmware => firmware.Value < before.UtcDateTime.Date))
        {
            await all.DeleteAllAsync(scope + "/", cancellationToken).ConfigureAwait(false);
            purged++;
        }

        return purged;
    }

    /// <summary>Notes that a run uses a firmware today.</summary>
    internal static Task MarkUsedAsync(IArtifactStore firmware, DateTimeOffset now, CancellationToken cancellationToken) =>
        firmware.TryCreateAsync(Uses + now.UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture), static (_, _) => Task.CompletedTask, cancellationToken);
}

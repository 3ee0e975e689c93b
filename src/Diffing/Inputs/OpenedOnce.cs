using IpswDiff.Formats.Bytes;

namespace IpswDiff.Diffing.Inputs;

/// <summary>
/// Something that is opened when it is first wanted and then shared by all workers. Damage is found once and told to
/// everybody; storage that failed is asked again by whoever comes next.
/// </summary>
/// <param name="open">Opens it.</param>
internal sealed class OpenedOnce<T>(Func<T> open)
    where T : class
{
    private readonly Lock _gate = new();
    private T? _value;
    private FirmwareFormatException? _damage;

    /// <summary>What has been opened; null where nobody wanted it.</summary>
    public T? Opened => Volatile.Read(ref _value);

    /// <summary>Opens it, or returns what is open.</summary>
    /// <exception cref="FirmwareFormatException">It is damaged.</exception>
    /// <exception cref="IOException">Storage failed.</exception>
    public T Get()
    {
        if (Volatile.Read(ref _value) is { } opened)
        {
            return opened;
        }

        lock (_gate)
        {
            if (_value is not null)
            {
                return _value;
            }

            if (_damage is not null)
            {
                throw _damage;
            }

            try
            {
                _value = open();
                return _value;
            }
            catch (FirmwareFormatException damage)
            {
                _damage = damage;
                throw;
            }
        }
    }
}

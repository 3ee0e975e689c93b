using System.Net;

namespace IpswDiff.Service;

/// <summary>What may be fetched. Only tests have others than these: nothing in the program makes another.</summary>
internal class FetchRules
{
    /// <summary>The pause before the second attempt; it doubles with each.</summary>
    public virtual TimeSpan FirstPause => TimeSpan.FromSeconds(1);

    /// <exception cref="ServiceFaultException">The address is none that may be fetched.</exception>
    public virtual Uri Check(string text, ServiceOptions options) => FirmwareAddress.Check(text, options);

    /// <summary>Whether a host of this address may be connected to.</summary>
    public virtual bool IsAllowed(IPAddress address) => FirmwareAddress.IsPublic(address);
}

using System.Net;

namespace IpswDiff.Service.Tests;

/// <summary>Rules that let a server on this machine be asked, and nothing else.</summary>
internal sealed class LoopbackRules : FetchRules
{
    public override TimeSpan FirstPause => TimeSpan.FromMilliseconds(1);

    public override Uri Check(string text, ServiceOptions options) =>
        new Uri(text) is { Host: "127.0.0.1", Scheme: "http" } address ? address : throw new ServiceFaultException(FaultKind.Malformed, "this is no address of the test");

    public override bool IsAllowed(IPAddress address) => IPAddress.IsLoopback(address);
}

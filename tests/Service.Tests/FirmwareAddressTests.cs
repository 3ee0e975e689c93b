using System.Net;

namespace IpswDiff.Service.Tests;

public class FirmwareAddressTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.1.2.3")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.64.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::a00:1")]
    [InlineData("2002:a00:1::1")]
    [InlineData("2001::1")]
    [InlineData("fe80::1")]
    [InlineData("fd00::1")]
    [InlineData("ff02::1")]
    public void Addresses_of_private_and_reserved_networks_are_not_public(string address) =>
        Assert.False(FirmwareAddress.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("17.253.144.10")]
    [InlineData("172.32.0.1")]
    [InlineData("::ffff:17.253.144.10")]
    [InlineData("2620:149:af0::10")]
    public void Addresses_of_the_internet_are_public(string address) =>
        Assert.True(FirmwareAddress.IsPublic(IPAddress.Parse(address)));
}

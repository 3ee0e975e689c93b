using System.Globalization;
using IpswDiff.Formats.Plist;

namespace IpswDiff.Formats.Udif;

/// <summary>
/// Reads the <c>blkx</c> resources out of the XML form of an image's resource fork:
/// <c>{ resource-fork = { blkx = ({ Attributes; Data; ID; Name; }, …); … }; }</c>.
/// </summary>
internal static class UdifPropertyList
{
    internal static List<UdifResource> Read(byte[] xml, long offset)
    {
        var tables = (PropertyList.Parse(xml) as PlistDictionary)?.Dictionary("resource-fork")?.Array("blkx")?.Dictionaries ?? [];
        return [.. tables.Select(table => new UdifResource(
            "blkx",
            int.TryParse(table.String("ID"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id) ? id : 0,
            table.String("Name") ?? string.Empty,
            table.Data("Data") ?? default,
            offset))];
    }
}

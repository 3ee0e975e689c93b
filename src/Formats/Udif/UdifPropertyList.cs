using System.Globalization;
using System.Xml;

namespace IpswDiff.Formats.Udif;

/// <summary>
/// Reads the <c>blkx</c> resources out of the XML form of an image's resource fork:
/// <c>{ resource-fork = { blkx = ({ Attributes; Data; ID; Name; }, …); … }; }</c>. The document is read as a stream, so that nothing
/// but the tables is kept.
/// </summary>
internal static class UdifPropertyList
{
    internal static List<UdifResource> Read(byte[] xml, long offset)
    {
        var resources = new List<UdifResource>();
        try
        {
            using var reader = XmlReader.Create(
                new MemoryStream(xml, writable: false),
                new XmlReaderSettings
                {
                    // The document type of every property list is a URL; it must never be fetched.
                    DtdProcessing = DtdProcessing.Ignore,
                    XmlResolver = null,
                    IgnoreComments = true,
                    IgnoreWhitespace = true,
                    IgnoreProcessingInstructions = true,
                });
            if (EnterDictionary(reader, "resource-fork") && EnterArray(reader, "blkx"))
            {
                ReadTables(reader, resources, offset);
            }
        }
        catch (Exception fault) when (fault is XmlException or FormatException or OverflowException)
        {
            throw new FirmwareFormatException(UdifImage.Format, offset, $"the property list is damaged: {fault.Message}", fault);
        }

        return resources;
    }

    private static bool EnterDictionary(XmlReader reader, string key) => MoveToKey(reader, key) && reader.NodeType == XmlNodeType.Element && reader.Name == "dict";

    private static bool EnterArray(XmlReader reader, string key) => MoveToKey(reader, key) && reader.NodeType == XmlNodeType.Element && reader.Name == "array";

    /// <summary>Reads on to the value of the first key of that name.</summary>
    private static bool MoveToKey(XmlReader reader, string key)
    {
        while (reader.Read())
        {
            if (reader.NodeType == XmlNodeType.Element && reader.Name == "key" && reader.ReadElementContentAsString() == key)
            {
                return true;
            }
        }

        return false;
    }

    private static void ReadTables(XmlReader reader, List<UdifResource> resources, long offset)
    {
        var depth = reader.Depth;
        if (reader.IsEmptyElement)
        {
            return;
        }

        reader.Read();
        while (reader.Depth > depth)
        {
            if (reader.NodeType == XmlNodeType.Element && reader.Name == "dict")
            {
                resources.Add(ReadTable(reader, offset));
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static UdifResource ReadTable(XmlReader reader, long offset)
    {
        var depth = reader.Depth;
        var id = 0;
        var name = string.Empty;
        byte[] data = [];
        if (!reader.IsEmptyElement)
        {
            reader.Read();
            while (reader.Depth > depth)
            {
                if (reader.NodeType != XmlNodeType.Element || reader.Name != "key")
                {
                    reader.Skip();
                    continue;
                }

                switch (reader.ReadElementContentAsString())
                {
                    case "ID":
                        id = int.Parse(reader.ReadElementContentAsString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
                        break;
                    case "Name":
                        name = reader.ReadElementContentAsString();
                        break;
                    case "Data":
                        data = Convert.FromBase64String(reader.ReadElementContentAsString());
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }
        }

        reader.Read();
        return new UdifResource("blkx", id, name, data, offset);
    }
}

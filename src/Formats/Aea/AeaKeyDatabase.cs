using System.Text;
using System.Text.Json;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Aea;

/// <summary>
/// Private keys by name, from a JSON object whose names are those of the keys' files and whose values are PEM text, or base64 of PEM or
/// DER (the shapes in circulation). Names are compared without regard to case, folders and the ending <c>.pem</c>.
/// </summary>
public sealed class AeaPrivateKeyDatabase
{
    internal const string Format = "AEA key database";

    private readonly Dictionary<string, byte[]> _keys;

    private AeaPrivateKeyDatabase(Dictionary<string, byte[]> keys) => _keys = keys;

    /// <summary>How many keys there are.</summary>
    public int Count => _keys.Count;

    /// <summary>Reads a database from UTF-8 JSON.</summary>
    /// <exception cref="FirmwareFormatException">The text is no JSON object of strings.</exception>
    public static AeaPrivateKeyDatabase Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowTrailingCommas = true, MaxDepth = 8 });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new FirmwareFormatException(Format, 0, "not a JSON object of names and private keys");
            }

            var keys = new Dictionary<string, byte[]>(StringComparer.OrdinalIgnoreCase);
            foreach (var entry in document.RootElement.EnumerateObject())
            {
                if (entry.Value.ValueKind != JsonValueKind.String)
                {
                    throw new FirmwareFormatException(Format, -1, $"the entry \"{entry.Name}\" is no string");
                }

                keys[Normalize(entry.Name)] = Encoding.UTF8.GetBytes(entry.Value.GetString()!);
            }

            return new AeaPrivateKeyDatabase(keys);
        }
        catch (InvalidOperationException fault)
        {
            // Text of JSON is decoded only where it is asked for.
            throw new FirmwareFormatException(Format, -1, "a name or a key is no Unicode text", fault);
        }
        catch (JsonException fault)
        {
            throw new FirmwareFormatException(Format, -1, $"no JSON (line {fault.LineNumber + 1})", fault);
        }
    }

    /// <summary>The private key of that name as it was written, or null.</summary>
    internal byte[]? Find(string name) => _keys.GetValueOrDefault(Normalize(name));

    private static string Normalize(string name)
    {
        name = name[(name.LastIndexOf('/') + 1)..];
        const string Ending = ".pem";
        return name.EndsWith(Ending, StringComparison.OrdinalIgnoreCase) ? name[..^Ending.Length] : name;
    }
}

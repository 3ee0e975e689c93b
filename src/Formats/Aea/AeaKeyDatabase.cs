using System.Text;
using System.Text.Json;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Formats.Aea;

/// <summary>
/// Keys by name, in the two shapes that circulate: a JSON object from names to keys, and a JSON array of objects that
/// have a <c>filename</c> and a <c>key</c> (blacktop/ipsw, <c>pem-db</c> and <c>key-db</c>). A value that is base64 of
/// 32 bytes is the symmetric key of the archive with that file name; any other is a private key, as PEM text or as
/// base64 of PEM or DER, under the name of the key's file. Names are compared without regard to case, folders and the
/// endings <c>.pem</c> and <c>.aea</c>.
/// </summary>
public sealed class AeaKeyDatabase
{
    internal const string Format = "AEA key database";

    private static readonly JsonDocumentOptions Shape = new() { AllowTrailingCommas = true, MaxDepth = 8 };

    private readonly Dictionary<string, byte[]> _privateKeys = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, byte[]> _archiveKeys = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>How many keys there are.</summary>
    public int Count => _privateKeys.Count + _archiveKeys.Count;

    /// <summary>Reads a database from UTF-8 JSON.</summary>
    /// <exception cref="FirmwareFormatException">The text is neither of the two shapes.</exception>
    public static AeaKeyDatabase Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Shape);
            var database = new AeaKeyDatabase();
            switch (document.RootElement.ValueKind)
            {
                case JsonValueKind.Object:
                    foreach (var entry in document.RootElement.EnumerateObject())
                    {
                        database.Add(entry.Name, entry.Value);
                    }

                    break;
                case JsonValueKind.Array:
                    foreach (var entry in document.RootElement.EnumerateArray())
                    {
                        database.AddListed(entry);
                    }

                    break;
                default:
                    throw new FirmwareFormatException(
                        Format, 0, "neither a JSON object of names and keys nor an array of files and keys");
            }

            return database;
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
    internal byte[]? FindPrivateKey(string name) => _privateKeys.GetValueOrDefault(Normalize(name));

    /// <summary>The symmetric key of the archive with that file name, or null.</summary>
    internal byte[]? FindArchiveKey(string fileName) => _archiveKeys.GetValueOrDefault(Normalize(fileName));

    private void AddListed(JsonElement entry)
    {
        const string FileName = "filename";
        const string Key = "key";
        JsonElement? name = null, key = null;
        if (entry.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in entry.EnumerateObject())
            {
                var field = property.Name;
                name = string.Equals(field, FileName, StringComparison.OrdinalIgnoreCase) ? property.Value : name;
                key = string.Equals(field, Key, StringComparison.OrdinalIgnoreCase) ? property.Value : key;
            }
        }

        if (name is not { ValueKind: JsonValueKind.String } file || key is null)
        {
            throw new FirmwareFormatException(Format, -1, $"an entry of the list has no {FileName} and {Key}");
        }

        Add(file.GetString()!, key.Value);
    }

    private void Add(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw new FirmwareFormatException(Format, -1, $"the entry \"{name}\" is no string");
        }

        var text = value.GetString()!;
        if (AeaKeyOptions.TryParseKey(text) is { } key)
        {
            _archiveKeys[Normalize(name)] = key;
        }
        else
        {
            _privateKeys[Normalize(name)] = Encoding.UTF8.GetBytes(text);
        }
    }

    private static string Normalize(string name)
    {
        name = name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
        foreach (var ending in (ReadOnlySpan<string>)[".pem", ".aea"])
        {
            if (name.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            {
                return name[..^ending.Length];
            }
        }

        return name;
    }
}

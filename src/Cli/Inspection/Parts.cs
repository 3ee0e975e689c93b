using System.Text.Encodings.Web;
using System.Text.Json;
using IpswDiff.Formats.Bytes;

namespace IpswDiff.Cli.Inspection;

/// <summary>
/// Describes a file part by part: a part that cannot be read is null in the description and named in the list of what is unreadable, and the
/// others are described all the same.
/// </summary>
internal sealed class Parts
{
    private static readonly JsonWriterOptions Nested = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = PlainDescription.MaxDepth };

    private readonly List<(string Part, string Reason)> _unreadable = [];
    private readonly string _place;

    public Parts()
        : this(string.Empty, [])
    {
    }

    private Parts(string place, List<(string Part, string Reason)> unreadable) => (_place, _unreadable) = (place, unreadable);

    /// <summary>What could not be read, and why, in order.</summary>
    public IReadOnlyList<(string Part, string Reason)> Unreadable => _unreadable;

    /// <summary>The parts of a part: they are named behind it.</summary>
    public Parts Of(string part) => new(NameOf(part), _unreadable);

    /// <summary>Names a part that cannot be read.</summary>
    public void Add(string part, string reason) => _unreadable.Add((NameOf(part), reason));

    /// <summary>What <paramref name="read"/> gives, or nothing where the part cannot be read.</summary>
    public T? Read<T>(string part, Func<T?> read)
    {
        try
        {
            return read();
        }
        catch (FirmwareFormatException fault)
        {
            Add(part, fault.Message);
            return default;
        }
    }

    /// <summary>Writes a property of which <paramref name="write"/> writes the value, whole or null.</summary>
    public void Write(Utf8JsonWriter writer, string property, string part, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        writer.WritePropertyName(property);
        try
        {
            using (var inner = new Utf8JsonWriter(buffer, Nested))
            {
                write(inner);
            }

            writer.WriteRawValue(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), skipInputValidation: true);
        }
        catch (FirmwareFormatException fault)
        {
            Add(part, fault.Message);
            writer.WriteNullValue();
        }
    }

    private string NameOf(string part) => _place.Length == 0 ? part : $"{_place}: {part}";
}

using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Exclave;

/// <summary>A program of an Exclave bundle.</summary>
public sealed class ExclaveComponent
{
    // Between the pieces of a program lies nothing but the rounding to pages.
    private const long MaxGap = 64 << 20;

    private readonly ExclaveBundle _bundle;
    private readonly int _index;

    internal ExclaveComponent(ExclaveBundle bundle, int index, ExclaveCompartment compartment, (string Name, ExclaveAsset Asset)? extra)
    {
        _bundle = bundle;
        _index = index;
        Name = compartment.Name;
        Type = compartment.Type;
        Sections = compartment.Sections;
        Segments = compartment.Segments;
        Endpoints = compartment.Endpoints;
        ExtraName = extra?.Name;
        Extra = extra?.Asset;
    }

    /// <summary>Name: <c>kernel</c>, <c>roottask</c>, …</summary>
    public string Name { get; }

    /// <summary>Kind: <c>SYSTEM</c>, <c>APP</c>, …</summary>
    public string Type { get; }

    /// <summary>The pieces the Mach-O is rebuilt from, by offset; each is named as the segment of the file it fills.</summary>
    public IReadOnlyList<ExclavePart> Sections { get; }

    /// <summary>The segments as they are loaded, by offset.</summary>
    public IReadOnlyList<ExclavePart> Segments { get; }

    /// <summary>Names of the services it offers.</summary>
    public IReadOnlyList<string> Endpoints { get; }

    /// <summary>What a further piece of the program is called; null where it has none.</summary>
    public string? ExtraName { get; }

    /// <summary>Where that piece lies in the bundle.</summary>
    public ExclaveAsset? Extra { get; }

    /// <summary>
    /// The program as the Mach-O file it was: its header, then every piece where the header's segment says. Nothing is copied; the
    /// pieces are read from the bundle.
    /// </summary>
    /// <exception cref="FirmwareFormatException">The header is damaged, a piece has no segment or does not fit, or two begin at one place.</exception>
    /// <exception cref="IOException">The storage underneath failed.</exception>
    public ByteSource OpenFile()
    {
        var header = FindHeader();
        var image = MachOImage.Open(_bundle.Source.Slice(header.Offset, header.Size));
        var pieces = new List<(long At, long Offset, long Size)>();
        foreach (var section in Sections)
        {
            var segment = image.FindSegment("__" + section.Name)
                ?? throw ExclaveBundle.Fault(section.Offset, $"{Name}: the header has no segment __{section.Name}");

            // In bundles of type 4 the kernel's text is said to begin at 0, and does where its header does.
            var offset = _bundle.Type == 4 && _index == 0 && section is { Name: "TEXT", Offset: 0 } ? header.Offset : section.Offset;
            if (offset > _bundle.Source.Length - section.Size || segment.FileOffset > _bundle.Source.Length + MaxGap)
            {
                throw ExclaveBundle.Fault(offset, $"{Name}: __{section.Name}, 0x{section.Size:x} bytes, leaves the bundle, or its place 0x{segment.FileOffset:x} all reason");
            }

            pieces.Add((segment.FileOffset, offset, section.Size));
        }

        PlaceHeader(header, pieces);
        return new PatchworkByteSource(_bundle.Source, Name, pieces);
    }

    // The text of most programs begins with the header; where it does not, the header stands over the front of the file.
    private void PlaceHeader(ExclavePart header, List<(long At, long Offset, long Size)> pieces)
    {
        var first = pieces.FindIndex(static piece => piece.At == 0);
        if (first >= 0 && StartsAlike(header.Offset, pieces[first].Offset, pieces[first].Size))
        {
            return;
        }

        if (first >= 0)
        {
            var piece = pieces[first];
            pieces.RemoveAt(first);
            if (piece.Size > header.Size)
            {
                pieces.Add((header.Size, piece.Offset + header.Size, piece.Size - header.Size));
            }
        }

        pieces.Add((0, header.Offset, header.Size));
    }

    private bool StartsAlike(long header, long piece, long pieceSize)
    {
        Span<byte> magic = stackalloc byte[4];
        Span<byte> found = stackalloc byte[4];
        _bundle.Source.ReadExactly(header, magic);
        return pieceSize >= found.Length && _bundle.Source.ReadUpTo(piece, found) == found.Length && found.SequenceEqual(magic);
    }

    private ExclavePart FindHeader()
    {
        if (_index == 0 && _bundle.Assets.Count > 0)
        {
            return new ExclavePart("HEADER", _bundle.Assets[0].Offset, _bundle.Assets[0].Size);
        }

        foreach (var name in (ReadOnlySpan<string>)["TEXT", "HEADER"])
        {
            foreach (var segment in Segments)
            {
                if (segment.Name == name)
                {
                    return segment;
                }
            }
        }

        throw ExclaveBundle.Fault(-1, $"{Name}: neither a segment TEXT nor HEADER says where its Mach header is");
    }
}

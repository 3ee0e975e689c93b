using System.Buffers.Text;

namespace IpswDiff.Formats.Demangling.Swift;

/// <summary>
/// Writes trees of names as <c>swift-demangle</c> does, in full or simplified (without modules, types of arguments and what the compiler
/// made of a function). What is written and how often nodes are visited is bounded: substitutions can double a name at each step.
/// </summary>
internal sealed partial class TreePrinter(NodeArena arena)
{
    private const int MaxOutput = 1 << 18;
    private const int MaxVisits = 1 << 18;

    private byte[] _output = new byte[1024];
    private int _length;
    private int _visits;
    private int _depth;
    private bool _isInvalid;
    private bool _isSimplified;
    private bool _hasSugar;
    private bool _isSpecializationPrinted;

    /// <summary>Demangles symbols that stand in names (constants of specialisations); null where they are none.</summary>
    public Func<byte[], byte[]?>? DemangleNested { get; init; }

    /// <summary>Writes a tree; empty where it is not sound or its text would be too long.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="isSimplified">Whether it is written simplified.</param>
    /// <param name="hasSugar">Whether optionals, arrays and dictionaries are written as sources do.</param>
    public ReadOnlySpan<byte> Print(Node root, bool isSimplified, bool hasSugar = true)
    {
        if (_output.Length > 1 << 16)
        {
            _output = new byte[1024];
        }

        (_length, _visits, _depth, _isInvalid, _isSpecializationPrinted) = (0, 0, 0, false, false);
        (_isSimplified, _hasSugar) = (isSimplified, hasSugar);
        Visit(root);
        return _isInvalid ? default : _output.AsSpan(0, _length);
    }

    private void Write(ReadOnlySpan<byte> text)
    {
        if (_output.Length - _length < text.Length)
        {
            if (_length + text.Length > MaxOutput)
            {
                _isInvalid = true;
                return;
            }

            Array.Resize(ref _output, Math.Max(_output.Length * 2, _length + text.Length));
        }

        text.CopyTo(_output.AsSpan(_length));
        _length += text.Length;
    }

    private void Write(long number)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(number, digits, out var length);
        Write(digits[..length]);
    }

    private void WriteText(Node? node) => Write(node is null ? default : arena.Text(node));

    /// <summary>Writes a node.</summary>
    /// <returns>A context that could not be written before the name, and is to be written after it.</returns>
    private Node? Visit(Node? node, bool asContext = false)
    {
        if (node is null || _isInvalid || ++_visits > MaxVisits || _depth > NodeArena.MaxHeight)
        {
            _isInvalid = true;
            return null;
        }

        _depth++;
        var postfix = VisitKind(node, asContext);
        _depth--;
        return postfix;
    }

    private Node? VisitKind(Node node, bool asContext)
    {
        if (NodeTemplates.Find(node.Kind, _isSimplified) is { } template)
        {
            Fill(template, node);
            return null;
        }

        if (IsEntity(node.Kind))
        {
            return VisitEntity(node, asContext);
        }

        if (node.Kind is >= NodeKind.FunctionType and <= NodeKind.EscapingObjCBlock)
        {
            FunctionType(null, node);
        }
        else if (node.Kind is >= NodeKind.BoundGenericClass and <= NodeKind.BoundGenericTypeAlias)
        {
            BoundGeneric(node);
        }
        else if (node.Kind is >= NodeKind.GenericSpecialization and <= NodeKind.FunctionSignatureSpecializationParamPayload)
        {
            Specialization(node);
        }
        else if (!VisitType(node) && !VisitGeneric(node) && !VisitThunk(node))
        {
            _isInvalid = true;
        }

        return null;
    }

    private void Fill(NodeTemplate template, Node node)
    {
        foreach (ref readonly var part in template.Parts)
        {
            switch (part.Place)
            {
                case NodeTemplate.Place.Literal: Write(part.Text); break;
                case NodeTemplate.Place.Child: Visit(node[part.Child]); break;
                case NodeTemplate.Place.OptionalChild: VisitIfAny(node[part.Child]); break;
                case NodeTemplate.Place.Children: VisitAll(node.Children, part.Text); break;
                case NodeTemplate.Place.Text: WriteText(node); break;
                case NodeTemplate.Place.Number: Write(node.Index); break;
            }
        }
    }

    private void VisitIfAny(Node? node)
    {
        if (node is not null)
        {
            Visit(node);
        }
    }

    private void VisitAll(ReadOnlySpan<Node> nodes, ReadOnlySpan<byte> separator)
    {
        for (var i = 0; i < nodes.Length && !_isInvalid; i++)
        {
            if (i > 0)
            {
                Write(separator);
            }

            Visit(nodes[i]);
        }
    }
}

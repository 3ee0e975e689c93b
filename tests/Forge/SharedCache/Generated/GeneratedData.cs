using System.Buffers.Binary;
using System.Text;

namespace IpswDiff.Forge.SharedCache.Generated;

/// <summary>Writes what a generated library has besides code: strings, constants, pointers, CFStrings and Objective-C.</summary>
internal sealed class GeneratedData(GeneratedLayout layout, CacheImagePlace place, CacheImageRendering rendering)
{
    private const uint RelativeMethods = 0x80000000;
    private const uint SharedSelectors = 0x40000000;
    private const uint SharedTypes = 0x20000000;
    private const uint RootFlag = 2;
    private const uint MetaFlag = 1;

    private readonly ImageRecipe _recipe = layout.Recipe;
    private readonly int _pointer = layout.PointerSize;

    internal void Write(GeneratedCode code)
    {
        WriteStrings();
        WriteConstants();
        WriteImports(code);
        WriteWords();
        WriteCFStrings();
        if (_recipe.Classes > 0)
        {
            WriteSelectors();
            WriteMethodLists();
            WriteClasses();
        }
    }

    private Span<byte> Bytes(GeneratedSection section) => rendering.Segment(section.Segment).Written.Slice(section.Offset, section.Size);

    private ulong Address(GeneratedSection section) => place.Addresses[section.Segment] + (ulong)section.Offset;

    private ulong Function(int index) => Address(layout.Text) + (ulong)layout.FunctionOffsets[index];

    private ulong String(int index) => Address(layout.Find("__cstring")!) + (ulong)layout.StringOffsets[index];

    private void Point(GeneratedSection section, int offset, ulong target, PointerSignature signature = default) =>
        rendering.Pointers(section.Segment).Add(new CachePointer(section.Offset + offset, target, layout.IsAuthenticated ? signature : default));

    private void WriteStrings()
    {
        if (layout.Find("__cstring") is not { } section)
        {
            return;
        }

        var bytes = Bytes(section);
        for (var i = 0; i < _recipe.Strings; i++)
        {
            layout.Names.WriteString(i, bytes[layout.StringOffsets[i]..(layout.StringOffsets[i + 1] - 1)]);
        }
    }

    private void WriteConstants()
    {
        foreach (var section in layout.Sections.Where(static section => section.Name == "__const"))
        {
            if (section.Segment == 0)
            {
                new ForgeRandom(_recipe.Seed ^ 0xC0457).Fill(Bytes(section));
                continue;
            }

            for (var i = 0; i < _recipe.ConstPointers; i++)
            {
                var isString = i % 2 != 0 && _recipe.Strings > 0;
                Point(section, i * _pointer, isString ? String(i % _recipe.Strings) : Function(i % ImageRecipe.Anchors));
            }
        }
    }

    private void WriteImports(GeneratedCode code)
    {
        if (layout.Imports.Length == 0)
        {
            return;
        }

        var pointers = layout.Find(layout.IsAuthenticated ? "__auth_got" : "__got")!;
        var stubs = layout.Find(layout.IsAuthenticated ? "__auth_stubs" : "__stubs")!;
        for (var i = 0; i < layout.Imports.Length; i++)
        {
            var (hub, key) = layout.Imports[i];
            Point(pointers, i * _pointer, place.Layout.Resolve(hub.Path, (int)key), PointerSignature.GotEntry);
            code.WriteStub(
                Bytes(stubs).Slice(i * layout.StubSize, layout.StubSize),
                Address(stubs) + (ulong)(i * layout.StubSize),
                Address(pointers) + (ulong)(i * _pointer));
        }
    }

    private void WriteWords()
    {
        var section = layout.Find("__data")!;
        var bytes = Bytes(section);
        for (var i = 0; i < bytes.Length / _pointer; i++)
        {
            var value = GeneratedNames.Mix(_recipe.Seed, (ulong)i, 13);
            switch (i % 4)
            {
                case 0 when _recipe.Strings > 0:
                    Point(section, i * _pointer, String((int)(value % (ulong)_recipe.Strings)));
                    break;
                case 1:
                    Point(section, i * _pointer, Function((int)(value % ImageRecipe.Anchors)));
                    break;
                case 2:
                    Put(bytes[(i * _pointer)..], value & 0x7FFF);
                    break;
                default:
                    // Sometimes all bits, so that 32-bit chains meet words that they cannot run over.
                    Put(bytes[(i * _pointer)..], value % 3 == 0 ? value >> 16 : 0);
                    break;
            }
        }
    }

    private void Put(Span<byte> bytes, ulong value)
    {
        if (_pointer == 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)value);
        }
    }

    private void WriteCFStrings()
    {
        if (layout.Find("__cfstring") is not { } section)
        {
            return;
        }

        var isa = _recipe.Hubs.Count > 0
            ? place.Layout.Resolve(_recipe.Hubs[0].Path, GeneratedLayout.StringClass)
            : Address(layout.Find("__data")!);
        for (var i = 0; i < _recipe.CFStrings; i++)
        {
            var at = i * layout.CFStringSize;
            var text = CFString(i, _recipe.Strings);
            Point(section, at, isa, PointerSignature.Isa);
            Put(Bytes(section)[(at + _pointer)..], 0x7C8);
            Point(section, at + (2 * _pointer), String(text));
            Put(Bytes(section)[(at + (3 * _pointer))..], (ulong)(layout.StringOffsets[text + 1] - layout.StringOffsets[text] - 1));
        }
    }

    /// <summary>Which C-string a CFString has.</summary>
    internal static int CFString(int index, int strings) => (int)((index * 7L) % strings);

    private void WriteSelectors()
    {
        var names = layout.Find("__objc_methname")!;
        var references = layout.Find("__objc_selrefs")!;
        var types = Bytes(layout.Find("__objc_methtype")!);
        var classNames = Bytes(layout.Find("__objc_classname")!);
        var at = 0;
        foreach (var (selector, offset) in layout.Selectors)
        {
            Encoding.UTF8.GetBytes(selector, Bytes(names)[offset..]);
            Point(references, at, SharedSelector(selector) ?? Address(names) + (ulong)offset);
            at += _pointer;
        }

        for (var i = 0; i < GeneratedNames.MethodTypes.Count; i++)
        {
            Encoding.UTF8.GetBytes(GeneratedNames.MethodTypes[i], types[layout.TypeOffsets[i]..]);
        }

        for (var i = 0; i < _recipe.Classes; i++)
        {
            Encoding.UTF8.GetBytes(layout.Names.Class(i), classNames[layout.ClassNames[i]..]);
        }

        // Version 0 of objc_image_info, optimised by dyld.
        BinaryPrimitives.WriteUInt32LittleEndian(Bytes(layout.Find("__objc_imageinfo")!)[4..], place.Layout.Selectors is null ? 0x40u : 0x48u);
    }

    private ulong? SharedSelector(string selector) =>
        place.Layout.Selectors is { } pool ? place.Layout.SelectorBase + (ulong)pool.Offset(selector) : null;

    private void WriteMethodLists()
    {
        var section = layout.Find("__objc_methlist")!;
        var references = layout.Find("__objc_selrefs")!;
        var types = layout.Find("__objc_methtype")!;
        var bytes = Bytes(section);
        var pool = place.Layout.Selectors;
        var sharesTypes = pool is not null && place.Layout.Options.ObjCTypeOffsets;
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var selector in layout.Selectors.Keys)
        {
            places.Add(selector, places.Count * _pointer);
        }

        var function = layout.FirstMethodFunction;
        for (var i = 0; i < _recipe.Classes; i++)
        {
            var at = layout.MethodLists[i];
            var flags = (pool is null ? 0 : SharedSelectors) | (sharesTypes ? SharedTypes : 0);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], RelativeMethods | 12 | flags);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(at + 4)..], layout.ClassMethods[i].Length);
            at += 8;
            foreach (var method in layout.ClassMethods[i])
            {
                var selector = layout.Names.Selector(i, method);
                var here = Address(section) + (ulong)at;
                var name = SharedSelector(selector) is { } shared
                    ? shared - place.Layout.SelectorBase
                    : Address(references) + (ulong)places[selector] - here;
                Relative(bytes[at..], name);
                var type = layout.Names.MethodType(i, method);
                Relative(bytes[(at + 4)..], sharesTypes
                    ? (ulong)pool!.TypeOffset(GeneratedNames.MethodTypes[type])
                    : Address(types) + (ulong)layout.TypeOffsets[type] - (here + 4));
                Relative(bytes[(at + 8)..], Function(function++) - (here + 8));
                at += 12;
            }
        }
    }

    private static void Relative(Span<byte> bytes, ulong distance) => BinaryPrimitives.WriteInt32LittleEndian(bytes, checked((int)unchecked((long)distance)));

    private void WriteClasses()
    {
        var list = layout.Find("__objc_classlist")!;
        var classes = layout.Find("__objc_data")!;
        var data = layout.Find("__objc_const")!;
        var names = layout.Find("__objc_classname")!;
        var methods = layout.Find("__objc_methlist")!;
        var root = _recipe.Hubs.Count > 0 ? _recipe.Hubs[0].Path : null;
        for (var i = 0; i < _recipe.Classes; i++)
        {
            var isRoot = i == 0 && (root is null || root == Path);
            var own = i * 2 * layout.ClassSize;
            var meta = own + layout.ClassSize;
            var ownData = i * 2 * layout.ClassDataSize;
            var metaData = ownData + layout.ClassDataSize;
            Point(list, i * _pointer, Address(classes) + (ulong)own);
            var rootClass = root is null ? Address(classes) : place.Layout.Resolve(root, GeneratedLayout.RootClass);
            var rootMetaclass = root is null ? Address(classes) + (ulong)layout.ClassSize : place.Layout.Resolve(root, GeneratedLayout.RootMetaclass);
            WriteClass(own, Address(classes) + (ulong)meta, isRoot ? null : rootClass, Address(data) + (ulong)ownData);

            // The superclass of the root's metaclass is the root itself.
            WriteClass(meta, rootMetaclass, isRoot ? rootClass : rootMetaclass, Address(data) + (ulong)metaData);
            var name = Address(names) + (ulong)layout.ClassNames[i];
            WriteClassData(data, ownData, isRoot ? RootFlag : 0, 8, name, Address(methods) + (ulong)layout.MethodLists[i]);
            WriteClassData(data, metaData, MetaFlag | (isRoot ? RootFlag : 0), (uint)layout.ClassSize, name, null);
        }

        void WriteClass(int at, ulong isa, ulong? superclass, ulong readOnly)
        {
            Point(classes, at, isa, PointerSignature.Isa);
            if (superclass is { } address)
            {
                Point(classes, at + _pointer, address, new PointerSignature(true, 0xB5AB, true, true));
            }

            if (root is not null)
            {
                Point(classes, at + (2 * _pointer), place.Layout.Resolve(root, GeneratedLayout.EmptyCache), PointerSignature.GotEntry);
            }

            Point(classes, at + (4 * _pointer), readOnly, new PointerSignature(true, 0x61F8, true, true));
        }
    }

    private string Path => _recipe.Path;

    private void WriteClassData(GeneratedSection section, int at, uint flags, uint size, ulong name, ulong? methods)
    {
        var bytes = Bytes(section)[at..];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, flags);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], size);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], size);

        // Behind the sizes, and a reserved word in 64 bits: layout of ivars, name, methods, protocols, ivars, weak ivars, properties.
        var pointers = at + (layout.Options.Is64Bit ? 16 : 12);
        Point(section, pointers + _pointer, name);
        if (methods is { } list)
        {
            Point(section, pointers + (2 * _pointer), list, new PointerSignature(true, 0xC310, true, true));
        }
    }
}

using System.Buffers.Binary;
using System.Text;

namespace IpswDiff.Forge.SharedCache.Generated;

/// <summary>A library made from a recipe: code that refers to its neighbours, strings, CFStrings, Objective-C, data, symbols.</summary>
public sealed class GeneratedCacheImage(ImageRecipe recipe) : CacheImage
{
    private const byte External = 0x0F;
    private const byte Local = 0x0E;
    private const byte Undefined = 0x01;

    public ImageRecipe Recipe { get; } = recipe;

    public override string Path => Recipe.Path;

    public override Guid Uuid => Recipe.Uuid;

    /// <summary>Everything in it, for a cache of those options.</summary>
    public GeneratedImageTruth Describe(SharedCacheOptions options) => new(new GeneratedLayout(Recipe, options));

    internal override CacheImageShape Measure(SharedCacheOptions options)
    {
        var layout = new GeneratedLayout(Recipe, options);
        var counts = CountSymbols(layout);
        var locals = 0;
        var localNames = 0;
        var names = 0;
        Span<byte> name = stackalloc byte[GeneratedNames.MaxLength];
        var keepsLocals = options.LocalSymbols == LocalSymbolsPlace.Images;
        var movesLocals = options.LocalSymbols is LocalSymbolsPlace.MainFile or LocalSymbolsPlace.SymbolsFile;
        var starts = CacheBuffer.UlebLength((ulong)layout.Text.Offset);
        for (var i = 0; i < layout.FunctionKeys.Length; i++)
        {
            var key = layout.FunctionKeys[i];
            var length = layout.Names.WriteFunction(key, name) + 1;
            if (!layout.Names.IsLocal(key))
            {
                names += length;
            }
            else
            {
                locals++;
                localNames += length;
            }

            starts += i == 0 ? 0 : CacheBuffer.UlebLength((ulong)(layout.FunctionOffsets[i] - layout.FunctionOffsets[i - 1]));
        }

        foreach (var id in layout.DataSymbols)
        {
            var length = layout.Names.DataSymbol(id).Length + 1;
            if (!GeneratedLayout.IsLocalData(id))
            {
                names += length;
            }
            else
            {
                locals++;
                localNames += length;
            }
        }

        foreach (var (hub, key) in layout.Imports)
        {
            names += new GeneratedNames(hub).WriteFunction(key, name) + 1;
        }

        return new CacheImageShape
        {
            Segments = [.. layout.Segments],
            FunctionStartsSize = (int)CacheBuffer.Align(starts + 1, 8),
            SymbolCount = counts.Total,
            SymbolNamesSize = names + (keepsLocals ? localNames : 0),
            IndirectCount = layout.Imports.Length * 2,
            LocalCount = movesLocals ? locals : 0,
            LocalNamesSize = movesLocals ? localNames : 0,
            Selectors = options.HasObjCHeader ? [.. layout.Selectors.Keys] : [],
            Exports = ListExports(layout),
        };
    }

    internal override void Render(CacheImagePlace place, CacheImageRendering rendering)
    {
        var layout = new GeneratedLayout(Recipe, place.Layout.Options);
        var text = rendering.Segment(0).Written;
        GeneratedCommands.Write(layout, place, CountSymbols(layout), text);
        var code = new GeneratedCode(layout, place);
        for (var i = 0; i < layout.FunctionKeys.Length; i++)
        {
            code.Write(i, text[(layout.Text.Offset + layout.FunctionOffsets[i])..(layout.Text.Offset + layout.FunctionOffsets[i + 1])]);
        }

        new GeneratedData(layout, place, rendering).Write(code);
        WriteFunctionStarts(layout, rendering.FunctionStarts);
        WriteSymbols(layout, place, rendering);
    }

    private static GeneratedSymbolCounts CountSymbols(GeneratedLayout layout)
    {
        var local = 0;
        var localText = 0;
        var external = 0;
        foreach (var key in layout.FunctionKeys)
        {
            if (layout.Names.IsLocal(key))
            {
                local++;
                localText++;
            }
            else
            {
                external++;
            }
        }

        foreach (var id in layout.DataSymbols)
        {
            local += GeneratedLayout.IsLocalData(id) ? 1 : 0;
            external += GeneratedLayout.IsLocalData(id) ? 0 : 1;
        }

        var own = layout.Options.LocalSymbols switch
        {
            LocalSymbolsPlace.Images => local,
            LocalSymbolsPlace.None => 0,
            _ => localText,
        };
        return new GeneratedSymbolCounts(own, external, layout.Imports.Length);
    }

    private static Dictionary<int, (int Segment, int Offset)> ListExports(GeneratedLayout layout)
    {
        if (layout.Recipe.Hubs.All(hub => hub.Path != layout.Recipe.Path))
        {
            return [];
        }

        var exports = new Dictionary<int, (int, int)>();
        for (var i = 0; i < ImageRecipe.Anchors; i++)
        {
            exports.Add(i, (0, layout.Text.Offset + layout.FunctionOffsets[i]));
        }

        var data = layout.Find("__data")!;
        exports.Add(GeneratedLayout.StringClass, (data.Segment, data.Offset));
        exports.Add(GeneratedLayout.EmptyCache, (data.Segment, data.Offset + layout.PointerSize));
        if (layout.Find("__objc_data") is { } classes)
        {
            exports.Add(GeneratedLayout.RootClass, (classes.Segment, classes.Offset));
            exports.Add(GeneratedLayout.RootMetaclass, (classes.Segment, classes.Offset + layout.ClassSize));
        }

        return exports;
    }

    private static void WriteFunctionStarts(GeneratedLayout layout, CacheBuffer starts)
    {
        starts.Uleb((ulong)layout.Text.Offset);
        for (var i = 1; i < layout.FunctionKeys.Length; i++)
        {
            starts.Uleb((ulong)(layout.FunctionOffsets[i] - layout.FunctionOffsets[i - 1]));
        }

        starts.Byte(0);
        starts.AlignTo(8);
    }

    private static void WriteSymbols(GeneratedLayout layout, CacheImagePlace place, CacheImageRendering rendering)
    {
        var wide = layout.Options.Is64Bit;
        var place0 = place.Addresses[0] + (ulong)layout.Text.Offset;
        var data = layout.Find("__data")!;
        var dataAddress = place.Addresses[data.Segment] + (ulong)data.Offset;
        Span<byte> name = stackalloc byte[GeneratedNames.MaxLength];
        var where = layout.Options.LocalSymbols;
        for (var i = 0; i < layout.FunctionKeys.Length && where != LocalSymbolsPlace.None; i++)
        {
            var key = layout.FunctionKeys[i];
            if (layout.Names.IsLocal(key))
            {
                var length = layout.Names.WriteFunction(key, name);
                PutLocal(name[..length], 1, place0 + (ulong)layout.FunctionOffsets[i]);
            }
        }

        foreach (var id in layout.DataSymbols)
        {
            if (GeneratedLayout.IsLocalData(id) && where != LocalSymbolsPlace.None)
            {
                PutLocal(Encoding.UTF8.GetBytes(layout.Names.DataSymbol(id)), (byte)data.Ordinal, dataAddress + (ulong)(id * layout.PointerSize));
            }
        }

        for (var i = 0; i < layout.FunctionKeys.Length; i++)
        {
            var key = layout.FunctionKeys[i];
            if (!layout.Names.IsLocal(key))
            {
                var length = layout.Names.WriteFunction(key, name);
                Put(name[..length], External, 1, 0, place0 + (ulong)layout.FunctionOffsets[i]);
            }
        }

        foreach (var id in layout.DataSymbols)
        {
            if (!GeneratedLayout.IsLocalData(id))
            {
                Put(Encoding.UTF8.GetBytes(layout.Names.DataSymbol(id)), External, (byte)data.Ordinal, 0, dataAddress + (ulong)(id * layout.PointerSize));
            }
        }

        var firstUndefined = rendering.Symbols.Length / (wide ? 16 : 12);
        foreach (var (hub, key) in layout.Imports)
        {
            var length = new GeneratedNames(hub).WriteFunction(key, name);
            Put(name[..length], Undefined, 0, (ushort)((Array.IndexOf(layout.Dylibs, hub.Path) + 1) << 8), 0);
        }

        for (var i = 0; i < layout.Imports.Length * 2; i++)
        {
            rendering.Indirect.UInt32(firstUndefined + (i % layout.Imports.Length));
        }

        void PutLocal(ReadOnlySpan<byte> text, byte section, ulong value)
        {
            if (where == LocalSymbolsPlace.Images)
            {
                Put(text, Local, section, 0, value);
                return;
            }

            rendering.Locals.Symbol(place.LocalNames + (uint)rendering.LocalNames.Length, Local, section, 0, value, wide);
            rendering.LocalNames.Bytes(text);
            rendering.LocalNames.Byte(0);
            if (section == 1)
            {
                rendering.Symbols.Symbol(SharedCacheLayout.RedactedName, Local, section, 0, value, wide);
            }
        }

        void Put(ReadOnlySpan<byte> text, byte type, byte section, ushort description, ulong value)
        {
            rendering.Symbols.Symbol(place.Names + (uint)rendering.Names.Length, type, section, description, value, wide);
            rendering.Names.Bytes(text);
            rendering.Names.Byte(0);
        }
    }
}

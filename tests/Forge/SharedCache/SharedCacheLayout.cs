using System.Security.Cryptography;
using System.Text;
using IpswDiff.Forge.SharedCache.Generated;
using IpswDiff.Forge.SharedCache.Slides;

namespace IpswDiff.Forge.SharedCache;

/// <summary>
/// Decides where everything of a cache goes: images to groups, groups to files, segments to the mapping of their region, tables to the
/// group's shared link-edit data.
/// </summary>
internal sealed class SharedCacheLayout
{
    internal const int RedactedName = 1;

    private const int Page = 0x4000;
    private const int NamesStart = 16;

    private readonly List<CacheFile> _files = [];
    private readonly Dictionary<string, CacheImagePlace> _byPath = new(StringComparer.Ordinal);
    private ulong _address;

    internal SharedCacheLayout(SharedCacheOptions options, IReadOnlyList<CacheImage> images)
    {
        options.Check();
        Options = options;
        Images = new CacheImagePlace[images.Count];
        Parallel.For(0, images.Count, i =>
        {
            var shape = images[i].Measure(options);
            Images[i] = new CacheImagePlace
            {
                Layout = this,
                Image = images[i],
                Shape = shape,
                Addresses = new ulong[shape.Segments.Length],
                FileOffsets = new long[shape.Segments.Length],
            };
        });
        foreach (var image in Images)
        {
            if (!_byPath.TryAdd(image.Image.Path, image))
            {
                throw new ArgumentException($"two images are called {image.Image.Path}", nameof(images));
            }
        }

        Table = options.SortImagesByPath ? [.. Images.OrderBy(static image => image.Image.Path, StringComparer.Ordinal)] : Images;
        Trie = options.DylibTrie && options.Has(0x108, 16) ? DylibTrie.Build(Table.Select(static image => image.Image.Path)) : [];
        Selectors = options.HasObjCHeader
            ? new SelectorPool(Images.SelectMany(static image => image.Shape.Selectors), options.ObjCTypeOffsets ? GeneratedNames.MethodTypes : [])
            : null;
        Groups = Divide();
        PlaceAll();
    }

    internal SharedCacheOptions Options { get; }

    /// <summary>Images by address.</summary>
    internal CacheImagePlace[] Images { get; }

    /// <summary>Images as the tables list them.</summary>
    internal CacheImagePlace[] Table { get; }

    internal List<CacheGroup> Groups { get; }

    /// <summary>All files but the one of symbols.</summary>
    internal IReadOnlyList<CacheFile> Files => _files;

    internal CacheFile Main => _files[0];

    internal CacheFile? SymbolsFile { get; private set; }

    internal SelectorPool? Selectors { get; }

    internal byte[] Trie { get; }

    /// <summary>Where in the main file the Objective-C header is; the selectors follow it.</summary>
    internal long ObjCOffset { get; private set; }

    internal ulong SelectorBase { get; private set; }

    internal long TrieOffset { get; private set; }

    internal ulong EndAddress { get; private set; }

    internal int LocalCount { get; private set; }

    internal long LocalNamesSize { get; private set; }

    /// <summary>Where the local symbols begin in their file, and how many bytes they are.</summary>
    internal long LocalsOffset { get; private set; }

    internal long LocalsSize { get; private set; }

    internal int EntrySize => Options.Is64Bit ? 16 : 12;

    internal CacheFile? LocalsFile => Options.LocalSymbols switch
    {
        LocalSymbolsPlace.MainFile => Main,
        LocalSymbolsPlace.SymbolsFile => SymbolsFile,
        _ => null,
    };

    internal CacheImagePlace? Find(string path) => _byPath.GetValueOrDefault(path);

    /// <summary>The address of what an image lets others refer to.</summary>
    internal ulong Resolve(string path, int export)
    {
        var image = _byPath[path];
        var (segment, offset) = image.Shape.Exports[export];
        return image.Addresses[segment] + (ulong)offset;
    }

    private static CacheRegion Merge(CacheRegion region, bool apart) => apart || region == CacheRegion.Text ? region : CacheRegion.Data;

    private static (ulong Flags, int Protection) Describe(CacheRegion region) => region switch
    {
        CacheRegion.DataConst or CacheRegion.ObjCConst => (4, 3),
        CacheRegion.AuthConst => (5, 3),
        CacheRegion.Auth => (1, 3),
        CacheRegion.DirtyData => (2, 3),
        _ => (0, 3),
    };

    private List<CacheGroup> Divide()
    {
        var groups = new List<CacheGroup>();
        var first = 0;
        var text = 0L;
        for (var i = 0; i < Images.Length; i++)
        {
            var size = Images[i].Shape.Segments[0].Size;
            if (Options.Split != SharedCacheSplit.None && i > first && text + size > Options.TextPerGroup)
            {
                groups.Add(new CacheGroup { First = first, Count = i - first });
                (first, text) = (i, 0);
            }

            text += size;
        }

        groups.Add(new CacheGroup { First = first, Count = Images.Length - first });
        return groups;
    }

    private void PlaceAll()
    {
        _address = Options.BaseAddress;

        // The tables in the main file are as long as there are files, so count these first.
        var perGroup = Options.Split == SharedCacheSplit.ByRegion ? 3 : 1;
        var fileCount = Groups.Count * perGroup;
        foreach (var group in Groups)
        {
            PlaceText(group, fileCount);
            PlaceData(group);
            PlaceLinkedit(group);
        }

        if (Options.DynamicDataMapping)
        {
            Main.Mappings.Add(new CacheMapping { Address = _address, FileOffset = 0, Size = Page, Flags = 0x10, Protection = 1, IsInFile = false });
            _address += Page;
        }

        EndAddress = _address;
        PlaceLocals();
        foreach (var file in _files)
        {
            file.Size = file.ContentSize + (Options.CodeSignature && Options.Has(0x28, 16) ? CacheSignature.Size : 0);
        }
    }

    private CacheFile AddFile(string kind)
    {
        var index = _files.Count;
        var suffix = index == 0 ? string.Empty : Options.Suffix(index, kind);
        var file = new CacheFile { Suffix = suffix, Index = index, Uuid = FileUuid(suffix) };
        _files.Add(file);
        return file;
    }

    private Guid FileUuid(string suffix)
    {
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes($"{Options.Name}{suffix} {Options.Seed} {Options.OsVersion}")).AsSpan(0, 16);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x30);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    private CacheMapping Begin(CacheFile file, ulong flags, int protection, CacheRegion? region = null)
    {
        var mapping = new CacheMapping { Address = _address, FileOffset = file.ContentSize, Flags = flags, Protection = protection, Region = region };
        file.Mappings.Add(mapping);
        return mapping;
    }

    private void End(CacheFile file, CacheMapping mapping, long size)
    {
        mapping.Size = CacheBuffer.Align(size, Page);
        file.ContentSize = mapping.FileOffset + mapping.Size;
        _address = mapping.Address + (ulong)(mapping.Size + Options.Gap);
    }

    private void PlaceText(CacheGroup group, int fileCount)
    {
        var file = group.TextFile = AddFile(string.Empty);
        var mapping = Begin(file, 0, 5, CacheRegion.Text);
        var at = (long)CacheHeaderWriter.PartHeaderSize;
        if (file.Index == 0)
        {
            at = CacheBuffer.Align(CacheHeaderWriter.MeasureMain(this, fileCount), 8);

            // Slide information 4 takes pointers to the first 32 KiB for small numbers, so nothing may be there to point to.
            at = Options.SlideVersion == 4 ? Math.Max(at, 0x8000) : at;
            TrieOffset = at;
            at = CacheBuffer.Align(at + Trie.Length, 16);
            if (Selectors is not null)
            {
                ObjCOffset = at;
                SelectorBase = mapping.Address + (ulong)(at + CacheHeaderWriter.ObjCHeaderSize);
                at += CacheHeaderWriter.ObjCHeaderSize + Selectors.Bytes.Length;
            }

            at += Options.LeadingPad;
        }

        for (var i = group.First; i < group.First + group.Count; i++)
        {
            var image = Images[i];
            image.Group = group;
            at = CacheBuffer.Align(at, Math.Max(0x1000, image.Shape.Segments[0].Alignment));
            image.Addresses[0] = mapping.Address + (ulong)at;
            image.FileOffsets[0] = mapping.FileOffset + at;
            at += image.Shape.Segments[0].Size;
        }

        End(file, mapping, at);
    }

    private void PlaceData(CacheGroup group)
    {
        var apart = Options.SeparatesData;
        var file = group.DataFile = Options.Split == SharedCacheSplit.ByRegion ? AddFile(".dylddata") : group.TextFile;
        var images = Images.AsSpan(group.First, group.Count);
        var sizes = new SortedDictionary<CacheRegion, long>();
        foreach (var image in images)
        {
            foreach (var segment in image.Shape.Segments.AsSpan(1))
            {
                var region = Merge(segment.Region, apart);
                sizes[region] = CacheBuffer.Align(sizes.GetValueOrDefault(region), segment.Alignment) + segment.Size;
            }
        }

        if (file != group.TextFile)
        {
            // A file of data begins with its header and its slide information, which are read-only.
            var header = Begin(file, 0x20, 1);
            var at = (long)CacheHeaderWriter.PartHeaderSize;
            foreach (var size in sizes.Values)
            {
                at = CacheBuffer.Align(at, 8) + SlideEncoder.Measure(Options, CacheBuffer.Align(size, Page));
            }

            End(file, header, at);
        }

        foreach (var region in sizes.Keys)
        {
            var (flags, protection) = Describe(region);
            var mapping = Begin(file, apart ? flags : 0, protection, region);
            var at = 0L;
            foreach (var image in images)
            {
                for (var s = 1; s < image.Shape.Segments.Length; s++)
                {
                    var segment = image.Shape.Segments[s];
                    if (Merge(segment.Region, apart) == region)
                    {
                        at = CacheBuffer.Align(at, segment.Alignment);
                        image.Addresses[s] = mapping.Address + (ulong)at;
                        image.FileOffsets[s] = mapping.FileOffset + at;
                        at += segment.Size;
                    }
                }
            }

            End(file, mapping, at);
            group.Data.Add(mapping);
        }

        if (file != group.TextFile)
        {
            PlaceSlideInfo(group, CacheHeaderWriter.PartHeaderSize);
        }
    }

    private long PlaceSlideInfo(CacheGroup group, long at)
    {
        foreach (var mapping in group.Data)
        {
            mapping.SlideSize = SlideEncoder.Measure(Options, mapping.Size);
            if (mapping.SlideSize > 0)
            {
                mapping.SlideOffset = at = CacheBuffer.Align(at, 8);
                at += mapping.SlideSize;
            }
        }

        return at;
    }

    private void PlaceLinkedit(CacheGroup group)
    {
        var apart = Options.Split == SharedCacheSplit.ByRegion;
        var file = group.LinkeditFile = apart ? AddFile(".dyldlinkedit") : group.TextFile;
        var mapping = Begin(file, apart ? 0x20u : 0, 1);
        var at = apart ? CacheHeaderWriter.PartHeaderSize : PlaceSlideInfo(group, mapping.FileOffset);
        at = CacheBuffer.Align(at, Page);
        group.LinkeditOffset = at;
        group.LinkeditAddress = mapping.Address + (ulong)(at - mapping.FileOffset);
        var images = Images.AsSpan(group.First, group.Count);
        foreach (var image in images)
        {
            image.FunctionStarts = at;
            at += image.Shape.FunctionStartsSize;
        }

        at = CacheBuffer.Align(at, 16);
        foreach (var image in images)
        {
            image.Symbols = at;
            at += (long)image.Shape.SymbolCount * EntrySize;
        }

        foreach (var image in images)
        {
            image.Indirect = at;
            at += image.Shape.IndirectCount * 4L;
        }

        group.NamesOffset = at = CacheBuffer.Align(at, 16);
        var names = (long)NamesStart;
        foreach (var image in images)
        {
            image.Names = checked((uint)names);
            names += image.Shape.SymbolNamesSize;
        }

        group.NamesSize = CacheBuffer.Align(names, 8);
        at += group.NamesSize;
        group.LinkeditSize = CacheBuffer.Align(at - group.LinkeditOffset, Page);
        End(file, mapping, at - mapping.FileOffset);
    }

    private void PlaceLocals()
    {
        if (Options.LocalSymbols is not (LocalSymbolsPlace.MainFile or LocalSymbolsPlace.SymbolsFile))
        {
            return;
        }

        var names = 1L;
        foreach (var image in Images)
        {
            image.FirstLocal = LocalCount;
            image.LocalNames = checked((uint)names);
            LocalCount += image.Shape.LocalCount;
            names += image.Shape.LocalNamesSize;
        }

        LocalNamesSize = names;
        CacheFile file;
        if (Options.LocalSymbols == LocalSymbolsPlace.SymbolsFile)
        {
            file = SymbolsFile = new CacheFile { Suffix = ".symbols", Index = -1, Uuid = FileUuid(".symbols") };
            file.ContentSize = CacheHeaderWriter.PartHeaderSize;
        }
        else
        {
            file = Main;
        }

        LocalsOffset = file.ContentSize;
        LocalsSize = CacheHeaderWriter.LocalSymbolsInfoSize + ((long)LocalCount * EntrySize)
            + ((long)Images.Length * (Options.LocalsByAddress ? 16 : 12)) + names;
        file.ContentSize = CacheBuffer.Align(LocalsOffset + LocalsSize, Page);
        file.Size = file.ContentSize;
    }
}

using System.Globalization;
using System.Text.RegularExpressions;
using IpswDiff.Forge;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.Dwarf;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Formats.Tests.Dwarf;

/// <summary>What compilers, linkers and dsymutil write, held against what llvm-dwarfdump reads of it.</summary>
public sealed partial class CompiledTypesTests
{
    private const string C = """
        typedef unsigned int uint32_t; typedef unsigned long size_t;
        struct list { struct list *next, **prev; };
        struct opaque;
        enum color { RED, GREEN = 5, BLUE = -3 };
        enum big : unsigned long { MOST = 0xffffffffffffffffUL, ONE = 1 };
        typedef int (*callback_t)(void *, struct opaque *, const char *fmt, ...);
        typedef struct { int x, y; } point_t;
        typedef union value { long l; double d; char bytes[8]; } value_t;
        typedef float vec4 __attribute__((vector_size(16)));
        struct task {
          struct list links;
          uint32_t flags : 3, mode : 5; uint32_t : 0; unsigned long long wide : 40;
          _Bool ok;
          const char *const *names[4];
          int matrix[2][3];
          union { int a; struct { short lo, hi; } parts; };
          struct { char c; struct { long deep; } inner; } *anon[2];
          callback_t cb;
          void (*direct)(int, void (*)(const volatile void *), point_t);
          enum color color; enum { LOCAL_A, LOCAL_B } local;
          vec4 v; value_t val; enum big big; struct opaque *op; char flex[];
        };
        struct packed { char c; int i : 20; int j : 13; } __attribute__((packed));
        struct task *t; struct packed p; value_t g; size_t sz;
        int f(struct task *x) { struct hidden { int h; } z = { x->ok }; return z.h; }
        """;

    private const string Cpp = """
        namespace ns { namespace { struct secret { int s; }; } struct N { int n; secret q; }; typedef N *np; }
        struct Base { virtual void one(int); virtual ~Base(); int b; static int count; };
        class Derived : public Base, private virtual ns::N {
        public:
          void one(int) override; virtual const char *two(Derived &, ns::N &&) const;
          struct Nested { int z; } m; bool f : 1;
          enum class E : short { A = -1, B }; E e;
          template<class T> struct Box { T t; }; Box<int> box;
        };
        void Base::one(int) {} Base::~Base() {} void Derived::one(int) {} const char *Derived::two(Derived &, ns::N &&) const { return 0; }
        Derived *make() { return new Derived; } ns::np q;
        """;

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Agrees_with_llvm_on_compiled_code(int version)
    {
        using var folder = new ScratchFolder();
        var (objects, dsym) = Compile(folder, version);
        var compared = 0;
        foreach (var path in objects.Append(dsym))
        {
            compared += Compare(path);
        }

        // The companion file has what the objects have, from both languages.
        Assert.Equal(
            objects.SelectMany(Definitions).Order(StringComparer.Ordinal), Definitions(dsym).Order(StringComparer.Ordinal));
        Assert.True(compared > 70, $"{compared} members were compared");
    }

    [Fact]
    public void Both_versions_of_the_format_say_the_same()
    {
        using var folder = new ScratchFolder();
        Assert.Equal(Definitions(Compile(folder, 4).Dsym), Definitions(Compile(folder, 5).Dsym));
    }

    [Fact]
    public void Reads_what_C_plus_plus_adds()
    {
        using var folder = new ScratchFolder();
        var definitions = Definitions(Compile(folder, 5).Objects[1]);
        Assert.Contains("struct ns::(anonymous namespace)::secret { /* 0x4 bytes */\n    /* 0x0000, 0x4 */ int s;\n};", definitions);
        Assert.Contains("enum class Derived::E : short { /* 0x2 bytes */\n    A = -1,\n    B = 0,\n};", definitions);
        var derived = Assert.Single(definitions, static text => text.StartsWith("class Derived {", StringComparison.Ordinal));
        Assert.Contains("/* 0x0000, 0x10 */ : struct Base;\n    /* computed, 0x8 */ : struct ns::N;\n", derived, StringComparison.Ordinal);
        Assert.Contains(" virtual const char *two(class Derived &, struct ns::N &&);\n", derived, StringComparison.Ordinal);
        Assert.Contains(" bool f : 1;\n", derived, StringComparison.Ordinal);
        Assert.Contains("struct Derived::Box<int> box;\n", derived, StringComparison.Ordinal);
    }

    private static (string[] Objects, string Dsym) Compile(ScratchFolder folder, int version)
    {
        var clang = Witnesses.Clang.Required();
        var linker = Witnesses.MachOLinker.Required();
        var dsymutil = Witnesses.DsymUtil.Required();
        var objects = new List<string>();
        foreach (var (name, text, standard) in new[] { ("a.c", C, "-std=c23"), ("b.cpp", Cpp, "-std=c++17") })
        {
            File.WriteAllText(folder[name], text);
            var output = folder[string.Create(CultureInfo.InvariantCulture, $"{name}.{version}.o")];
            Run(clang, "-g", string.Create(CultureInfo.InvariantCulture, $"-gdwarf-{version}"), "-target", "arm64-apple-macos13", standard, "-c", folder[name], "-o", output);
            objects.Add(output);
        }

        var library = folder[string.Create(CultureInfo.InvariantCulture, $"p{version}.dylib")];
        Run(linker, ["-arch", "arm64", "-platform_version", "macos", "13", "13", "-dylib", "-undefined", "dynamic_lookup", "-o", library, .. objects]);
        Run(dsymutil, library, "-o", library + ".dSYM");
        return ([.. objects], Path.Combine(library + ".dSYM", "Contents", "Resources", "DWARF", Path.GetFileName(library)));
    }

    private static string Run(string program, params string[] arguments)
    {
        var result = Witness.Run(program, arguments);
        Assert.True(result.ExitCode == 0, $"{program}: {result.Error}");
        return result.Output;
    }

    private static List<string> Definitions(string path)
    {
        using var source = new FileByteSource(path);
        var types = Read(source);
        return [.. types.All.Select(type => types.ReadDefinition(type).ToText())];
    }

    private static DwarfTypes Read(ByteSource source) => DwarfTypes.Read(DwarfFile.Open(MachOImage.Open(source)), cancellationToken: TestContext.Current.CancellationToken);

    private static int Compare(string path)
    {
        using var source = new FileByteSource(path);
        var types = Read(source);
        var theirs = Dumped(Run(Witnesses.DwarfDump.Required(), "--debug-info", path));
        Assert.NotEmpty(theirs);
        Assert.Equal(
            theirs.Select(static entry => (entry.Tag, entry.Name, entry.Size)).Order(),
            types.All.Select(static type => (Tag(type.Kind), type.Name[(type.Name.LastIndexOf("::", StringComparison.Ordinal) is >= 0 and var at ? at + 2 : 0)..], type.ByteSize ?? -1)).Order());
        var members = 0;
        foreach (var type in types.All)
        {
            var definition = types.ReadDefinition(type);
            var name = type.Name[(type.Name.LastIndexOf("::", StringComparison.Ordinal) is >= 0 and var at ? at + 2 : 0)..];
            var their = theirs.Single(entry => entry.Tag == Tag(type.Kind) && entry.Name == name);
            Assert.Equal(
                their.Members.Where(static member => member.IsEnumerator).Select(static member => $"{member.Name} {(long)(Int128)member.Offset}"),
                definition.Enumerators.Select(static constant => string.Create(CultureInfo.InvariantCulture, $"{constant.Name} {(long)constant.Value}")));
            var fields = definition.Members.Where(static member => member.Role == DwarfMemberRole.Field).ToArray();
            var theirFields = their.Members.Where(static member => !member.IsEnumerator && !member.IsStatic).ToArray();
            Assert.Equal(theirFields.Select(static field => field.Name), fields.Select(static field => field.Name ?? string.Empty));
            foreach (var (ours, field) in fields.Zip(theirFields))
            {
                members++;
                if (ours.BitOffset is { } bit)
                {
                    Assert.Equal(field.BitOffset, (ours.Offset * 8) + bit);
                }
                else
                {
                    Assert.Equal(field.Offset, ours.Offset);
                }

                // Types without names have none that could be compared, and its "restrict" and "atomic" lack what they qualify.
                if (!Unspelled().IsMatch(field.Type))
                {
                    Assert.Equal(Plain(field.Type), Plain(ours.Type));
                }
            }
        }

        return members;
    }

    private static string Tag(DwarfTypeKind kind) => kind switch
    {
        DwarfTypeKind.Struct => "structure_type",
        DwarfTypeKind.Union => "union_type",
        DwarfTypeKind.Class => "class_type",
        DwarfTypeKind.Enum => "enumeration_type",
        _ => "typedef",
    };

    private static string Plain(string type) => Keyword().Replace(type, string.Empty).Replace(" ", string.Empty, StringComparison.Ordinal).Replace("_Bool", "bool", StringComparison.Ordinal).Replace("(void)", "()", StringComparison.Ordinal);

    private static List<Entry> Dumped(string dump)
    {
        var entries = new List<Entry>();
        var stack = new List<(int Indent, Entry Entry)>();
        foreach (var line in dump.Split('\n'))
        {
            if (EntryLine().Match(line) is { Success: true } begin)
            {
                var indent = begin.Groups[1].Length;
                stack.RemoveAll(open => open.Indent >= indent);
                var entry = new Entry(begin.Groups[2].Value);
                if (stack.Count > 0 && entry.Tag is "member" or "enumerator" or "variable")
                {
                    stack[^1].Entry.Members.Add(entry);
                }

                stack.Add((indent, entry));
                entries.Add(entry);
            }
            else if (stack.Count > 0 && AttributeLine().Match(line) is { Success: true } attribute)
            {
                stack[^1].Entry.Set(attribute.Groups[1].Value, attribute.Groups[2].Value);
            }
        }

        return [.. entries
            .Where(static entry => entry.Tag is "structure_type" or "union_type" or "class_type" or "enumeration_type" or "typedef" && !entry.IsDeclaration && entry.Name.Length > 0)
            .DistinctBy(static entry => (entry.Tag, entry.Name, entry.Size))];
    }

    [GeneratedRegex(@"^0x[0-9a-f]+:( +)DW_TAG_(\w+)")]
    private static partial Regex EntryLine();

    [GeneratedRegex(@"^ +DW_AT_(\w+)\t\((.*)\)$")]
    private static partial Regex AttributeLine();

    [GeneratedRegex(@"structure|union |enumeration|atomic|restrict|\(\*\(\*\)\[|secret")]
    private static partial Regex Unspelled();

    [GeneratedRegex(@"\b(struct|union|class|enum) ")]
    private static partial Regex Keyword();

    private sealed class Entry(string tag)
    {
        internal string Tag { get; } = tag;

        internal string Name { get; private set; } = string.Empty;

        internal long Size { get; private set; } = -1;

        internal long Offset { get; private set; }

        internal long BitOffset { get; private set; }

        internal string Type { get; private set; } = string.Empty;

        internal bool IsDeclaration { get; private set; }

        internal bool IsStatic => Tag == "variable" || IsDeclaration;

        internal bool IsEnumerator => Tag == "enumerator";

        internal List<Entry> Members { get; } = [];

        internal void Set(string attribute, string value)
        {
            switch (attribute)
            {
                case "name":
                    Name = value.Trim('"');
                    break;
                case "byte_size":
                    Size = Number(value);
                    break;
                case "data_member_location" or "const_value" when !value.StartsWith("DW_OP", StringComparison.Ordinal):
                    Offset = Number(value);
                    break;
                case "data_bit_offset":
                    BitOffset = Number(value);
                    break;
                case "declaration":
                    IsDeclaration = true;
                    break;
                case "type":
                    Type = value[(value.IndexOf('"', StringComparison.Ordinal) + 1)..].TrimEnd('"');
                    break;
            }
        }

        private static long Number(string text) => text.StartsWith("0x", StringComparison.Ordinal)
            ? (long)ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : (long)Int128.Parse(text, CultureInfo.InvariantCulture);
    }

    private sealed class ScratchFolder : IDisposable
    {
        private readonly string _root = Directory.CreateTempSubdirectory("ipswdiff-dwarf-").FullName;

        internal string this[string name] => Path.Combine(_root, name);

        public void Dispose() => Directory.Delete(_root, recursive: true);
    }
}

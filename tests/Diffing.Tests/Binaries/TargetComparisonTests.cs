using IpswDiff.Diffing.Binaries;
using IpswDiff.Diffing.Options;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.MachO;

namespace IpswDiff.Diffing.Tests.Binaries;

/// <summary>
/// A program in two versions, compiled and linked for real, with one planted change of each kind, among code that
/// only moved.
/// </summary>
public sealed class TargetComparisonTests
{
    private const string Source = """
        extern int import_one(int), import_two(int), print(const char *, ...);
        struct record { long spare[SPARE]; long value; int count; };
        extern struct record *record;
        int global_one, global_two;
        static const int few[4] = {3, 1, 4, 1};
        int callee_one(int n) { return n * 7 + global_one; }
        int callee_two(int n) { return n * 9 - global_two; }
        int calls(int n) { return CALLEE(n + 1) * 2; }
        int tail(int n) { return CALLEE(n - 5); }
        int imports(int n) { return IMPORT(n) + 4; }
        int says(int n) { return print(TEXT, n); }
        int uses(int n) { return GLOBAL * n; }
        int looks(int n) { static const int table[] = {2, 3, 5, 7, TABLE, 13, 17, 19}; return table[n & 7]; }
        int maps(int n) { switch (n) { case 0: return 19; case 1: return 200; case 2: return 3000; case 3: return MAPPED; case 4: return -7; case 5: return 12; default: return 0; } }
        double scales(double x) { return x * NUMBER; }
        int bounds(int n) { return n < BOUND ? n : import_one(n); }
        long reads(int n) { return record->value + n; }
        int jumps(int n) {
          static const int table[] = {&&a - &&a, &&b - &&a, &&c - &&a, &&d - &&a, FIRST - &&a, SECOND - &&a, &&a - &&a, &&d - &&a};
          goto *(&&a + table[n & 7]);
          a: return import_one(1); b: return print("b") + 1; c: global_one++; return 4; d: return import_two(9) * 2; }
        int same(int n) { return callee_one(n) + import_one(n) + print("same %d", few[n & 3]); }
        int also(int n) { return few[(n + 1) & 3] + global_one; }
        int lazy(int n) { static int ready; static int value; if (!ready) { ready = 1; value = import_one(global_two); } return value + n; }
        int quits(int n) { if (n) { if (import_one(n)) return 1; global_one = n; return global_two; } print("none"); return global_one; }
        """;

    private static readonly Dictionary<string, (string Old, string New)> Plants = new(StringComparer.Ordinal)
    {
        ["SPARE"] = ("4", "6"),
        ["CALLEE"] = ("callee_one", "callee_two"),
        ["IMPORT"] = ("import_one", "import_two"),
        ["TEXT"] = ("\"value %d\"", "\"value %x\""),
        ["GLOBAL"] = ("global_one", "global_two"),
        ["TABLE"] = ("11", "12"),
        ["MAPPED"] = ("40000", "40001"),
        ["NUMBER"] = ("1234.5678", "8765.4321"),
        ["BOUND"] = ("1024", "1023"),
        ["FIRST"] = ("&&b", "&&c"),
        ["SECOND"] = ("&&c", "&&b"),
    };

    private static readonly DiffOptions Options = new()
    {
        OldPath = "old",
        NewPath = "new",
        Functions = true,
        Budget = MemoryBudget.Divide(256 << 20, 1)
    };

    public static TheoryData<string, string, string, string> Told => new()
    {
        { "CALLEE", "calls", "function", "_callee_one -> _callee_two" },
        { "CALLEE", "tail", "function", "_callee_one -> _callee_two" },
        { "IMPORT", "imports", "import", "_import_one -> _import_two" },
        { "TEXT", "says", "string", "value %d -> value %x" },
        { "GLOBAL", "uses", "global", "_global_one -> _global_two" },
        { "TABLE", "looks", "table", "_looks.table+0x10: 0xb -> _looks.table+0x10: 0xc" },
        { "MAPPED", "maps", "table", "+0xc: 0x9c40 -> +0xc: 0x9c41" },
        { "NUMBER", "scales", "constant", "1234.5678 (0x40934a456d5cfaad) -> 8765.4321 (0x40c11eb74f0d844d)" },
        { "BOUND", "bounds", "", "" },
        { "SPARE", "reads", "", "" },
        { "FIRST SECOND", "jumps", "jump table", "" },
    };

    [Theory]
    [MemberData(nameof(Told))]
    public void A_planted_change_is_told_with_its_kind_and_both_names_and_nothing_else_is(string plants,
        string function, string kind, string names)
    {
        foreach (var arch in (string[])["arm64", "x86_64"])
        {
            var change = Compare(arch, plants.Split(' '));
            Assert.Equal(plants != "TEXT", change.What.Contains("code", StringComparer.Ordinal));
            Assert.Empty(change.Functions!.Added);
            Assert.Empty(change.Functions.Removed);
            var functions = change.Functions.Changed;
            Assert.Equal(plants == "CALLEE" ? ["_calls", "_tail"] : ["_" + function], functions.Select(static one =>
                one.Name).Order(StringComparer.Ordinal));
            var found = functions.Single(one => one.Name == "_" + function);

            if (kind.Length > 0)
            {
                var target = Assert.Single(found.Targets!);
                Assert.Equal(kind, target.Kind);
                Assert.EndsWith(names.Split(" -> ")[0], target.Old, StringComparison.Ordinal);
                Assert.EndsWith(names.Split(" -> ")[^1], target.New, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("arm64")]
    [InlineData("x86_64")]
    public void Code_that_moved_by_pages_is_told_nowhere(string arch)
    {
        var change = Compare(arch, []);
        Assert.DoesNotContain("code", change.What);
        Assert.Empty(change.Functions!.Changed);
    }

    [Theory]
    [InlineData("arm64")]
    [InlineData("x86_64")]
    public void All_planted_changes_at_once_are_told_one_by_one(string arch)
    {
        var functions = Compare(arch, [.. Plants.Keys]).Functions!;
        Assert.Equal(
            Told.Select(row => "_" + row.Data.Item2).Order(StringComparer.Ordinal),
                functions.Changed.Select(static function => function.Name).Order(StringComparer.Ordinal));
        Assert.Empty(functions.Added);
        Assert.Empty(functions.Removed);
    }

    private static SliceChange Compare(string arch, string[] plants)
    {
        using var code = CompiledCode.Open();
        return new BinaryComparison(BinaryPolicy.Standalone, Options).Compare(
            Build(code, "a", arch, 0, []), Build(code, "b", arch, 3 * 4096, plants));
    }

    [Theory]
    [InlineData("arm64")]
    [InlineData("x86_64")]
    public void The_same_code_in_the_same_place_that_calls_another_import_is_told(string arch)
    {
        // Sorted by name, the other import takes the place of the first in stubs and pointers: no instruction differs.
        using var code = CompiledCode.Open();
        const string Text = "extern int IMPORT(int); int calls(int n) { return IMPORT(n) + 4; } int other(int n) { return n + 1; }";
        var (old, @new) = (Link("a", "import_one"), Link("b", "import_two"));
        var change = new BinaryComparison(BinaryPolicy.Standalone, Options).Compare(old, @new);
        var function = Assert.Single(change.Functions!.Changed);
        Assert.Equal(("_calls", new TargetChange("import", "_import_one", "_import_two")), (function.Name,
            Assert.Single(function.Targets!)));
        Assert.Contains("code", change.What);

        MachOImage Link(string name, string import) => code.Build(name, [], arch: arch, change: _ =>
            Text.Replace("IMPORT", import, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("arm64")]
    [InlineData("x86_64")]
    public void Thunks_that_are_alike_but_for_what_they_call_stay_themselves_among_new_ones_without_names(string arch)
    {
        using var code = CompiledCode.Open();
        var names = Enumerable.Range(0, 9).Select(static i => $"import_{i}").ToArray();
        var (old, @new) = (Link("a", names.Where(static name => name != "import_4")), Link("b", names.Reverse()));
        var functions = new BinaryComparison(BinaryPolicy.Standalone, Options).Compare(old, @new).Functions!;
        Assert.Empty(functions.Changed);
        Assert.Empty(functions.Removed);
        Assert.Single(functions.Added);

        MachOImage Link(string name, IEnumerable<string> imports) =>
            code.Build(name, [], arch: arch, keepsNames: false, change: _ =>
            string.Concat(imports.Select(static import =>
                $"extern int {import}(int); int thunk_{import}(int n) {{ return {import}(n * 3 + 1); }}\n")));
    }

    private static MachOImage Build(CompiledCode code, string name, string arch, int padding, string[] plants) =>
        code.Build(
        name, ["_callee_one", "_callee_two"], codePadding: padding == 0 ? 0
            : 68, dataPadding: padding, arch: arch, change: _ =>
            string.Concat(Plants.Select(plant =>
                $"#define {plant.Key} {(plants.Contains(plant.Key) ? plant.Value.New : plant.Value.Old)}\n")) + Source);
}

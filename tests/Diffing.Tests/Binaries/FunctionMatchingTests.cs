using CsCheck;
using IpswDiff.Diffing.Binaries.Code;

namespace IpswDiff.Diffing.Tests.Binaries;

public sealed class FunctionMatchingTests
{
    private sealed record Function(ulong Name, ulong Code, long Size);

    // Few codes and names, so that many functions are alike.
    private static readonly Gen<Function> AnyFunction = Gen.Select(
        Gen.OneOf(Gen.Const(0UL), Gen.ULong[1, 12]), Gen.ULong[1, 15], Gen.Long[1, 20],
        (name, code, size) => new Function(name, code, ((long)code * 4) + (size < 18 ? 0 : 4)));

    private static readonly Gen<Function[]> Nameless = AnyFunction.Select(function => function with { Name = 0 }).Array[0, 60];

    private static readonly Gen<Function[]> Any = AnyFunction.Array[0, 60];

    [Fact]
    public void Matches_each_function_once_and_the_same_from_either_side() => Gen.Select(Any, Any, Gen.Bool).Sample((old, @new, isExact) =>
    {
        var forth = FunctionMatching.Match(Keys(old), Keys(@new), isExact);
        var back = FunctionMatching.Match(Keys(@new), Keys(old), isExact);
        Assert.Equal(old.Length, forth.Length);
        for (var i = 0; i < forth.Length; i++)
        {
            if (forth[i] >= 0)
            {
                Assert.Equal(i, back[forth[i]]);
            }
        }

        Assert.Equal(forth.Count(partner => partner >= 0), back.Count(partner => partner >= 0));
        Assert.Equal(forth.Where(partner => partner >= 0).Distinct().Count(), forth.Count(partner => partner >= 0));
    });

    [Fact]
    public void Functions_in_another_order_are_the_same_functions() => Gen.Select(Nameless, Gen.Int).Sample((functions, seed) =>
    {
        var moved = functions.ToArray();
        new Random(seed).Shuffle(moved);
        var partners = FunctionMatching.Match(Keys(functions), Keys(moved), isExact: true);
        Assert.All(Enumerable.Range(0, functions.Length), i => Assert.Equal(functions[i].Code, moved[partners[i]].Code));
    });

    [Fact]
    public void Equal_names_are_one_function_whatever_became_of_it()
    {
        Function[] old = [new(1, 10, 40), new(2, 20, 80)];
        Function[] @new = [new(2, 10, 40), new(1, 30, 4000)];
        Assert.Equal([1, 0], FunctionMatching.Match(Keys(old), Keys(@new), isExact: true));
    }

    [Fact]
    public void A_changed_function_is_found_between_its_neighbours()
    {
        Function[] old = [new(0, 1, 100), new(0, 2, 200), new(0, 3, 300)];
        Function[] @new = [new(0, 1, 100), new(0, 9, 60), new(0, 8, 220), new(0, 3, 300)];
        Assert.Equal([0, 2, 3], FunctionMatching.Match(Keys(old), Keys(@new), isExact: true));
    }

    [Fact]
    public void Other_names_are_other_functions_unless_the_code_says_otherwise()
    {
        Function[] old = [new(1, 5, 8), new(2, 6, 400), new(3, 7, 400)];
        Function[] @new = [new(4, 5, 8), new(5, 6, 400), new(6, 8, 400)];
        Assert.Equal([-1, 1, -1], FunctionMatching.Match(Keys(old), Keys(@new), isExact: true));
    }

    [Fact]
    public void Many_changed_functions_in_one_place_are_matched_in_bounded_time()
    {
        var random = new Random(1);
        var old = Enumerable.Range(0, 60_000).Select(i => new Function(0, (ulong)i + 1, random.Next(4, 2000))).ToArray();
        var @new = old.Where((_, i) => i % 10_000 != 5000).Select(function => function with { Code = function.Code + 1_000_000 }).ToArray();
        var partners = FunctionMatching.Match(Keys(old), Keys(@new), isExact: true);
        Assert.True(partners.Where((partner, i) => partner >= 0 && old[i].Code + 1_000_000 == @new[partner].Code).Count() > 59_000);
    }

    private static FunctionKeys Keys(Function[] functions) => new(
        [.. functions.Select(function => function.Name)],
        [.. functions.Select(function => function.Code)],
        [.. functions.Select(function => function.Size)]);
}

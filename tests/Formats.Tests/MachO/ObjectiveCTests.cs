using System.Buffers.Binary;
using IpswDiff.Forge;
using IpswDiff.Forge.MachO;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.Fixups;
using IpswDiff.Formats.MachO.ObjectiveC;

namespace IpswDiff.Formats.Tests.MachO;

public sealed class ObjectiveCTests
{
    [Fact]
    public void Reads_classes_categories_and_protocols_of_the_sample_framework()
    {
        var metadata = ObjectiveCMetadata.Open(Sample("1.0"));
        var greeter = Assert.Single(metadata.ReadClasses());
        Assert.Equal(("SKGreeter", "NSObject", false), (greeter.Name, greeter.Superclass, greeter.IsSwift));
        Assert.Equal(["greetingForName:", "lengthForName:", "prefix", "setPrefix:"], greeter.InstanceMethods.Select(method => method.Selector).Where(selector => selector[0] != '.'));
        Assert.Equal("@24@0:8@16", greeter.InstanceMethods.Single(method => method.Selector == "greetingForName:").Types);
        Assert.Equal(["legacyGreeter"], greeter.ClassMethods.Select(method => method.Selector));
        Assert.Equal([new ObjectiveCIvar("_prefix", "@\"NSString\"", 8)], greeter.Ivars);
        Assert.Equal(["prefix"], greeter.Properties.Select(property => property.Name).Take(1));
        Assert.Contains("V_prefix", greeter.Properties[0].Attributes, StringComparison.Ordinal);
        Assert.Equal(["SKGreeting"], greeter.Protocols);

        var category = Assert.Single(metadata.ReadCategories());
        Assert.Equal(("SKCounting", "SKGreeter"), (category.Name, category.ClassName));
        Assert.Equal(["isLongForName:"], category.InstanceMethods.Select(method => method.Selector));

        var protocol = Assert.Single(metadata.ReadProtocols());
        Assert.Equal("SKGreeting", protocol.Name);
        Assert.Equal(["greetingForName:"], protocol.InstanceMethods.Select(method => method.Selector));
        Assert.Contains("lengthForName:", metadata.ReadSelectors());

        Assert.Equal(["SKFarewell", "SKGreeter"], ObjectiveCMetadata.Open(Sample("1.1")).ReadClasses().Select(@class => @class.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("-fixup_chains")]
    [InlineData("-no_fixup_chains")]
    [InlineData("-fixup_chains", "-objc_relative_method_lists")]
    [InlineData("-no_fixup_chains", "-objc_relative_method_lists")]
    public void Reads_the_same_whatever_the_linker_made_of_it(params string[] options)
    {
        var expected = Describe(Sample("1.1"));
        var image = Link("arm64-apple-ios16.0", "arm64", options);
        Assert.Equal(expected, Describe(image));
        Assert.Equal(options.Length > 1, image.FindSection("__TEXT", "__objc_methlist") is not null);
    }

    [Fact]
    public void Reads_relative_method_lists_of_a_real_arm64e_program()
    {
        var path = SampleFiles.Find("macho/objc-employee-ios14-arm64e");
        Assert.SkipWhen(path is null, "the optional sample macho/objc-employee-ios14-arm64e is absent");
        var image = MachOFile.Open(new MemoryByteSource(File.ReadAllBytes(path!))).Slices[0];
        var metadata = ObjectiveCMetadata.Open(image);
        var employee = Assert.Single(metadata.ReadClasses());
        Assert.Equal(("Employee", "NSObject"), (employee.Name, employee.Superclass));
        Assert.NotEmpty(employee.InstanceMethods);
        var selectors = Strings(image, "__objc_methname");
        var types = Strings(image, "__objc_methtype");
        Assert.All(employee.InstanceMethods, method => Assert.True(selectors.Contains(method.Selector) && types.Contains(method.Types), method.Selector));
        foreach (var property in employee.Properties)
        {
            Assert.Contains(property.Name, employee.InstanceMethods.Select(method => method.Selector));
            Assert.Contains("_" + property.Name, employee.Ivars.Select(ivar => ivar.Name));
        }

        Assert.NotEmpty(employee.Properties);
        Assert.NotEmpty(metadata.ReadSelectors());
    }

    [Fact]
    public void Reads_bound_superclasses_and_categories_of_a_real_program_with_bind_opcodes()
    {
        var path = SampleFiles.Find("macho/TestSwiftObjc");
        Assert.SkipWhen(path is null, "the optional sample macho/TestSwiftObjc is absent");
        var image = MachOFile.Open(new MemoryByteSource(File.ReadAllBytes(path!))).Slices[0];
        var metadata = ObjectiveCMetadata.Open(image);
        var classes = metadata.ReadClasses().ToArray();
        var names = Symbols(image, "_OBJC_CLASS_$_", SymbolKind.External).Concat(Symbols(image, "_OBJC_CLASS_$_", SymbolKind.Local)).ToHashSet(StringComparer.Ordinal);
        var imports = Symbols(image, "_OBJC_CLASS_$_", SymbolKind.Undefined).ToHashSet(StringComparer.Ordinal);
        Assert.NotEmpty(classes);
        Assert.All(classes, @class => Assert.True(@class.IsSwift || names.Contains(@class.Name), @class.Name));
        Assert.All(classes.Where(@class => @class.Superclass is not null), @class => Assert.True(
            imports.Contains(@class.Superclass!) || names.Contains(@class.Superclass!) || classes.Any(other => other.Name == @class.Superclass)
            || @class.Superclass!.EndsWith("SwiftObject", StringComparison.Ordinal), @class.Superclass));
        Assert.All(metadata.ReadCategories(), category => Assert.NotEmpty(category.ClassName));
        Assert.Equal(image.FindSection("__DATA_CONST", "__objc_catlist")!.Size / 8, metadata.ReadCategories().Count());
    }

    [Fact]
    public void Reads_classes_of_images_in_a_real_shared_cache()
    {
        var path = SampleFiles.Find("dsc/dyld_shared_cache_arm64-macOS-objc");
        Assert.SkipWhen(path is null, "the optional sample dsc/dyld_shared_cache_arm64-macOS-objc is absent");
        var cache = Formats.SharedCache.DyldSharedCache.Open(new MemoryByteSource(File.ReadAllBytes(path!)), Path.GetFileName(path!), _ => null);
        var classes = new List<string>();
        foreach (var image in cache.Images.Select(image => image.Open()).Where(ObjectiveCMetadata.IsPresent))
        {
            var exported = Symbols(image, "_OBJC_CLASS_$_", SymbolKind.External);
            var found = ObjectiveCMetadata.Open(image).ReadClasses().ToArray();
            Assert.Empty(exported.Except(found.Select(@class => @class.Name), StringComparer.Ordinal));
            Assert.All(found.SelectMany(@class => @class.InstanceMethods), method => Assert.Matches("^[A-Za-z_.][A-Za-z0-9_:]*$", method.Selector));
            Assert.All(ObjectiveCMetadata.Open(image).ReadCategories(), category => Assert.NotEmpty(category.ClassName));
            classes.AddRange(found.Select(@class => $"{@class.Name} : {@class.Superclass} {string.Join(' ', @class.InstanceMethods.Select(method => method.Selector))}"));
        }

        Assert.Contains("Test : NSObject init methodWithoutArgs methodWithOneArg: methodWithTwoArgs:secondArg: methodWithReturn", classes);
    }

    [Fact]
    public void An_image_without_metadata_has_none()
    {
        var image = MachOImage.Open(new MemoryByteSource(new MachOBuilder(MachOArch.Arm64, MachOFileType.Dylib) { InstallName = "/a" }.Build()));
        Assert.False(ObjectiveCMetadata.IsPresent(image));
        Assert.Empty(ObjectiveCMetadata.Open(image).ReadClasses());
        Assert.True(ObjectiveCMetadata.IsPresent(Sample("1.0")));
    }

    [Fact]
    public void Damage_is_reported_and_nothing_else_happens()
    {
        byte[][] originals = [SampleBytes("1.1"), .. SampleFiles.Find("macho/objc-employee-ios14-arm64e") is { } path ? new[] { File.ReadAllBytes(path) } : []];
        foreach (var original in originals)
        {
            var image = MachOFile.Open(new MemoryByteSource(original)).Slices[0];
            var places = image.Sections.Where(section => section.Name.StartsWith("__objc", StringComparison.Ordinal) && section.Size > 0)
                .Select(section => (section.FileOffset, section.Size)).ToList();
            var fixups = image.LoadCommands.First(command => command.Kind == LoadCommandKind.DyldChainedFixups);
            places.Add((BinaryPrimitives.ReadUInt32LittleEndian(image.GetCommandBytes(fixups)[8..]), 100));
            var random = new Random(20);
            for (var round = 0; round < 3000; round++)
            {
                var damaged = original.ToArray();
                for (var flips = random.Next(1, 6); flips > 0; flips--)
                {
                    var (offset, size) = places[random.Next(places.Count)];
                    damaged[offset + random.NextInt64(size)] = (byte)(random.Next(3) == 0 ? 0xFF : random.Next(256));
                }

                try
                {
                    var read = MachOFile.Open(new MemoryByteSource(damaged)).Slices[0];
                    _ = Describe(read);
                    _ = ObjectiveCMetadata.Open(read).ReadSelectors().Count();
                }
                catch (FirmwareFormatException fault)
                {
                    Assert.NotEmpty(fault.Reason);
                }
            }
        }
    }

    [Fact]
    public void Lists_that_all_overlap_end_in_a_fault()
    {
        // Every class is the same class, whose method list is as long as its memory allows.
        const int Classes = 100_000;
        const int Methods = 1 << 16;
        var builder = new MachOBuilder(MachOArch.Arm64, MachOFileType.Dylib) { InstallName = "/a" };
        var data = new byte[(Classes * 8) + 1024 + 8 + (Methods * 24)];
        var list = builder.AddSection("__DATA", "__objc_classlist", data);
        builder.Build();
        var (start, at) = (list.Address, Classes * 8);
        for (var i = 0; i < Classes; i++)
        {
            Write(i * 8, start + (ulong)at);
        }

        Write(at + 32, start + (ulong)at + 64);
        Write(at + 64 + 24, start + (ulong)at + 600);
        Write(at + 64 + 32, start + (ulong)at + 1024);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(at + 1024), 24);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(at + 1028), Methods);
        var image = MachOImage.Open(new MemoryByteSource(builder.Build()));
        var fault = Assert.Throws<FirmwareFormatException>(() => ObjectiveCMetadata.Open(image).ReadClasses().Count());
        Assert.Contains("overlap", fault.Message, StringComparison.Ordinal);

        void Write(int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(offset), value);
    }

    // Flags of which nobody has said what they mean, and types that count from selectors which only a shared cache has.
    [Theory]
    [InlineData(0x90000000U, "0x90000000")]
    [InlineData(0x00010000U, "0x00010000")]
    [InlineData(0xA0000000U, "shared cache")]
    public void Lists_of_a_form_that_cannot_be_read_are_refused_and_not_guessed_at(uint flags, string reason)
    {
        const int Class = 64;
        const int ClassData = 128;
        const int List = 256;
        var builder = new MachOBuilder(MachOArch.Arm64, MachOFileType.Dylib) { InstallName = "/a" };
        var data = new byte[512];
        var section = builder.AddSection("__DATA", "__objc_classlist", data);
        builder.Build();
        Write(0, Class);
        Write(Class + 32, ClassData);
        Write(ClassData + 24, 400);
        Write(ClassData + 32, List);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(List), flags | 24);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(List + 4), 1);
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(List + 8), 416 - (List + 8));
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(List + 12), 16);
        Write(416, 400);
        var image = MachOImage.Open(new MemoryByteSource(builder.Build()));
        var fault = Assert.Throws<FirmwareFormatException>(() => ObjectiveCMetadata.Open(image).ReadClasses().First());
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);

        void Write(int offset, int target) => BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(offset), section.Address + (ulong)target);
    }

    [Theory]
    [InlineData("-no_fixup_chains")]
    [InlineData("-fixup_chains", "-objc_relative_method_lists")]
    public void The_same_metadata_is_recognised_whatever_the_linker_made_of_it(params string[] options)
    {
        var image = Link("arm64-apple-ios16.0", "arm64", ["-fixup_chains"]);
        Assert.True(ObjectiveCMetadata.AreSame(image, Link("arm64-apple-ios16.0", "arm64", options)));
        Assert.False(ObjectiveCMetadata.AreSame(Sample("1.0"), Sample("1.1")));
    }

    [Fact]
    public void Metadata_taken_for_the_same_is_the_same()
    {
        var (original, bytes) = (Sample("1.1"), SampleBytes("1.1"));
        var expected = Describe(original);
        var random = new Random(17);
        var (same, different, damaged) = (0, 0, 0);
        foreach (var section in original.Sections.Where(section => !section.IsZeroFill))
        {
            for (var i = 0; i < 60; i++)
            {
                var changed = bytes.ToArray();
                changed[section.FileOffset + random.NextInt64(section.Size)] ^= (byte)(1 << random.Next(8));
                var image = MachOImage.Open(new MemoryByteSource(changed));
                try
                {
                    if (!ObjectiveCMetadata.AreSame(original, image))
                    {
                        different++;
                        continue;
                    }

                    same++;
                    Assert.Equal(expected, Describe(image));
                }
                catch (FirmwareFormatException)
                {
                    damaged++;
                }
            }
        }

        Assert.True(same > 100 && different > 100 && damaged > 0, $"{same} same, {different} different, {damaged} damaged");
    }

    private static string Describe(MachOImage image)
    {
        var metadata = ObjectiveCMetadata.Open(image);
        var lines = metadata.ReadClasses().Select(c => $"{c.Name}:{c.Superclass} {Methods(c.InstanceMethods)} {Methods(c.ClassMethods)} {string.Join(',', c.Ivars)} {string.Join(',', c.Properties)} {string.Join(',', c.Protocols)}")
            .Concat(metadata.ReadCategories().Select(c => $"{c.ClassName}({c.Name}) {Methods(c.InstanceMethods)} {Methods(c.ClassMethods)} {string.Join(',', c.Protocols)}"))
            .Concat(metadata.ReadProtocols().Select(p => $"<{p.Name}> {Methods(p.InstanceMethods)} {Methods(p.OptionalInstanceMethods)} {string.Join(',', p.Protocols)}"));
        return string.Join('\n', lines.Order(StringComparer.Ordinal));

        static string Methods(IEnumerable<ObjectiveCMethod> methods) => string.Join(',', methods.Select(method => method.ToString()).Order(StringComparer.Ordinal));
    }

    private static byte[] SampleBytes(string version) =>
        File.ReadAllBytes(Path.Combine(SampleFiles.RepositoryRoot, "samples", "binaries", "own", version, "SampleKit"));

    private static MachOImage Sample(string version) => MachOImage.Open(new MemoryByteSource(SampleBytes(version)));

    private static HashSet<string> Strings(MachOImage image, string section)
    {
        var strings = new HashSet<string>(StringComparer.Ordinal);
        foreach (var text in image.ReadCStrings(image.FindSection("__TEXT", section)!))
        {
            strings.Add(System.Text.Encoding.UTF8.GetString(text.Bytes));
        }

        return strings;
    }

    private static List<string> Symbols(MachOImage image, string prefix, SymbolKind kind)
    {
        var names = new List<string>();
        foreach (var symbol in image.Symbols!)
        {
            var name = System.Text.Encoding.UTF8.GetString(symbol.Name);
            if (symbol.Kind == kind && name.StartsWith(prefix, StringComparison.Ordinal))
            {
                names.Add(name[prefix.Length..]);
            }
        }

        return names;
    }

    private static MachOImage Link(string target, string arch, string[] options)
    {
        var (clang, linker) = (Witnesses.Clang.Required(), Witnesses.MachOLinker.Required());
        var sources = Path.Combine(SampleFiles.RepositoryRoot, "samples", "sources");
        var folder = Directory.CreateTempSubdirectory("ipswdiff-objc-").FullName;
        try
        {
            var (code, output) = (Path.Combine(folder, "kit.o"), Path.Combine(folder, "kit"));
            Run(clang, "-target", target, "-DSAMPLE_VERSION=110", "-O2", "-fvisibility=hidden", "-ffreestanding", "-nostdlibinc",
                "-I" + Path.Combine(sources, "include"), "-c", Path.Combine(sources, "SampleKit.m"), "-o", code);
            Run(linker, [
                "-arch", arch, "-platform_version", "ios", "16.0", "16.0", "-dylib", "-install_name", "/kit", .. options, "-o", output, code,
                .. ((string[])["libobjc", "CoreFoundation", "libSystem"]).Select(name => Path.Combine(sources, "stubs", name + ".tbd"))]);
            return MachOImage.Open(new MemoryByteSource(File.ReadAllBytes(output)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        var result = Witness.Run(program, arguments);
        Assert.True(result.ExitCode == 0, result.Error);
    }
}

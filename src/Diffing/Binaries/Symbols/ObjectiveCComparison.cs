using System.IO.Hashing;
using System.Runtime.InteropServices;
using IpswDiff.Diffing.Results;
using IpswDiff.Formats.Bytes;
using IpswDiff.Formats.MachO;
using IpswDiff.Formats.MachO.ObjectiveC;

namespace IpswDiff.Diffing.Binaries.Symbols;

/// <summary>
/// The Objective-C classes, categories and protocols of two images. Both are read once as hashes, and what differs a second time as text,
/// so that nothing holds all the metadata of an image. The order of members does not count.
/// </summary>
internal static class ObjectiveCComparison
{
    private static readonly Func<Member, string> ByName = static member => member.Name;

    /// <summary>Compares the metadata of two images; null where nothing differs or there is none.</summary>
    /// <exception cref="FirmwareFormatException">The image's own tables are damaged; damaged metadata is said in the result.</exception>
    public static ObjectiveCChanges? Compare(MachOImage old, MachOImage @new)
    {
        if (!ObjectiveCMetadata.IsPresent(old) && !ObjectiveCMetadata.IsPresent(@new))
        {
            return null;
        }

        try
        {
            return ObjectiveCMetadata.AreSame(old, @new) ? null : CompareReadable(old, @new);
        }
        catch (FirmwareFormatException fault)
        {
            // Metadata may be encrypted, or of a layout that is not known yet; the rest of the binary is compared all the same.
            return new ObjectiveCChanges { Unreadable = fault.Message };
        }
    }

    private static ObjectiveCChanges? CompareReadable(MachOImage old, MachOImage @new)
    {
        var (before, after) = (Hashes(old), Hashes(@new));
        var differing = before.Keys.Union(after.Keys)
            .Where(key => !before.TryGetValue(key, out var x) || !after.TryGetValue(key, out var y) || x != y).ToHashSet();
        if (differing.Count == 0)
        {
            return null;
        }

        var (oldEntities, newEntities) = (Pick(old, differing), Pick(@new, differing));
        var changed = new List<ObjectiveCEntityChange>();
        foreach (var (key, entity) in newEntities)
        {
            if (oldEntities.TryGetValue(key, out var partner))
            {
                changed.Add(Compare(partner, entity));
            }
        }

        return new ObjectiveCChanges
        {
            Added = OnlyIn(newEntities, oldEntities),
            Removed = OnlyIn(oldEntities, newEntities),
            Changed = [.. changed.OrderBy(change => change.Kind, StringComparer.Ordinal).ThenBy(change => change.Name, StringComparer.Ordinal)],
        };
    }

    private static Dictionary<(string Kind, string Name), UInt128> Hashes(MachOImage image)
    {
        var hashes = new Dictionary<(string Kind, string Name), UInt128>();
        foreach (var entity in Read(image))
        {
            CollectionsMarshal.GetValueRefOrAddDefault(hashes, (entity.Kind, entity.Name), out _) += entity.Hash();
        }

        return hashes;
    }

    /// <summary>The entities of some names. Several of one name, as categories may have, become one.</summary>
    private static Dictionary<(string Kind, string Name), Entity> Pick(MachOImage image, HashSet<(string Kind, string Name)> wanted)
    {
        var entities = new Dictionary<(string Kind, string Name), Entity>();
        foreach (var entity in Read(image))
        {
            var key = (entity.Kind, entity.Name);
            if (!wanted.Contains(key))
            {
                continue;
            }

            if (entities.TryGetValue(key, out var first))
            {
                first.Members.AddRange(entity.Members);
            }
            else
            {
                entities.Add(key, entity);
            }
        }

        return entities;
    }

    private static IEnumerable<Entity> Read(MachOImage image)
    {
        var metadata = ObjectiveCMetadata.Open(image);
        return metadata.ReadClasses().Select(Entity.Of).Concat(metadata.ReadCategories().Select(Entity.Of)).Concat(metadata.ReadProtocols().Select(Entity.Of));
    }

    private static ObjectiveCEntity[] OnlyIn(Dictionary<(string Kind, string Name), Entity> side, Dictionary<(string Kind, string Name), Entity> other) =>
        [.. side.Where(pair => !other.ContainsKey(pair.Key))
            .Select(pair => new ObjectiveCEntity(
                pair.Key.Kind, pair.Key.Name, pair.Value.Superclass, pair.Value.Members.Count(member => member.Group == MemberGroup.Method)))
            .OrderBy(entity => entity.Kind, StringComparer.Ordinal).ThenBy(entity => entity.Name, StringComparer.Ordinal)];

    private static ObjectiveCEntityChange Compare(Entity old, Entity @new) => new()
    {
        Kind = @new.Kind,
        Name = @new.Name,
        Superclass = old.Superclass == @new.Superclass ? null : new ObjectiveCMemberChange(@new.Name, old.Superclass, @new.Superclass),
        Methods = Compare(old, @new, MemberGroup.Method),
        Properties = Compare(old, @new, MemberGroup.Property),
        Ivars = Compare(old, @new, MemberGroup.Ivar),
        Protocols = Compare(old, @new, MemberGroup.Protocol),
    };

    private static ObjectiveCMemberChanges? Compare(Entity old, Entity @new, MemberGroup group)
    {
        var (before, after) = (Details(old, group), Details(@new, group));
        var added = after.Keys.Where(name => !before.ContainsKey(name)).Order(StringComparer.Ordinal).ToArray();
        var removed = before.Keys.Where(name => !after.ContainsKey(name)).Order(StringComparer.Ordinal).ToArray();
        var changed = after.Where(pair => before.TryGetValue(pair.Key, out var detail) && detail != pair.Value)
            .Select(pair => new ObjectiveCMemberChange(pair.Key, before[pair.Key], pair.Value)).OrderBy(change => change.Name, StringComparer.Ordinal).ToArray();
        return added.Length + removed.Length + changed.Length == 0 ? null : new ObjectiveCMemberChanges(added, removed, changed);
    }

    /// <summary>Members by name; the details of several of one name joined.</summary>
    private static Dictionary<string, string> Details(Entity entity, MemberGroup group) => entity.Members
        .Where(member => member.Group == group).GroupBy(ByName, StringComparer.Ordinal)
        .ToDictionary(members => members.Key, members => string.Join(" | ", members.Select(member => member.Detail).Order(StringComparer.Ordinal)), StringComparer.Ordinal);

    private enum MemberGroup : byte
    {
        Method = 1,
        Property,
        Ivar,
        Protocol,
    }

    private readonly record struct Member(MemberGroup Group, string Name, string Detail);

    private sealed record Entity(string Kind, string Name, string? Superclass, List<Member> Members)
    {
        public static Entity Of(ObjectiveCClass @class)
        {
            var members = new List<Member>();
            AddMethods(members, "-", @class.InstanceMethods);
            AddMethods(members, "+", @class.ClassMethods);
            AddProperties(members, string.Empty, @class.Properties);
            AddProperties(members, "+", @class.ClassProperties);
            AddProtocols(members, @class.Protocols);
            foreach (var ivar in @class.Ivars)
            {
                members.Add(new Member(MemberGroup.Ivar, ivar.Name, ivar.Type.Length > 0
                    ? ivar.Type
                    : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{ivar.Size} bytes")));
            }

            return new Entity("class", @class.Name, @class.Superclass, members);
        }

        public static Entity Of(ObjectiveCCategory category)
        {
            var members = new List<Member>();
            AddMethods(members, "-", category.InstanceMethods);
            AddMethods(members, "+", category.ClassMethods);
            AddProperties(members, string.Empty, category.Properties);
            AddProtocols(members, category.Protocols);
            return new Entity("category", $"{category.ClassName}({category.Name})", null, members);
        }

        public static Entity Of(ObjectiveCProtocol protocol)
        {
            var members = new List<Member>();
            AddMethods(members, "-", protocol.InstanceMethods);
            AddMethods(members, "+", protocol.ClassMethods);
            AddMethods(members, "@optional -", protocol.OptionalInstanceMethods);
            AddMethods(members, "@optional +", protocol.OptionalClassMethods);
            AddProperties(members, string.Empty, protocol.Properties);
            AddProtocols(members, protocol.Protocols);
            return new Entity("protocol", protocol.Name, null, members);
        }

        /// <summary>A sum, so that neither the order of members nor that of entities of one name counts.</summary>
        public UInt128 Hash()
        {
            var sum = Hash(0, Superclass ?? string.Empty, string.Empty);
            foreach (var member in Members)
            {
                sum = unchecked(sum + Hash((byte)member.Group, member.Name, member.Detail));
            }

            return sum;
        }

        private static UInt128 Hash(byte group, string name, string detail)
        {
            var low = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(name.AsSpan()), group);
            return XxHash128.HashToUInt128(MemoryMarshal.AsBytes(detail.AsSpan()), unchecked((long)low));
        }

        private static void AddMethods(List<Member> members, string mark, IReadOnlyList<ObjectiveCMethod> methods)
        {
            foreach (var method in methods)
            {
                members.Add(new Member(MemberGroup.Method, mark + method.Selector, method.Types));
            }
        }

        private static void AddProperties(List<Member> members, string mark, IReadOnlyList<ObjectiveCProperty> properties)
        {
            foreach (var property in properties)
            {
                members.Add(new Member(MemberGroup.Property, mark + property.Name, property.Attributes));
            }
        }

        private static void AddProtocols(List<Member> members, IReadOnlyList<string> protocols)
        {
            foreach (var protocol in protocols)
            {
                members.Add(new Member(MemberGroup.Protocol, protocol, string.Empty));
            }
        }
    }
}

namespace IpswDiff.Formats.Demangling.Swift;

/// <summary>Types of the standard library that have a letter (swift/docs/ABI/Mangling.rst, "Substitutions").</summary>
internal static class StandardTypes
{
    private static readonly (NodeKind Kind, byte[] Name)[] Core = Make(
        NodeKind.Structure,
        "A AutoreleasingUnsafeMutablePointer,a Array,b Bool,c UnicodeScalar,D Dictionary,d Double,f Float,h Set,I DefaultIndices,i Int,"
        + "J Character,N ClosedRange,n Range,O ObjectIdentifier,P UnsafePointer,p UnsafeMutablePointer,R UnsafeBufferPointer,"
        + "r UnsafeMutableBufferPointer,S String,s Substring,u UInt,V UnsafeRawPointer,v UnsafeMutableRawPointer,"
        + "W UnsafeRawBufferPointer,w UnsafeMutableRawBufferPointer",
        "B BinaryFloatingPoint,E Encodable,e Decodable,F FloatingPoint,G RandomNumberGenerator,H Hashable,j Numeric,"
        + "K BidirectionalCollection,k RandomAccessCollection,L Comparable,l Collection,M MutableCollection,"
        + "m RangeReplaceableCollection,Q Equatable,T Sequence,t IteratorProtocol,U UnsignedInteger,X RangeExpression,x Strideable,"
        + "Y RawRepresentable,y StringProtocol,Z SignedInteger,z BinaryInteger",
        "q Optional");

    private static readonly (NodeKind Kind, byte[] Name)[] Concurrency = Make(
        NodeKind.Structure,
        "C CheckedContinuation,c UnsafeContinuation,E CancellationError,e UnownedSerialExecutor,G TaskGroup,g ThrowingTaskGroup,"
        + "J UnownedJob,P TaskPriority,S AsyncStream,s AsyncThrowingStream,T Task,t UnsafeCurrentTask",
        "A Actor,F Executor,f SerialExecutor,h TaskExecutor,I AsyncIteratorProtocol,i AsyncSequence",
        string.Empty,
        "M MainActor");

    /// <summary>Kind and name of the type with a letter; no name where there is none.</summary>
    public static (NodeKind Kind, byte[] Name) Find(byte letter, bool isConcurrency) =>
        letter < 128 ? (isConcurrency ? Concurrency : Core)[letter] : (NodeKind.None, []);

    private static (NodeKind Kind, byte[] Name)[] Make(
        NodeKind first, string structures, string protocols, string enums, string classes = "")
    {
        var table = new (NodeKind, byte[])[128];
        Array.Fill(table, (NodeKind.None, []));
        (NodeKind Kind, string List)[] lists =
            [(first, structures), (NodeKind.Protocol, protocols), (NodeKind.Enum, enums), (NodeKind.Class, classes)];
        foreach (var (kind, list) in lists)
        {
            foreach (var entry in list.Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                table[entry[0]] = (kind, System.Text.Encoding.ASCII.GetBytes(entry[2..]));
            }
        }

        return table;
    }
}

using System.Text;

namespace IpswDiff.Formats.Demangling.Swift;

/// <summary>Value witnesses: two letters in names, and what they do (swift/docs/ABI/Mangling.rst, "VALUE-WITNESS-KIND").</summary>
internal static class ValueWitnesses
{
    private static readonly (string Code, byte[] Name)[] All =
    [
        .. """
            al allocateBuffer,ca assignWithCopy,ta assignWithTake,de deallocateBuffer,xx destroy,XX destroyBuffer,Xx destroyArray,
            CP initializeBufferWithCopyOfBuffer,Cp initializeBufferWithCopy,cp initializeWithCopy,Tk initializeBufferWithTake,
            tk initializeWithTake,pr projectBuffer,TK initializeBufferWithTakeOfBuffer,Cc initializeArrayWithCopy,
            Tt initializeArrayWithTakeFrontToBack,tT initializeArrayWithTakeBackToFront,xs storeExtraInhabitant,
            xg getExtraInhabitantIndex,ug getEnumTag,up destructiveProjectEnumData,ui destructiveInjectEnumTag,
            et getEnumTagSinglePayload,st storeEnumTagSinglePayload
            """.Split(',', StringSplitOptions.TrimEntries).Select(entry => (entry[..2], Encoding.ASCII.GetBytes(entry[3..]))),
    ];

    /// <summary>The witness with two letters, or -1.</summary>
    public static int Find(byte first, byte second)
    {
        for (var i = 0; i < All.Length; i++)
        {
            if (All[i].Code[0] == first && All[i].Code[1] == second)
            {
                return i;
            }
        }

        return -1;
    }

    public static ReadOnlySpan<byte> Name(long kind) => All[kind].Name;
}

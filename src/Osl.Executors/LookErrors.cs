using Osl.Interop.Linux;
using Osl.Operations;

namespace Osl.Executors;

/// <summary>What is answered when nothing could be seen for lack of descriptors or memory.</summary>
internal static class LookErrors
{
    /// <summary>The answer of a look, or what it lacked.</summary>
    internal static OneOf<T, OperationError> Guard<T>(Func<OneOf<T, OperationError>> look)
        where T : notnull
    {
        try
        {
            return look();
        }
        catch (OutOfDescriptorsException lack)
        {
            return Of(lack);
        }
    }

    internal static OperationFailed Of(IOException lack) =>
        new("look_failed", $"{lack.Message.TrimEnd('.')}.", "Try again when there is room: until then it is not known who is alive.")
        {
            Transient = true,
        };
}

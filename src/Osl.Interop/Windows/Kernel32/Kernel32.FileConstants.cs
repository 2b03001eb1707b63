namespace Osl.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>Access: remove it or rename it (winnt.h).</summary>
    internal const uint DELETE = 0x10000;

    /// <summary>Access: read its security descriptor.</summary>
    internal const uint READ_CONTROL = 0x20000;

    internal const uint CREATE_NEW = 1;
    internal const uint OPEN_ALWAYS = 4;
    internal const uint FILE_ATTRIBUTE_NORMAL = 0x80;
    internal const uint FILE_FLAG_OPEN_REPARSE_POINT = 0x00200000;
}

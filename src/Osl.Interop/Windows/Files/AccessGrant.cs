using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

/// <summary>Rights to a file or directory that matter to trust (winnt.h).</summary>
[Flags]
internal enum FileRights : uint
{
    None = 0,

    /// <summary>Write data; in a directory: make a file.</summary>
    WriteData = 0x2,

    /// <summary>Append data; in a directory: make a directory.</summary>
    AppendData = 0x4,

    WriteExtendedAttributes = 0x10,

    /// <summary>Remove or rename anything in a directory, whoever owns it.</summary>
    DeleteChild = 0x40,

    /// <summary>Also enough to make an empty directory a junction.</summary>
    WriteAttributes = 0x100,

    /// <summary>Remove or rename it.</summary>
    Delete = 0x10000,

    /// <summary>Change who may do what (WRITE_DAC).</summary>
    ChangePermissions = 0x40000,

    /// <summary>WRITE_OWNER.</summary>
    TakeOwnership = 0x80000,

    GenericAll = 0x10000000,

    GenericWrite = 0x40000000,

    /// <summary>What lets somebody put another thing in the place of what lies in a directory. Adding to it does not.</summary>
    ReplaceBelow = DeleteChild | Delete | ChangePermissions | TakeOwnership | GenericAll,

    /// <summary>What lets somebody change the thing itself.</summary>
    Change = ReplaceBelow | WriteData | AppendData | WriteExtendedAttributes | WriteAttributes | GenericWrite,
}

/// <summary>One entry of an access control list that allows.</summary>
/// <param name="Account">Whom: a SID as text.</param>
/// <param name="Rights">What.</param>
/// <param name="InheritOnly">Whether it counts only for what is made below.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct AccessGrant(string Account, FileRights Rights, bool InheritOnly);

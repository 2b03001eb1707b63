using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.AccessControl;
using Microsoft.Win32.SafeHandles;

namespace Osl.Interop.Windows;

/// <summary>Reads the security descriptor of open files.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe class FileSecurityReader
{
    /// <summary>Reads owner and access control list.</summary>
    /// <param name="file">Open with READ_CONTROL.</param>
    /// <param name="list">What it says.</param>
    /// <returns>The error code, or 0.</returns>
    internal static int Read(SafeFileHandle file, out FileAccessList list)
    {
        const uint wanted = Advapi32.OWNER_SECURITY_INFORMATION | Advapi32.DACL_SECURITY_INFORMATION;
        list = new FileAccessList("", null);
        var error = Advapi32.GetSecurityInfo(file, Advapi32.SE_FILE_OBJECT, wanted, null, null, null, null, out var descriptor);
        if (error != 0)
        {
            return error;
        }

        try
        {
            var bytes = new byte[Advapi32.GetSecurityDescriptorLength(descriptor)];
            Marshal.Copy(descriptor, bytes, 0, bytes.Length);
            list = Parse(new RawSecurityDescriptor(bytes, 0));
            return 0;
        }
        finally
        {
            _ = Kernel32.LocalFree(descriptor);
        }
    }

    internal static FileAccessList Parse(RawSecurityDescriptor descriptor)
    {
        var owner = descriptor.Owner?.Value ?? "";
        if (!descriptor.ControlFlags.HasFlag(ControlFlags.DiscretionaryAclPresent) || descriptor.DiscretionaryAcl is not { } entries)
        {
            return new FileAccessList(owner, null);
        }

        List<AccessGrant> grants = [];
        foreach (var entry in entries)
        {
            var inheritOnly = entry.AceFlags.HasFlag(AceFlags.InheritOnly);
            switch (entry)
            {
                case QualifiedAce { AceQualifier: AceQualifier.AccessAllowed } allowed:
                    grants.Add(new AccessGrant(allowed.SecurityIdentifier.Value, (FileRights)(uint)allowed.AccessMask, inheritOnly));
                    break;
                case QualifiedAce:
                    break;
                default:
                    // Of a kind that we can't read: as if it allowed everybody everything.
                    grants.Add(new AccessGrant(FileAccessList.Everyone, FileRights.GenericAll, inheritOnly));
                    break;
            }
        }

        return new FileAccessList(owner, grants);
    }
}

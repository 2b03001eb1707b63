using System.Security.Principal;

namespace Osl.Interop.Windows;

/// <summary>A descriptor that gives everything to our own account, the system and the administrators, and nothing to anybody else.</summary>
internal static class SecurityDescriptor
{
    private const uint Revision = 1;

    private static readonly Lazy<nint> Made = new(Make);

    /// <summary>For this process; made once, never freed. 0 when it could not be made.</summary>
    internal static nint OwnerOnly => Made.Value;

    private static nint Make()
    {
        if (!OperatingSystem.IsWindows())
        {
            return 0;
        }

        using var identity = WindowsIdentity.GetCurrent();
        return
            identity.User is { } user
            && Advapi32.ConvertStringSecurityDescriptorToSecurityDescriptor(
                $"D:P(A;;GA;;;{user.Value})(A;;GA;;;SY)(A;;GA;;;BA)",
                Revision,
                out var descriptor,
                0
            ) != 0
            ? descriptor
            : 0;
    }
}

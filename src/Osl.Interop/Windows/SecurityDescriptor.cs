namespace Osl.Interop.Windows;

/// <summary>A descriptor that gives everything to our own account, the system and the administrators, and nothing to anybody else.</summary>
internal static class SecurityDescriptor
{
    /// <summary>For jobs and pipes of this process. Empty where it can't be made: then nothing is to be made with it.</summary>
    internal static byte[] OwnerOnly
    {
        get
        {
            try
            {
                return OperatingSystem.IsWindows() ? WindowsAccounts.PrivateObject : [];
            }
            catch (InvalidOperationException)
            {
                // A token that names no user: there is nobody to give it to.
                return [];
            }
        }
    }
}

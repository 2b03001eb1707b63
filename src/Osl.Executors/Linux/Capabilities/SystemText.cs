namespace Osl.Executors.Linux;

/// <summary>Small texts of the kernel's file systems.</summary>
internal static class SystemText
{
    /// <summary>The text without blanks around it; null when it is not there or can't be read, which for a probe is one thing.</summary>
    internal static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

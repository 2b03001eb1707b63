namespace Osl.Tests.Unit.Policies;

/// <summary>The paths of the tests, written as on Unix, in the form of the platform.</summary>
internal static class PolicyPaths
{
    /// <summary>The same path here: below C:\ on Windows.</summary>
    internal static string Here(string path) => OperatingSystem.IsWindows() ? "C:" + path.Replace('/', '\\') : path;
}

using Osl.Security.Policies;
using Xunit;

namespace Osl.Tests.Unit.Policies;

/// <summary>What a rule may name: only what the system itself says of a file, or it would speak of none.</summary>
public sealed class PathSegmentsTests
{
    [Theory]
    [InlineData(@"C:\", true)]
    [InlineData(@"C:\Windows\System32\cmd.exe", true)]
    [InlineData(@"c:\a b\.c", true)]
    [InlineData("C:/Windows/System32/cmd.exe", false)]
    [InlineData(@"C:\Windows/System32", false)]
    [InlineData(@"C:\Windows\", false)]
    [InlineData(@"C:\Windows\..\x", false)]
    [InlineData(@"C:\cmd.exe.", false)]
    [InlineData(@"C:\cmd.exe ", false)]
    [InlineData(@"C:\x. \cmd.exe", false)]
    [InlineData(@"C:\cmd.exe::$DATA", false)]
    [InlineData(@"C:cmd.exe", false)]
    [InlineData(@"\cmd.exe", false)]
    [InlineData(@"\\server\share\cmd.exe", false)]
    [InlineData(@"\\?\C:\cmd.exe", false)]
    [InlineData(@"\\.\C:\cmd.exe", false)]
    [InlineData("/usr/bin/git", false)]
    public void On_windows_a_path_is_canonical_that_win32_reads_as_it_is_written(string path, bool isCanonical)
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "Windows only.");

        Assert.Equal(isCanonical, PathSegments.IsCanonical(path));
        Assert.Equal(isCanonical, PathSegments.AreEqual(path, path.ToUpperInvariant()));
    }

    [Theory]
    [InlineData("/", true)]
    [InlineData("/usr/bin/git", true)]
    [InlineData(@"/a\b/c: d.", true)]
    [InlineData("/usr/", false)]
    [InlineData("/usr//bin", false)]
    [InlineData("/usr/./bin", false)]
    [InlineData("/usr/../bin", false)]
    [InlineData("usr", false)]
    [InlineData("", false)]
    [InlineData("/a\0b", false)]
    public void On_unix_one_that_is_absolute_and_has_names_only(string path, bool isCanonical)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the paths are Unix's");

        Assert.Equal(isCanonical, PathSegments.IsCanonical(path));
        Assert.Equal(isCanonical, PathSegments.AreEqual(path, path));
    }
}

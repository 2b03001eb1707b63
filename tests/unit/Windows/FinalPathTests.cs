using Osl.Executors.Windows;

namespace Osl.Tests.Unit.Windows;

/// <summary>What the system answers when it is asked where a file lies.</summary>
public sealed class FinalPathTests
{
    [Theory]
    [InlineData(@"\\?\C:\Tools\tool.exe", @"C:\Tools\tool.exe")]
    [InlineData(@"C:\Tools\tool.exe", @"C:\Tools\tool.exe")]
    public void A_path_on_a_drive_loses_its_prefix(string final, string path) => Assert.Equal(path, ProgramResolver.OnDrive(final));

    [Theory]
    [InlineData(@"\\?\UNC\srv\share\x.exe")]
    [InlineData(@"\\?\Volume{4c1b02c1-d990-11dc-99ae-806e6f6e6963}\x.exe")]
    [InlineData(@"\\?\GLOBALROOT\Device\x.exe")]
    [InlineData(@"\\srv\share\x.exe")]
    [InlineData(@"\\?\C:\Tools\nul.exe")]
    [InlineData(@"\\?\C:")]
    [InlineData("")]
    public void What_lies_on_no_drive_is_no_path_of_a_program(string final) => Assert.Null(ProgramResolver.OnDrive(final));
}

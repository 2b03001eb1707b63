using Osl.Security.Policies;

namespace Osl.Tests.Unit.Policies;

public sealed class SafeVariablesTests
{
    [Theory]
    [InlineData("PATH")]
    [InlineData("HOME")]
    [InlineData("LANG")]
    [InlineData("LC_ALL")]
    public void A_safe_variable_is_admitted(string name) => Assert.True(SafeVariables.IsSafeInherited(name));

    /// <summary>Windows itself calls it Path, and there it is the same variable.</summary>
    [Theory]
    [InlineData("Path")]
    [InlineData("path")]
    [InlineData("Home")]
    [InlineData("Lang")]
    [InlineData("lc_all")]
    public void In_other_letters_it_is_another_variable_except_on_Windows(string name) =>
        Assert.Equal(OperatingSystem.IsWindows(), SafeVariables.IsSafeInherited(name));

    [Theory]
    [InlineData("tz", true)]
    [InlineData("Path", false)]
    public void What_the_operation_sets_is_compared_the_same_way(string name, bool onWindows) =>
        Assert.Equal(OperatingSystem.IsWindows() && onWindows, SafeVariables.IsSafeAsked(name));
}

using Osl.Interop.Files;
using Osl.Interop.Linux;
using Xunit;

namespace Osl.Tests.Unit.Registry;

public sealed class TrustedPathTests : IDisposable
{
    private const uint Nobody = 65534;

    // Below /tmp: root's and sticky, so everything here hangs on a sticky directory from the start.
    private readonly string _root;

    public TrustedPathTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only.");
        _root = Directory.CreateTempSubdirectory("osl-trust-").FullName;
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("a/b/file")]
    [InlineData("a/./b//file")]
    [InlineData("a/../a/b/file")]
    [InlineData("a/b")]
    [InlineData("a/b/..")]
    public void Private_files_and_directories_below_a_sticky_one_are_trusted(string path)
    {
        MakeFile();

        var trust = TrustedPath.Examine($"{_root}/{path}");

        Assert.True(trust.IsTrusted, trust.Describe());
        Assert.Equal(Libc.GetEuid(), trust.Owner);
    }

    [Fact]
    public void The_root_and_what_the_system_owns_are_trusted()
    {
        Assert.True(TrustedPath.Examine("/").IsTrusted);
        Assert.True(TrustedPath.Examine("/etc/passwd", Nobody).IsTrusted);
    }

    [Theory]
    [InlineData("a", 0x1f8)] // 0770
    [InlineData("a", 0x1ff)] // 0777
    [InlineData("a/b", 0x1f8)]
    [InlineData("a/b/file", 0x1b0)] // 0660
    [InlineData("a/b/file", 0x182)] // 0602
    public void A_component_that_others_may_write_is_refused(string component, int mode)
    {
        MakeFile();
        Native.Chmod($"{_root}/{component}", mode);

        var trust = TrustedPath.Examine($"{_root}/a/b/file");

        Assert.Equal((PathProblem.WritableByOthers, $"{_root}/{component}", mode), (trust.Problem, trust.Component, trust.Mode));
        Assert.Contains(Convert.ToString(mode, 8), trust.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void Sticky_excuses_a_directory_above_but_not_the_last_component()
    {
        MakeFile();
        Native.Chmod($"{_root}/a", 0x3ff); // 1777

        Assert.True(TrustedPath.Examine($"{_root}/a/b/file").IsTrusted);
        Assert.Equal(PathProblem.WritableByOthers, TrustedPath.Examine($"{_root}/a").Problem);
        Assert.Equal(PathProblem.WritableByOthers, TrustedPath.Examine($"{_root}/a/b/..").Problem);
        Assert.Equal(PathProblem.WritableByOthers, TrustedPath.Examine("/tmp").Problem);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a/b")]
    [InlineData("a/b/file")]
    public void A_component_of_a_foreign_owner_is_refused(string component)
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, "Needs root to give files away.");
        MakeFile();
        Native.Chown($"{_root}/{component}", Nobody);

        var trust = TrustedPath.Examine($"{_root}/a/b/file");

        Assert.Equal((PathProblem.ForeignOwner, $"{_root}/{component}", Nobody), (trust.Problem, trust.Component, trust.Owner));
        Assert.True(TrustedPath.Examine($"{_root}/a/b/file", Nobody).IsTrusted, "in its owner's own eyes it is trusted, as root's is");
    }

    [Fact]
    public void A_link_as_the_last_component_is_refused_wherever_it_leads()
    {
        MakeFile();
        File.CreateSymbolicLink($"{_root}/a/link", $"{_root}/a/b/file");

        Assert.Equal(PathProblem.Symlink, TrustedPath.Examine($"{_root}/a/link").Problem);
    }

    [Fact]
    public void A_link_on_the_way_is_followed_and_what_it_leads_through_must_hold()
    {
        MakeFile();
        Directory.CreateDirectory($"{_root}/open/inner");
        File.WriteAllText($"{_root}/open/inner/file", "");
        Native.Chmod($"{_root}/open/inner/file", 0x180);
        Native.Chmod($"{_root}/open", 0x1ff);
        Native.Chmod($"{_root}/open/inner", 0x1c0);
        File.CreateSymbolicLink($"{_root}/good", "a/b");
        File.CreateSymbolicLink($"{_root}/bad", $"{_root}/open/inner");

        Assert.True(TrustedPath.Examine($"{_root}/good/file").IsTrusted);
        // '..' is taken where the link leads, as the kernel does, not off the text.
        Assert.True(TrustedPath.Examine($"{_root}/good/../b/file").IsTrusted);
        var trust = TrustedPath.Examine($"{_root}/bad/file");
        Assert.Equal((PathProblem.WritableByOthers, $"{_root}/open"), (trust.Problem, trust.Component));
    }

    [Fact]
    public void A_foreign_link_on_the_way_is_refused_even_if_it_leads_to_a_trusted_place()
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, "Needs root to give files away.");
        MakeFile();
        File.CreateSymbolicLink($"{_root}/planted", "a");
        Native.Lchown($"{_root}/planted", Nobody);

        Assert.Equal((PathProblem.ForeignOwner, $"{_root}/planted"), Decided(TrustedPath.Examine($"{_root}/planted/b/file")));
    }

    [Fact]
    public void Links_in_a_circle_and_missing_components_are_answers()
    {
        File.CreateSymbolicLink($"{_root}/one", "two");
        File.CreateSymbolicLink($"{_root}/two", "one");

        Assert.Equal(PathProblem.Symlink, TrustedPath.Examine($"{_root}/one/file").Problem);
        Assert.Equal((PathProblem.Unreadable, $"{_root}/none"), Decided(TrustedPath.Examine($"{_root}/none/file")));
        Assert.Equal(Errno.ENOENT, TrustedPath.Examine($"{_root}/none").Error);
        Assert.Equal(PathProblem.Malformed, TrustedPath.Examine("").Problem);
        Assert.Equal(PathProblem.Malformed, TrustedPath.Examine("/tmp\0/x").Problem);
    }

    private static (PathProblem Problem, string Component) Decided(PathTrust trust) => (trust.Problem, trust.Component);

    private void MakeFile()
    {
        Directory.CreateDirectory($"{_root}/a/b");
        File.WriteAllText($"{_root}/a/b/file", "1");
        Native.Chmod($"{_root}/a", 0x1c0);
        Native.Chmod($"{_root}/a/b", 0x1c0);
        Native.Chmod($"{_root}/a/b/file", 0x180);
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;
using Osl.Executors.Registry;
using Osl.Interop.Files;
using Osl.Interop.Windows;
using Osl.Operations;
using Xunit;

namespace Osl.Tests.Unit.Registry;

/// <summary>What counts in an access list, on any system; and what Windows, or Wine, says of real directories.</summary>
[SuppressMessage("Interoperability", "CA1416", Justification = "The analyzer does not know that a skipped test ends.")]
public sealed class WindowsTrustTests : IDisposable
{
    private const string Us = "S-1-5-21-1-2-3-1001";
    private const string Users = "S-1-5-32-545";
    private static readonly HashSet<string> Trusted = new(StringComparer.Ordinal) { Us, "S-1-5-18" };

    private readonly string _root = Directory.CreateTempSubdirectory("osl-trust-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData((uint)FileRights.WriteData, false, true)]
    [InlineData((uint)FileRights.AppendData, false, true)]
    [InlineData((uint)FileRights.WriteAttributes, false, true)]
    [InlineData((uint)FileRights.WriteExtendedAttributes, false, true)]
    [InlineData((uint)FileRights.GenericWrite, false, true)]
    [InlineData((uint)FileRights.DeleteChild, true, true)]
    [InlineData((uint)FileRights.Delete, true, true)]
    [InlineData((uint)FileRights.ChangePermissions, true, true)]
    [InlineData((uint)FileRights.TakeOwnership, true, true)]
    [InlineData((uint)FileRights.GenericAll, true, true)]
    [InlineData(0x1200A9u, false, false)] // Read and execute.
    public void Adding_is_let_pass_above_and_nothing_at_the_end(uint bits, bool countsAbove, bool countsAtTheEnd)
    {
        var rights = (FileRights)bits;
        var list = List(new AccessGrant(Users, rights, InheritOnly: false));

        Assert.Equal(countsAbove ? Users : null, list.OtherWith(FileRights.ReplaceBelow, Trusted));
        Assert.Equal(countsAtTheEnd ? Users : null, list.OtherWith(FileRights.Change, Trusted));
        Assert.Equal(Users, list.OtherWith(rights: null, Trusted));
    }

    [Fact]
    public void Only_what_counts_for_the_thing_itself_and_for_others_is_judged()
    {
        Assert.Null(List(new AccessGrant(Users, FileRights.GenericAll, InheritOnly: true)).OtherWith(FileRights.Change, Trusted));
        Assert.Null(List(new AccessGrant(Us, FileRights.GenericAll, InheritOnly: false)).OtherWith(FileRights.Change, Trusted));
        Assert.Null(List(new AccessGrant("S-1-3-4", FileRights.GenericAll, InheritOnly: false)).OtherWith(FileRights.Change, Trusted));
        Assert.Equal("S-1-1-0", new FileAccessList(Us, null).OtherWith(FileRights.Change, Trusted));
    }

    [Fact]
    public void What_the_system_writes_of_a_drive_is_read_as_it_is_meant()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "Windows only.");
        // C:\ as it is installed: everybody signed in may make directories there, and change only what is made below.
        var drive = Parse("O:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)(A;OICIIO;SDGXGWGR;;;AU)(A;;LC;;;AU)");
        Assert.Null(drive.OtherWith(FileRights.ReplaceBelow, WindowsAccounts.Trusted));
        Assert.Equal("S-1-5-11", drive.OtherWith(FileRights.Change, WindowsAccounts.Trusted));
        Assert.True(WindowsTrustedPath.Judge(@"C:\", drive, WindowsAccounts.Trusted, isLast: false, isReparsePoint: false).IsTrusted);

        // A list that is not there allows everything; one that is empty, nothing.
        Assert.Null(Parse("O:SY").Grants);
        Assert.Empty(Parse("O:SYD:").Grants!);
        Assert.NotNull(Parse("O:SYD:(A;;SD;;;WD)").OtherWith(FileRights.ReplaceBelow, WindowsAccounts.Trusted));
        Assert.Equal(PathProblem.ForeignOwner, Judged("O:BUD:", isReparsePoint: false));
        Assert.Equal(PathProblem.Symlink, Judged("O:SYD:", isReparsePoint: true));
    }

    [Fact]
    public void Our_own_directory_is_trusted_until_others_may_change_it()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "Windows only.");
        var directory = Directory.CreateDirectory(Path.Combine(_root, "a", "b")).FullName;
        Assert.True(TrustedPath.Examine(directory) is { IsTrusted: true }, TrustedPath.Examine(directory).Describe());
        Assert.True(TrustedPath.Examine(Path.Combine(directory, "none", "below")).IsMissing);

        Grant(Path.Combine(_root, "a"), FileSystemRights.FullControl);

        var above = TrustedPath.Examine(directory);
        Assert.Equal((PathProblem.WritableByOthers, Path.Combine(_root, "a")), (above.Problem, above.Component));
        Assert.Contains("can be changed by", above.Describe(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(@"\\server\share\audit")]
    [InlineData(@"\\?\C:\users")]
    [InlineData(@"\\.\pipe\x")]
    [InlineData(@"Q:\audit")]
    public void What_is_no_drive_of_this_machine_is_refused(string path)
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "Windows only.");
        Assert.Equal(PathProblem.Remote, TrustedPath.Examine(path).Problem);
    }

    [Fact]
    public void A_stream_of_a_file_is_no_path()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "Windows only.");
        Assert.Equal(PathProblem.Malformed, TrustedPath.Examine(Path.Combine(_root, "file:stream")).Problem);
        Assert.Equal(PathProblem.Malformed, TrustedPath.Examine("").Problem);
    }

    [Fact]
    [Trait("Needs", "real-windows")]
    public void A_link_is_followed_above_and_refused_at_the_end()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "Windows only.");
        Assert.SkipWhen(Wine.IsHere, "Wine 8 makes no reparse points.");
        var directory = Directory.CreateDirectory(Path.Combine(_root, "real", "below")).FullName;
        var link = Path.Combine(_root, "link");
        Directory.CreateSymbolicLink(link, Path.GetDirectoryName(directory)!);

        Assert.Equal(PathProblem.Symlink, TrustedPath.Examine(link).Problem);
        Assert.True(TrustedPath.Examine(Path.Combine(link, "below")).IsTrusted);
        Grant(Path.Combine(_root, "real"), FileSystemRights.FullControl);
        Assert.Equal(PathProblem.WritableByOthers, TrustedPath.Examine(Path.Combine(link, "below")).Problem);
    }

    [Fact]
    public void A_registry_that_others_can_read_is_refused_and_one_that_is_made_is_private()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "Windows only.");
        var open = Directory.CreateDirectory(Path.Combine(_root, "open")).FullName;
        Grant(open, FileSystemRights.Read);
        var error = LaunchRegistry.Open(open, TimeProvider.System).AsT1;
        Assert.Equal("unsupported", error.Code);
        Assert.Contains("not ours alone", error.Message, StringComparison.Ordinal);

        var made = Path.Combine(_root, "made", "registry");
        Assert.Null(RegistrySystem.Current.Prepare(made));
        Assert.True(WindowsAccounts.IsOursAlone(Read(made)));
        Assert.Null(RegistrySystem.Current.Create(Path.Combine(made, "1-1.slots"), out var file));
        using (file)
        {
            Assert.Equal(0, FileSecurityReader.Read(file!, out var list));
            Assert.True(WindowsAccounts.IsOursAlone(list));
        }
    }

    [Fact]
    public void A_hosts_file_counts_as_alive_while_it_is_open_and_the_name_is_taken()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "Windows only.");
        var system = RegistrySystem.Current;
        var directory = Path.Combine(_root, "registry");
        Assert.Null(system.Prepare(directory));
        var path = Path.Combine(directory, "1-1.slots");
        Assert.Null(system.Create(path, out var host));
        Assert.Null(system.Create(path, out var second));
        Assert.Null(second);

        var alive = system.Open(path)!;
        using (alive.File)
        {
            Assert.False(alive.IsDead);
        }

        host!.Dispose();
        var dead = system.Open(path)!;
        Assert.True(dead.IsDead);
        // Nobody makes a host's file of a name that is being judged.
        Assert.Null(system.Create(path, out var third));
        Assert.Null(third);
        system.Remove(dead.File, path);
        dead.File.Dispose();
        Assert.False(File.Exists(path));
    }

    [SupportedOSPlatform("windows")]
    private static PathProblem Judged(string descriptor, bool isReparsePoint) =>
        WindowsTrustedPath.Judge(@"C:\x", Parse(descriptor), WindowsAccounts.Trusted, isLast: true, isReparsePoint).Problem;

    [SupportedOSPlatform("windows")]
    private static FileAccessList Parse(string descriptor) => FileSecurityReader.Parse(new RawSecurityDescriptor(descriptor));

    [SupportedOSPlatform("windows")]
    private static FileAccessList Read(string path)
    {
        using var handle = WindowsFile.Open(
            path,
            Kernel32.READ_CONTROL,
            WindowsFile.ShareAll,
            Kernel32.OPEN_EXISTING,
            security: null,
            out var error
        );
        Assert.Equal(0, error);
        Assert.Equal(0, FileSecurityReader.Read(handle!, out var list));
        return list;
    }

    [SupportedOSPlatform("windows")]
    private static void Grant(string directory, FileSystemRights rights)
    {
        var info = new DirectoryInfo(directory);
        var security = info.GetAccessControl();
        security.AddAccessRule(
            new FileSystemAccessRule(new SecurityIdentifier(WellKnownSidType.WorldSid, null), rights, AccessControlType.Allow)
        );
        info.SetAccessControl(security);
    }

    private static FileAccessList List(params AccessGrant[] grants) => new(Us, grants);
}

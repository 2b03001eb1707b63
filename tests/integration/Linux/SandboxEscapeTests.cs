using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Osl.Executors.Linux;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>Ways out of a sandbox that must fail; where a test could pass for nothing, the same way is gone without one.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SandboxEscapeTests : SandboxTest
{
    private const int SIGSYS = 31;

    /// <summary>Makes the calls it is given, each numbers with commas between, and prints their error numbers, or ok.</summary>
    private const string Calls =
        "for (@ARGV) { my @c = map { $_ + 0 } split /,/; my $r = syscall($c[0], @c[1 .. $#c]); print $r < 0 ? $! + 0 : 'ok', qq(\\n) }";

    private static readonly string HostPid = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    private SandboxConfig OpenOnly => Programs with { ReadPaths = [$"{Scratch}/open", "/proc"], WritePaths = [$"{Scratch}/open"] };

    [Theory]
    [InlineData("cat /proc/self/root/SCRATCH/closed/file")]
    [InlineData("cat SCRATCH/open/../closed/file")]
    [InlineData("cd SCRATCH/open && cat ../closed/file")]
    [InlineData("ln -s SCRATCH/closed/file SCRATCH/open/l && cat SCRATCH/open/l")]
    [InlineData("ln -s SCRATCH/closed SCRATCH/open/l && cat SCRATCH/open/l/file")]
    [InlineData("ln SCRATCH/closed/file SCRATCH/open/hard && cat SCRATCH/open/hard")]
    [InlineData("mv SCRATCH/closed/file SCRATCH/open/moved && cat SCRATCH/open/moved")]
    [InlineData("mv SCRATCH/closed SCRATCH/open/moved && cat SCRATCH/open/moved/file")]
    [InlineData("mount --bind SCRATCH/closed SCRATCH/open; cat SCRATCH/open/file")]
    [InlineData("mount -t tmpfs none SCRATCH/open; cat SCRATCH/closed/file")]
    [InlineData("unshare -Urm sh -c 'mount --bind SCRATCH/closed SCRATCH/open; cat SCRATCH/open/file'")]
    [InlineData("chroot SCRATCH /bin/cat /closed/file; cat SCRATCH/closed/file")]
    [InlineData("cat /proc/HOST/root/SCRATCH/closed/file")]
    [InlineData("cat /proc/HOST/cwd/SCRATCH/closed/file")]
    [InlineData("nsenter -t HOST -m cat SCRATCH/closed/file")]
    [InlineData("cp -r SCRATCH/closed SCRATCH/open/c; cat SCRATCH/open/c/file")]
    [InlineData("(exec 3< SCRATCH/closed/file; cat <&3)")]
    [InlineData("setsid sh -c 'cat SCRATCH/closed/file'; (cat SCRATCH/closed/file &) ; wait")]
    public async Task A_file_that_was_not_granted_is_not_read(string way)
    {
        var output = await ShellAsync(OpenOnly, $"{way.Replace("HOST", HostPid, StringComparison.Ordinal)}; echo over");

        Assert.Contains("over\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", output, StringComparison.Ordinal);
        Assert.Equal("secret\n", await File.ReadAllTextAsync($"{Scratch}/closed/file", Cancelled));
    }

    [Theory]
    [InlineData("echo x > SCRATCH/closed/file")]
    [InlineData("truncate -s 0 SCRATCH/closed/file")]
    [InlineData("rm -f SCRATCH/closed/file; rm -rf SCRATCH/closed")]
    [InlineData("echo x > SCRATCH/closed/new; mkdir SCRATCH/closed/d; ln -s x SCRATCH/closed/l; mkfifo SCRATCH/closed/p")]
    [InlineData("mv SCRATCH/open/file SCRATCH/closed/file; mv SCRATCH/open SCRATCH/closed/o")]
    [InlineData("ln SCRATCH/open/file SCRATCH/closed/hard")]
    [InlineData("mknod SCRATCH/open/null c 1 3; mknod SCRATCH/open/disk b 8 0")]
    public async Task What_may_not_be_written_stays_as_it_is(string way)
    {
        var output = await ShellAsync(OpenOnly, $"{way}; echo over");

        Assert.EndsWith("over\n", output, StringComparison.Ordinal);
        Assert.Equal("file", NamesIn("closed"));
        Assert.Equal("secret\n", await File.ReadAllTextAsync($"{Scratch}/closed/file", Cancelled));
        Assert.Equal("file", NamesIn("open"));
    }

    /// <summary>Files are not limited here, but for what is Osl's own.</summary>
    [Theory]
    [InlineData(
        "cat SCRATCH/state/audit/journal; cat /proc/self/root/SCRATCH/state/audit/journal; cat SCRATCH/open/../state/audit/journal"
    )]
    [InlineData("ln SCRATCH/state/audit/journal SCRATCH/open/hard; cat SCRATCH/open/hard")]
    [InlineData("ln -s SCRATCH/state/audit SCRATCH/open/link; cat SCRATCH/open/link/journal")]
    [InlineData("mv SCRATCH/state/audit/journal SCRATCH/open/moved; cat SCRATCH/open/moved")]
    [InlineData("mv SCRATCH/state SCRATCH/open/moved; cat SCRATCH/open/moved/audit/journal")]
    [InlineData("rm -rf SCRATCH/state; rm -f SCRATCH/policy.yaml")]
    [InlineData("echo journal > SCRATCH/policy.yaml; truncate -s 0 SCRATCH/state/audit/journal")]
    [InlineData("mkdir SCRATCH/not-yet; mkdir SCRATCH/not-yet/registry; ln -s SCRATCH/open SCRATCH/not-yet")]
    [InlineData("mount --bind SCRATCH/state/audit SCRATCH/open; cat SCRATCH/open/journal")]
    [InlineData("unshare -Urm sh -c 'mount --bind SCRATCH/state/audit SCRATCH/open; cat SCRATCH/open/journal'")]
    [InlineData("mv SCRATCH/open/file SCRATCH/policy.yaml; ln -f SCRATCH/open/file SCRATCH/policy.yaml")]
    public async Task What_is_osls_own_is_neither_read_nor_changed(string way)
    {
        var output = await ShellAsync(new SandboxConfig(), $"{way}; echo over");

        Assert.EndsWith("over\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("journal\n", output, StringComparison.Ordinal);
        Assert.Equal("journal\n", await File.ReadAllTextAsync($"{Scratch}/state/audit/journal", Cancelled));
        Assert.Equal("version: 1\n", await File.ReadAllTextAsync($"{Scratch}/policy.yaml", Cancelled));
        Assert.False(Path.Exists($"{Scratch}/not-yet"));
    }

    [Theory]
    [InlineData("environ")]
    [InlineData("mem")]
    [InlineData("maps")]
    [InlineData("fd/0")]
    [InlineData("auxv")]
    public async Task The_host_can_not_be_looked_into(string what)
    {
        var output = await ShellAsync(new SandboxConfig(), $"head -c 1 /proc/{HostPid}/{what} > /dev/null && echo seen; echo over");
        Assert.Contains("Permission denied", output, StringComparison.Ordinal);
        Assert.DoesNotContain("seen", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_host_can_not_be_traced_limited_or_robbed()
    {
        NeedsPerl();
        const int attach = 16;
        const int seize = 0x4206;
        const int cpuTime = 0;
        // A limit that nobody would notice, were it to be set all the same.
        var limit = $"{Number(302, 261)},{HostPid},{cpuTime},1";
        string[] calls =
        [
            $"{Number(101, 117)},{attach},{HostPid},0,0",
            $"{Number(101, 117)},{seize},{HostPid},0,0",
            limit,
            $"{Number(302, 261)},0,{cpuTime},0,0",
        ];
        Assert.Equal("1\n1\n1\nok\n", await PerlAsync(new SandboxConfig(), calls));

        var robbed = await RunAsync(
            new SandboxConfig { NoNetwork = true },
            "/usr/bin/perl",
            "-e",
            $"my $p = syscall(434, {HostPid}, 0); my $r = syscall(438, $p, 0, 0); print $r < 0 ? $! + 0 : 'ok'"
        );
        Assert.Equal("1", robbed);
    }

    [Fact]
    public async Task The_host_can_not_be_signalled()
    {
        Assert.SkipUnless(Libc.LandlockVersion() >= LandlockRuleset.ScopesAbi, "Needs Linux 6.12 (Landlock ABI 6).");
        var output = await ShellAsync(new SandboxConfig(), $"kill -0 {HostPid} && echo signalled; sleep 600 & kill $! && echo own; wait");
        Assert.EndsWith("own\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("signalled", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_network_nobody_gets_a_socket_of_any_kind()
    {
        NeedsPerl();
        var socket = Number(41, 198);
        var families = Enumerable.Range(0, 46).ToList();
        var output = await PerlAsync(new SandboxConfig { NoNetwork = true }, [.. families.Select(family => $"{socket},{family},1,0")]);
        Assert.Equal(string.Concat(Enumerable.Repeat("13\n", families.Count)), output);

        // With it, at least those of unix are there.
        Assert.Equal("ok\n", await PerlAsync(new SandboxConfig(), [$"{socket},1,1,0"]));
    }

    [Fact]
    public async Task Without_network_other_ways_to_it_are_closed()
    {
        NeedsPerl();
        var none = new SandboxConfig { NoNetwork = true };
        var pair = Number(53, 199);
        string[] calls =
        [
            // io_uring, which no filter sees into; keys, for which the system may ask the network.
            "425,1,0",
            "426,0,0",
            "427,0,0",
            $"{Number(249, 218)},0,0,0,0",
            $"{Number(308, 268)},0,0",
            // Datagrams could be sent to any address; pairs of other families.
            $"{pair},1,2,0,0",
            $"{pair},1,3,0,0",
            $"{pair},2,1,0,0",
        ];
        Assert.Equal("1\n1\n1\n1\n1\n13\n13\n13\n", await PerlAsync(none, calls));

        // Pairs of streams among one's own processes are left.
        var output = await RunAsync(
            none,
            "/usr/bin/perl",
            "-e",
            "socketpair(A, B, 1, 1, 0) && syswrite(A, 'through') && sysread(B, $x, 9) && print $x"
        );
        Assert.Equal("through", output);
    }

    [Fact]
    public async Task Without_network_a_shell_gets_no_connection()
    {
        Assert.SkipUnless(Missing("bash").Length == 0, Missing("bash"));
        using var listener = new TcpListener(global::System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((global::System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        string[] arguments = ["-c", $"echo hello > /dev/tcp/127.0.0.1/{port} && echo connected; echo over"];

        Assert.Contains("connected", await RunAsync(new SandboxConfig(), "bash", arguments), StringComparison.Ordinal);
        var output = await RunAsync(new SandboxConfig { NoNetwork = true }, "bash", arguments);
        Assert.DoesNotContain("connected", output, StringComparison.Ordinal);
        Assert.EndsWith("over\n", output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Without_network_root_is_in_a_network_of_its_own_too()
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, "A network namespace needs root.");
        var output = await ShellAsync(new SandboxConfig { NoNetwork = true }, "readlink /proc/self/ns/net; grep -c : /proc/net/dev");
        Assert.NotEqual(new FileInfo("/proc/self/ns/net").LinkTarget, Lines(output)[0], StringComparer.Ordinal);
        // lo alone.
        Assert.Equal("1", Lines(output)[1]);
    }

    [Fact]
    public async Task Abstract_sockets_of_others_are_out_of_reach()
    {
        NeedsPerl();
        Assert.SkipUnless(Libc.LandlockVersion() >= LandlockRuleset.ScopesAbi, "Needs Linux 6.12 (Landlock ABI 6).");
        var name = $"osl-test-{Guid.NewGuid():N}";
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint("\0" + name));
        listener.Listen();
        string[] arguments = ["-e", $"socket(S, 1, 1, 0) or die; print connect(S, pack('Sa*', 1, qq(\\0{name}))) ? 'in' : $! + 0"];

        var plain = Launch("/usr/bin/perl", arguments, output: StandardOutputConfig.Capture());
        Assert.Equal("in", (await plain.OutputEnded).Output.Text);
        Assert.Equal("1", await RunAsync(new SandboxConfig(), "/usr/bin/perl", arguments));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Set_uid_programs_gain_nothing()
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, "Only root can make a program of root's.");
        var program = $"{Scratch}/id";
        File.Copy("/usr/bin/id", program);
        File.SetUnixFileMode(program, (UnixFileMode)0x9ED);
        File.SetUnixFileMode(Scratch, (UnixFileMode)0x1ED);
        var nobody = new SpawnProcessOperation(program) { RunAs = new RunAs("nobody") };
        var plain = TryLaunch(program, output: StandardOutputConfig.Capture(), context: nobody).OrThrow();
        Assert.SkipUnless((await plain.OutputEnded).Output.Text.Contains("euid=0", StringComparison.Ordinal), "/tmp is mounted nosuid.");

        var held = TryRun(new SandboxConfig(), program, [], nobody).OrThrow();
        var output = (await held.OutputEnded).Output.Text;
        Assert.StartsWith("uid=65534", output, StringComparison.Ordinal);
        Assert.DoesNotContain("euid", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_by_the_numbers_of_x32_are_not_there()
    {
        NeedsPerl();
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "x32 is of x86-64.");
        const int x32 = 0x40000000;
        string[] calls = [$"{x32 + 41},2,1,0", $"{x32 + 39}", $"{x32 + 165},0,0,0,0,0"];
        Assert.Equal("38\n38\n38\n", await PerlAsync(new SandboxConfig { NoNetwork = true }, calls));
    }

    [Fact]
    public async Task A_call_by_the_32_bit_way_ends_the_program()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "int 0x80 is of x86.");
        var program = $"{Scratch}/open/program";
        await File.WriteAllBytesAsync(program, Program32Call(), Cancelled);
        File.SetUnixFileMode(program, (UnixFileMode)0x1ED);
        Assert.SkipUnless((await Launch(program).Exited).Status is { ExitCode: 7 }, "This kernel has no 32-bit calls.");

        var exit = await TryRun(new SandboxConfig(), program, []).OrThrow().Exited;
        Assert.Equal(SIGSYS, exit.Status!.Signal!.Value.Number);
    }

    [Fact]
    public async Task Nothing_is_typed_into_a_terminal()
    {
        NeedsPerl();
        const string script =
            "my $x = 'x'; print ioctl(STDIN, 0x5412, $x) ? 'typed' : 'errno ' . ($! + 0), qq(\\n); ioctl(STDIN, 0x541C, $x) or print 'errno ', $! + 0, qq(\\n)";
        var launched = TryRun(
                new SandboxConfig(),
                "/usr/bin/perl",
                ["-e", script],
                output: StandardOutputConfig.Terminal(null),
                input: StandardInputKind.Terminal
            )
            .OrThrow();
        using var reader = new StreamReader(launched.StandardOutput!);
        Assert.Equal("errno 1", await reader.ReadLineAsync(Cancelled));
        Assert.Equal("errno 1", await reader.ReadLineAsync(Cancelled));
    }

    [Fact]
    public async Task Each_class_is_refused_when_asked_for()
    {
        NeedsPerl();
        foreach (var callClass in SystemCallClasses.All)
        {
            var calls = RefusedCalls.Of(callClass).Select(number => number.ToString(CultureInfo.InvariantCulture)).ToArray();
            Assert.NotEmpty(calls);
            var output = await PerlAsync(new SandboxConfig { RefusedSystemCalls = [callClass] }, calls);
            Assert.Equal((callClass, string.Concat(Enumerable.Repeat("1\n", calls.Length))), (callClass, output));
        }

        // And not otherwise: arguments that no call takes, so that nothing happens.
        var others = await PerlAsync(
            new SandboxConfig(),
            [$"{Number(250, 219)},9999", "425,0,0", $"{Number(298, 241)},0", $"{Number(310, 270)},-1"]
        );
        Assert.DoesNotContain("1", Lines(others), StringComparer.Ordinal);
    }

    [Fact]
    public async Task Every_sandbox_refuses_what_could_undo_it()
    {
        NeedsPerl();
        var calls = SystemCallClasses
            .AlwaysRefused.SelectMany(RefusedCalls.Of)
            .Select(number => number.ToString(CultureInfo.InvariantCulture))
            .ToArray();
        Assert.Equal(string.Concat(Enumerable.Repeat("1\n", calls.Length)), await PerlAsync(new SandboxConfig(), calls));
    }

    [Fact]
    public async Task No_namespace_is_made_where_that_is_refused()
    {
        NeedsPerl();
        const int newUser = 0x10000000;
        const int endSignal = 17;
        var sandbox = new SandboxConfig { RefusedSystemCalls = [SystemCallClasses.Namespace] };
        string[] calls =
        [
            $"{Number(272, 97)},{newUser}",
            $"{Number(272, 97)},{0x40000000}",
            $"{Number(272, 97)},{0x80}",
            $"{Number(56, 220)},{newUser | endSignal},0,0,0,0",
            "435,0,0",
            $"{Number(272, 97)},0",
        ];
        Assert.Equal("1\n1\n1\n1\n38\nok\n", await PerlAsync(sandbox, calls));
        // Libraries fall back from clone3 to clone: children and threads are still to be had.
        Assert.Equal("child\n", await ShellAsync(sandbox, "sh -c 'echo child' & wait"));
    }

    [Fact]
    public async Task Whoever_is_started_in_it_is_in_it_too()
    {
        NeedsPerl();
        var call = $"{Number(41, 198)},2,1,0";
        var script = $"setsid perl -e \"$0\" {call}; sh -c 'exec perl -e \"$0\" {call}' \"$0\"";
        var output = await RunAsync(new SandboxConfig { NoNetwork = true }, "/bin/sh", "-c", script, Calls);
        Assert.Equal("13\n13\n", output);
    }

    private static void NeedsPerl() => Assert.SkipUnless(Missing("perl").Length == 0, Missing("perl"));

    private static int Number(int x64, int arm64) => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? arm64 : x64;

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private string NamesIn(string directory) =>
        string.Join(' ', Directory.EnumerateFileSystemEntries($"{Scratch}/{directory}").Select(Path.GetFileName));

    private Task<string> PerlAsync(SandboxConfig sandbox, string[] calls) => RunAsync(sandbox, "/usr/bin/perl", ["-e", Calls, .. calls]);

    /// <summary>A whole program: getpid by int 0x80, exit with 7 by syscall.</summary>
    private static byte[] Program32Call()
    {
        const int HeaderBytes = 64 + 56;
        const ulong Base = 0x400000;
        byte[] code = [.. (byte[])[0xB8, 20, 0, 0, 0, 0xCD, 0x80], .. (byte[])[0xBF, 7, 0, 0, 0, 0xB8, 60, 0, 0, 0, 0x0F, 0x05]];
        var file = new byte[HeaderBytes + code.Length];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(16), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(18), 62);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(20), 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(24), Base + HeaderBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(32), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(52), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(54), 56);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(56), 1);
        var segment = file.AsSpan(64);
        BinaryPrimitives.WriteUInt32LittleEndian(segment, 1);
        BinaryPrimitives.WriteUInt32LittleEndian(segment[4..], 5);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[16..], Base);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[24..], Base);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[32..], (ulong)file.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[40..], (ulong)file.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[48..], 0x1000);
        code.CopyTo(file.AsSpan(HeaderBytes));
        return file;
    }
}

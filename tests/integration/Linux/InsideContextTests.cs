using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Osl.Executors.Linux;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>Run one by one by <see cref="HostTests"/>, each in a process of its own: what launches with a context do to their host.</summary>
public sealed class InsideContextTests : LinuxExecutorTest
{
    internal const string RanVariable = "OSL_TEST_RAN";

    private const int Launches = 1000;
    private const int Threads = 4;

    private static readonly SpawnProcessOperation Plain = new("/bin/true");

    [Fact(Explicit = true)]
    public async Task A_thousand_launches()
    {
        // All threads that there will be have begun; the rest is what new threads are compared with.
        await Launch("/bin/true").Exited;
        var before = Host();
        var contexts = Contexts();
        var started = new int[contexts.Length + 1];
        await Task.WhenAll(
            Enumerable
                .Range(0, Threads)
                .Select(thread =>
                    Task.Factory.StartNew(
                        () =>
                        {
                            for (var i = thread; i < Launches; i += Threads)
                            {
                                var which = i % (contexts.Length + 1);
                                var context = which == contexts.Length ? null : contexts[which];
                                var launched = TryLaunch("/bin/true", context: context).OrThrow();
                                Assert.True(launched.Exited.GetAwaiter().GetResult().Status!.IsSuccess);
                                Interlocked.Increment(ref started[which]);
                            }
                        },
                        Cancelled,
                        TaskCreationOptions.LongRunning,
                        TaskScheduler.Default
                    )
                )
        );

        Assert.Equal(Launches, started.Sum());
        Assert.Equal(before, Host());
        Assert.Empty(Directory.EnumerateDirectories("/proc/self/task").SelectMany(Children));

        // Threads that the pool makes from now on are of the host too. A sandbox's rules for files are in no status: who has them
        // can't read this one.
        await Task.WhenAll(
            Enumerable
                .Range(0, 16)
                .Select(_ =>
                    Task.Run(() =>
                    {
                        Assert.Equal(before[0], Credentials("/proc/thread-self"));
                        Assert.NotEmpty(File.ReadAllText("/etc/passwd"));
                    })
                )
        );
        await File.WriteAllTextAsync(
            Environment.GetEnvironmentVariable(InsideHostTests.ReportVariable)!,
            nameof(A_thousand_launches),
            Cancelled
        );
    }

    [Fact(Explicit = true)]
    public async Task Without_capabilities()
    {
        Assert.Contains("CAP_SETUID", Refused(Plain with { RunAs = new RunAs("nobody") }), StringComparison.Ordinal);
        Assert.Contains("CAP_SETGID", Refused(Plain with { RunAs = new RunAs("root", "daemon") }), StringComparison.Ordinal);
        Assert.Contains("CAP_SYS_NICE", Refused(Plain with { Nice = -5 }), StringComparison.Ordinal);
        Assert.Contains("CAP_SETPCAP", Refused(Plain with { Privileges = new() { Capabilities = [] } }), StringComparison.Ordinal);
        Assert.Contains(
            "CAP_SETUID",
            Refused(Plain with { Privileges = new() { Capabilities = ["CAP_SETUID"] } }),
            StringComparison.Ordinal
        );
        Assert.Equal(0, Registry.Open);

        // What gains nothing needs nothing.
        var nothing = Plain with
        {
            Privileges = new() { Capabilities = [], NoNewPrivileges = true },
        };
        Assert.True(TryLaunch("/bin/true", context: nothing).IsT0);
        await File.WriteAllTextAsync(
            Environment.GetEnvironmentVariable(InsideHostTests.ReportVariable)!,
            nameof(Without_capabilities),
            Cancelled
        );
    }

    /// <summary>With a low limit of descriptors: none is left at the first look for a shell.</summary>
    [Fact(Explicit = true)]
    public void A_shell_looked_for_without_descriptors()
    {
        // What the runtime loads for this is loaded.
        Assert.False(ShellProbe.Fits("/no/such/shell"));
        Assert.Equal(0, Descriptor.Pipe(out var reader, out var writer));
        Assert.Equal((0, 0), (Libc.Close(reader), Libc.Close(writer)));
        List<SafeFileHandle> all = [];
        try
        {
            Fill(all);
            Assert.Null(ShellProbe.Shell);
        }
        finally
        {
            all.ForEach(file => file.Dispose());
        }

        Assert.NotNull(ShellProbe.Shell);
        File.WriteAllText(
            Environment.GetEnvironmentVariable(InsideHostTests.ReportVariable)!,
            nameof(A_shell_looked_for_without_descriptors)
        );
    }

    private static void Fill(List<SafeFileHandle> all)
    {
        try
        {
            while (true)
            {
                all.Add(File.OpenHandle("/dev/null"));
            }
        }
        catch (IOException)
        {
            // None is left.
        }
    }

    /// <summary>Holds a child and waits to be killed. What is reported is the child's pid.</summary>
    [Fact(Explicit = true)]
    public void Held_by_seccomp() => Hold(new SeccompGate());

    [Fact(Explicit = true)]
    public void Held_by_a_lease() => Hold(new LeaseGate());

    [Fact(Explicit = true)]
    public void Held_by_a_shell() => Hold(new ShellGate("/usr/bin/touch", interpreter: null, arguments: 2, []));

    private static unsafe void Hold(Gate gate)
    {
        using var program = new RawProgram { Progress = Libc.Eventfd(0, Libc.EFD_CLOEXEC) };
        var actionSpace = stackalloc byte[Libc.PosixSpawnActionsSize];
        var attributeSpace = stackalloc byte[Libc.PosixSpawnAttributesSize];
        var path = (byte*)program.Text("/usr/bin/touch");
        var argv = (byte**)program.Memory(3 * sizeof(nint));
        argv[0] = path;
        argv[1] = (byte*)program.Text(Environment.GetEnvironmentVariable(RanVariable)!);
        var spawn = new SpawnActions(actionSpace, attributeSpace);
        spawn.SetAttributes(newSession: true, setGroup: false, pgid: 0, keptIgnored: 0);
        var first = 3;
        Assert.Equal(0, gate.Arm(ref spawn, ref first));
        spawn.CloseTheRest(first);
        gate.AddWait(ref spawn);
        if (gate is SeccompGate)
        {
            program.Add(0, SyscallNumber.Prctl, Libc.PR_SET_NO_NEW_PRIVS, 1);
        }

        var envp = (byte**)program.Memory(sizeof(nint));
        gate.Wrap(program, ref path, ref argv, ref envp);
        gate.Write(program, path, argv);
        program.AddSpawn(path, actionSpace, attributeSpace, argv, envp);
        Assert.NotNull(program.TryStart());
        var pid = gate.AwaitHeld(program);
        File.WriteAllText(
            Environment.GetEnvironmentVariable(InsideHostTests.ReportVariable)!,
            pid.ToString(CultureInfo.InvariantCulture) + "\n"
        );
        // Until it is killed.
        using var never = new ManualResetEventSlim();
        never.Wait(Cancelled);
    }

    private string Refused(SpawnProcessOperation context) =>
        Assert.IsType<PermissionRefused>(TryLaunch("/bin/true", context: context).AsT1).Message;

    private static SpawnProcessOperation[] Contexts()
    {
        SpawnProcessOperation[] everybodys =
        [
            Plain with
            {
                Umask = 0x1FF,
                Nice = 19,
            },
            Plain with
            {
                Privileges = new() { NoNewPrivileges = true },
                Limits = new() { OpenFiles = 32 },
            },
            Plain with
            {
                CpuAffinity = [0],
                IoPriority = new() { Class = IoPriorityClass.Idle },
                Limits = new() { CoreDumpBytes = 0 },
            },
        ];
        SpawnProcessOperation[] sandboxes = LinuxSandbox.Refusal() is not null
            ? []
            :
            [
                Plain with
                {
                    Sandbox = new() { NoNetwork = true, RefusedSystemCalls = ["namespace"] },
                },
                Plain with
                {
                    Sandbox = new() { ExecutePaths = ["/usr", "/bin", "/lib"] },
                    Limits = new() { OpenFiles = 48 },
                },
            ];
        return Libc.GetEuid() != 0
            ? [.. everybodys, .. sandboxes]
            :
            [
                .. everybodys,
                .. sandboxes,
                Plain with
                {
                    RunAs = new RunAs("nobody"),
                },
                Plain with
                {
                    RunAs = new RunAs("12345", "12345") { SupplementaryGroups = ["1"] },
                    Umask = 0,
                    Limits = new() { OpenFiles = 40 },
                },
                Plain with
                {
                    Privileges = new() { Capabilities = [], NoNewPrivileges = true },
                },
            ];
    }

    /// <summary>Credentials, once for each kind that a thread has, mask, directory, limits, and whether it may be traced.</summary>
    private static List<string> Host()
    {
        var threads = Directory.EnumerateDirectories("/proc/self/task").Select(Credentials).Where(text => text.Length > 0);
        return
        [
            .. threads.Distinct(StringComparer.Ordinal),
            Libc.Prctl(Libc.PR_GET_DUMPABLE, 0, 0, 0, 0).ToString(CultureInfo.InvariantCulture),
            File.ReadAllText("/proc/self/limits"),
            Environment.CurrentDirectory,
        ];
    }

    /// <summary>Empty for a thread that has ended meanwhile.</summary>
    private static string Credentials(string thread)
    {
        string[] names = ["Umask", "Uid", "Gid", "Groups", "Cap", "NoNewPrivs", "Seccomp", "Cpus_allowed_list", "NStgid"];
        try
        {
            var nice = File.ReadAllText($"{thread}/stat");
            var lines = File.ReadLines($"{thread}/status")
                .Where(line => names.Any(name => line.StartsWith(name, StringComparison.Ordinal)));
            return string.Join('\n', lines) + "\nnice " + nice[(nice.LastIndexOf(')') + 2)..].Split(' ')[16];
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static IEnumerable<string> Children(string thread)
    {
        try
        {
            return File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            return [];
        }
    }
}

using System.Runtime.Versioning;
using System.Security.Cryptography;
using Osl.Hosting;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Osl.Security.Policies;
using Osl.Testing;

namespace Osl.Tests.Integration.Hosting;

/// <summary>What was judged is what runs (knowledge/judged-is-run.md), through the whole pipeline, while somebody flips links.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class JudgedIsRunTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("osl-judged-").FullName;
    private readonly CollectingJournal _journal = new();

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    private string Good => Path.Join(_directory, "good", "tool");

    private string Evil => Path.Join(_directory, "evil", "tool");

    private string Link => Path.Join(_directory, "tool");

    public ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "By descriptor on Linux only.");
        Directory.CreateDirectory(Path.GetDirectoryName(Good)!);
        Directory.CreateDirectory(Path.GetDirectoryName(Evil)!);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Ten_thousand_starts_while_the_link_flips_run_what_was_judged()
    {
        File.Copy(RealPath("/bin/true"), Good);
        File.Copy(RealPath("/bin/false"), Evil);

        await StartWhileFlippingAsync(10_000, Allow(Good), Link, LinkFlip);
    }

    [Fact]
    public async Task While_the_file_itself_is_exchanged_the_judged_one_runs()
    {
        File.Copy(RealPath("/bin/true"), Good);
        File.Copy(RealPath("/bin/false"), Evil);
        var digest = DigestOf(Good);

        // The same path all the time: only the open file tells the two apart.
        await StartWhileFlippingAsync(3_000, Allow(Good, digest), Good, () => new Flip(_ => Exchange(Good, Evil)));
    }

    [Fact]
    public async Task A_script_that_a_rule_names_is_the_one_that_was_judged()
    {
        Script(Good, "#!/bin/sh\nexit 0\n");
        Script(Evil, "#!/bin/sh\nexit 1\n");

        await StartWhileFlippingAsync(1_000, Allow(Good), Link, LinkFlip);
    }

    [Fact]
    public async Task Where_it_runs_is_the_directory_that_was_judged()
    {
        var policy = new PolicyBuilder()
            .Allow(
                "here",
                r =>
                    r with
                    {
                        Actions = ["process.start"],
                        Executable = ExecutableCondition.Anything,
                        Arguments = ArgumentPattern.Anything,
                        WorkingDirectory = new PathCondition { Is = [Path.GetDirectoryName(Good)!] },
                    }
            )
            .Compile()
            .AsT0;
        await using var host = CreateHost(policy);
        File.CreateSymbolicLink(Link, Path.GetDirectoryName(Good)!);
        using var flipping = new Flip(turn => Lead(Link, Path.GetDirectoryName(turn % 2 == 0 ? Evil : Good)!));
        var ran = 0;
        var denied = 0;
        // Until both have happened, however the threads come to run.
        while (ran + denied < 1_000 || ran < 20 || denied < 20)
        {
            Assert.True(ran + denied < 100_000, $"{ran} ran, {denied} were denied");
            var outcome = await host.ExecuteAsync(
                new RunProcessOperation("/bin/sh", ["-c", "pwd -P"]) with
                {
                    Spawn = new RunProcessOperation("/bin/sh", ["-c", "pwd -P"]).Spawn with { WorkingDirectory = Link },
                },
                OperationContext.Current,
                Test
            );
            if (outcome.TryPickT0(out var result, out var error))
            {
                ran++;
                Assert.Equal(Path.GetDirectoryName(Good) + "\n", result.StandardOutput.Text);
            }
            else
            {
                denied++;
                Assert.IsType<Denied>(error);
            }
        }
    }

    [Fact]
    public async Task A_program_keeps_its_name_and_its_arguments_and_does_not_find_itself_open()
    {
        await using var host = CreateHost(null);

        var told = await host.RunAsync("/bin/sh", ["-c", "cat /proc/$$/comm; echo $0; [ -e /proc/$$/fd/3 ] && echo open", "zero"], Test)
            .OrThrow();

        Assert.Equal("sh\nzero\n", told.StandardOutput.Text);
        Assert.Equal("sh", (await host.RunAsync("sh", ["-c", "printf %s $0"], Test).OrThrow()).StandardOutput.Text);
    }

    [Fact]
    public async Task Without_its_links_a_program_runs_all_the_same()
    {
        await using var host = CreateHost(null);
        Assert.Equal(0, (await host.RunAsync("/bin/true", [], Test).OrThrow()).ExitStatus.ExitCode);
        Directory.Delete(Path.Join(_directory, "registry", "names"), recursive: true);

        Assert.Equal(0, (await host.RunAsync("/bin/true", [], Test).OrThrow()).ExitStatus.ExitCode);
    }

    [Fact]
    public async Task A_link_of_somebody_elses_is_not_used()
    {
        var names = Path.Join(_directory, "registry", "names");
        Directory.CreateDirectory(names);
        File.SetUnixFileMode(Path.Join(_directory, "registry"), (UnixFileMode)0x1c0);
        File.SetUnixFileMode(names, (UnixFileMode)0x1ff);
        File.CreateSymbolicLink(Path.Join(names, "true"), "/bin/false");
        await using var host = CreateHost(null);

        Assert.Equal(0, (await host.RunAsync("/bin/true", [], Test).OrThrow()).ExitStatus.ExitCode);
    }

    [Fact]
    public async Task A_script_is_called_by_the_path_it_was_found_at_unless_a_rule_names_it()
    {
        Script(Good, "#!/bin/sh\nprintf %s \"$0\"\n");
        File.CreateSymbolicLink(Link, Good);
        await using var free = CreateHost(null);
        await using var named = CreateHost(Allow(Good));

        Assert.Equal(Link, (await free.RunAsync(Link, [], Test).OrThrow()).StandardOutput.Text);
        Assert.Equal(Good, (await named.RunAsync(Link, [], Test).OrThrow()).StandardOutput.Text);
    }

    [Fact]
    public async Task A_digest_counts_and_so_does_who_may_write()
    {
        File.Copy(RealPath("/bin/true"), Good);
        var digest = DigestOf(Good);
        var policy = Allow(Good, digest);
        await using var host = CreateHost(policy);

        Assert.True((await host.RunAsync(Good, [], Test)).IsT0);
        Assert.Equal(digest, Assert.Single(_journal.Records, record => record.Type == AuditRecordType.Intent).Executable!.Sha256);
        File.SetUnixFileMode(Good, (UnixFileMode)0x1ff);
        Assert.IsType<Denied>((await host.RunAsync(Good, [], Test)).AsT1);
        File.Delete(Good);
        File.Copy(RealPath("/bin/false"), Good);
        Assert.IsType<Denied>((await host.RunAsync(Good, [], Test)).AsT1);
    }

    private async Task StartWhileFlippingAsync(int count, IPolicy policy, string program, Func<Flip> flip)
    {
        await using var host = CreateHost(policy);
        File.CreateSymbolicLink(Link, Good);
        using var flipping = flip();
        var ran = 0;
        var denied = 0;
        // Until both have happened often enough, however the threads come to run.
        for (var round = 0; round == 0 || ((ran < 20 || denied < 20) && round < 20); round++)
        {
            await Parallel.ForAsync(
                0,
                count,
                new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Test },
                async (_, token) =>
                {
                    var outcome = await host.RunAsync(program, [], token);
                    if (outcome.TryPickT0(out var result, out var error))
                    {
                        Interlocked.Increment(ref ran);
                        Assert.Equal(0, result.ExitStatus.ExitCode);
                    }
                    else
                    {
                        Interlocked.Increment(ref denied);
                        Assert.IsType<Denied>(error);
                    }
                }
            );
        }

        Assert.True(ran + denied >= count && ran >= 20 && denied >= 20, $"{ran} ran, {denied} were denied");
        Assert.All(
            _journal.Records.Where(record => record.Type == AuditRecordType.Intent),
            record => Assert.Equal(Good, record.Executable!.CanonicalPath)
        );
    }

    private Flip LinkFlip() => new(turn => Lead(Link, turn % 2 == 0 ? Evil : Good));

    // Not File.Move, which looks where a link leads.
    private static void Lead(string link, string target)
    {
        File.CreateSymbolicLink(link + ".next", target);
        _ = Libc.RenameAt2(Libc.AT_FDCWD, link + ".next", Libc.AT_FDCWD, link, 0);
    }

    private static void Exchange(string first, string second)
    {
        const uint RENAME_EXCHANGE = 2;
        _ = Libc.RenameAt2(Libc.AT_FDCWD, first, Libc.AT_FDCWD, second, RENAME_EXCHANGE);
    }

    private static string DigestOf(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));

    private OslHost CreateHost(IPolicy? policy) =>
        OslHost.Create(options =>
        {
            options.UseJournal(_journal).UseRegistryDirectory(Path.Join(_directory, "registry"));
            if (policy is not null)
            {
                options.UsePolicy(policy);
            }
        });

    private static CompiledPolicy Allow(string path, string? sha256 = null) =>
        new PolicyBuilder()
            .Allow(
                "tool",
                r =>
                    r with
                    {
                        Actions = ["process.start"],
                        Executable = new ExecutableCondition { Paths = [path], Sha256 = sha256 },
                        Arguments = ArgumentPattern.None,
                    }
            )
            .Compile()
            .AsT0;

    private static string RealPath(string path) => new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;

    private static void Script(string path, string text)
    {
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>A thread that changes something all the time.</summary>
    private sealed class Flip : IDisposable
    {
        private readonly Thread _thread;
        private volatile bool _done;

        internal Flip(Action<int> change)
        {
            _thread = new Thread(() =>
            {
                for (var turn = 0; !_done; turn++)
                {
                    change(turn);
                }
            });
            _thread.Start();
        }

        public void Dispose()
        {
            _done = true;
            _thread.Join();
        }
    }
}

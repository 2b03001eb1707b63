using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Security.Audit;
using Xunit;

namespace Osl.Tests.Integration.Audit;

[SupportedOSPlatform("linux")]
public sealed class JournalProcessesTests : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("osl-journal-").FullName;

    private string Dir => Path.Combine(_root, "audit");

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_root, recursive: true);
        return default;
    }

    [Fact]
    public async Task Forty_processes_append_at_once_and_make_one_log()
    {
        var writers = Enumerable.Range(0, 40).Select(i => Writer.Start(Dir, 30, $"w{i}")).ToArray();
        foreach (var writer in writers)
        {
            await writer.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, writer.Process.ExitCode);
        }

        var acknowledged = await Collect(writers);
        Assert.Equal(40 * 30, acknowledged.Count);
        AssertInLogOnce(acknowledged);
        Assert.Equal(40 * 30, JournalVerifier.Verify(Dir).Records);
    }

    [Fact]
    public async Task Killed_at_random_they_lose_nothing_that_was_acknowledged()
    {
        // Small segments, so that kills fall into rotations too. When each is killed depends on what it has printed: no clock.
        var random = new Random(4711);
        var acknowledged = new List<string>();
        for (var round = 0; round < 4; round++)
        {
            var writers = Enumerable.Range(0, 8).Select(i => Writer.Start(Dir, 100_000, $"r{round}w{i}", 32 * 1024)).ToArray();
            await Task.WhenAll(writers.Select(writer => writer.KillAfter(random.Next(1, 60))));
            acknowledged.AddRange(await Collect(writers));
            // Whole while nobody writes, whatever is torn at the end.
            Assert.NotEqual(JournalVerdict.Damaged, JournalVerifier.Verify(Dir).Verdict);
        }

        var last = Writer.Start(Dir, 10, "last", 32 * 1024);
        await last.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        acknowledged.AddRange(await Collect([last]));

        Assert.True(acknowledged.Count > 100);
        AssertInLogOnce(acknowledged);
    }

    [Fact]
    public async Task A_reader_and_a_verifier_keep_up_with_writers()
    {
        var writers = Enumerable.Range(0, 3).Select(i => Writer.Start(Dir, 400, $"w{i}", 32 * 1024)).ToArray();
        var reader = new AuditReader(Dir);
        var seen = 0L;
        while (seen < 3 * 400 && !writers.All(writer => writer.Process.HasExited && seen >= 3 * 400))
        {
            foreach (var entry in reader.Read(new() { From = seen }))
            {
                // A frame that is being written may be looked at half-way; what is wrong in the middle may not be.
                if (entry.Problem is { } problem)
                {
                    Assert.Equal(JournalFindingKind.TornTail, problem.Kind);
                    break;
                }

                Assert.Equal(seen++, entry.Index);
            }

            var verification = JournalVerifier.Verify(Dir);
            Assert.True(verification.Verdict is not JournalVerdict.Damaged, string.Join('\n', verification.Findings));
        }

        AssertInLogOnce(await Collect(writers));
    }

    [Fact]
    public void A_directory_that_is_a_symlink_is_refused()
    {
        Directory.CreateDirectory(Dir);
        var link = Path.Combine(_root, "link");
        Directory.CreateSymbolicLink(link, Dir);

        Assert.Contains("symbolic link", Refusal(link), StringComparison.Ordinal);
        Assert.Contains("symbolic link", Refusal(link + "/"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_directory_that_others_can_write_is_refused(UnixFileMode extra)
    {
        Directory.CreateDirectory(Dir);
        File.SetUnixFileMode(Dir, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | extra);

        Assert.Contains("writable by group or others", Refusal(Dir), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_directory_below_one_that_others_can_write_is_refused_and_not_made(bool isThere)
    {
        var shared = Directory.CreateDirectory(Path.Combine(_root, "shared"), Mode(0x1FD)).FullName; // 0775
        File.SetUnixFileMode(shared, Mode(0x1FD)); // Without the umask.
        var ours = Path.Combine(shared, "mine", "audit");
        if (isThere)
        {
            Directory.CreateDirectory(ours, Mode(0x1C0));
        }

        var refusal = Refusal(ours);

        Assert.Contains($"'{shared}' is writable by group or others (mode 0775)", refusal, StringComparison.Ordinal);
        Assert.Contains("chmod go-w", refusal, StringComparison.Ordinal);
        Assert.Equal(isThere, Directory.Exists(ours));
    }

    [Fact]
    public async Task A_directory_below_a_sticky_one_is_fine()
    {
        var sticky = Directory.CreateDirectory(Path.Combine(_root, "sticky")).FullName;
        File.SetUnixFileMode(sticky, Mode(0x3FF)); // 1777

        await using var journal = AuditJournal.Open(Path.Combine(sticky, "audit")).OrThrow();
    }

    [Fact]
    public void A_file_in_place_of_the_directory_is_refused()
    {
        File.WriteAllText(Dir, "");

        Assert.Contains("no directory", Refusal(Dir), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task A_directory_of_somebody_else_is_refused()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        Directory.CreateDirectory(Dir);
        await Tool("chown", "65534", Dir);

        Assert.Contains("belongs to uid 65534", Refusal(Dir), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Directory_and_files_are_the_owners_alone()
    {
        await using (var journal = AuditJournal.Open(Dir).OrThrow())
        {
            await journal.AppendAsync(new() { Reason = "x" }, AuditGuarantee.Durable).OrThrow();
        }

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Dir));
        Assert.All(
            Directory.GetFiles(Dir),
            file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file))
        );
    }

    [Fact]
    public async Task A_lock_file_that_is_a_symlink_is_refused()
    {
        var target = Path.Combine(_root, "target");
        await File.WriteAllTextAsync(target, "precious", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Dir, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(Path.Combine(Dir, "LOCK"), target);

        Assert.Contains("ELOOP", Refusal(Dir), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task On_a_full_disk_appends_are_refused_and_go_on_by_themselves_when_there_is_room()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        var mount = Directory.CreateDirectory(Path.Combine(_root, "disk")).FullName;
        await Tool("mount", "-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs", mount);
        try
        {
            var directory = Path.Combine(mount, "audit");
            var written = new List<long>();
            await using (var journal = AuditJournal.Open(directory, new() { SegmentSize = 64 * 1024, ZeroAhead = 16 * 1024 }).OrThrow())
            {
                var reason = new string('x', 500);
                AuditUnavailable? refusal = null;
                for (var i = 0; refusal is null && i < 2000; i++)
                {
                    var outcome = await journal.AppendAsync(new() { Reason = reason }, (AuditGuarantee)(i % 2));
                    refusal = outcome.TryPickT0(out var receipt, out var error) ? null : Assert.IsType<AuditUnavailable>(error);
                    written.Add(receipt?.Index ?? -1);
                }

                Assert.NotNull(refusal);
                written.RemoveAt(written.Count - 1);
                Assert.True((await journal.AppendAsync(new() { Reason = reason }, AuditGuarantee.BestEffort)).IsT1);

                await Tool("mount", "-o", "remount,size=2m", mount);
                // The gap stands before it.
                Assert.Equal(
                    written.Count + 1,
                    (await journal.AppendAsync(new() { Reason = "after" }, AuditGuarantee.Durable).OrThrow()).Index
                );
            }

            Assert.Equal(Enumerable.Range(0, written.Count).Select(i => (long)i), written);
            var entries = new AuditReader(directory).Read().ToArray();
            Assert.Equal(AuditRecordType.Gap, entries[^2].Record!.Type);
            Assert.Equal(JournalVerdict.Clean, JournalVerifier.Verify(directory).Verdict);
        }
        finally
        {
            await Tool("umount", mount);
        }
    }

    private void AssertInLogOnce(List<string> acknowledged)
    {
        var verification = JournalVerifier.Verify(Dir);
        Assert.True(verification.Verdict is JournalVerdict.Clean, string.Join('\n', verification.Findings));
        var entries = new AuditReader(Dir).Read().ToArray();
        Assert.All(entries, entry => Assert.Null(entry.Problem));
        var reasons = entries.Select(entry => entry.Record!.Reason!).ToArray();
        Assert.Equal(reasons.Length, reasons.Distinct(StringComparer.Ordinal).Count());
        var logged = entries.Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Index} {entry.Record!.Reason}"));
        Assert.Empty(acknowledged.Except(logged, StringComparer.Ordinal));
    }

    private static UnixFileMode Mode(int bits) => (UnixFileMode)bits;

    private static string Refusal(string directory) => Assert.IsType<AuditUnavailable>(AuditJournal.Open(directory).AsT1).Because;

    private static async Task<List<string>> Collect(IEnumerable<Writer> writers)
    {
        var lines = new List<string>();
        foreach (var writer in writers)
        {
            lines.AddRange(await writer.Lines);
            writer.Process.Dispose();
        }

        return lines;
    }

    private static async Task Tool(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>A journalwriter and the whole lines it has printed.</summary>
    private sealed class Writer
    {
        private readonly TaskCompletionSource _enough = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _wanted = int.MaxValue;
        private int _printed;

        private Writer(Process process)
        {
            Process = process;
            Lines = Task.Run(ReadAsync);
        }

        public Process Process { get; }

        public Task<List<string>> Lines { get; }

        public static Writer Start(string directory, int count, string tag, int segmentSize = 16 * 1024 * 1024)
        {
            var output = new DirectoryInfo(AppContext.BaseDirectory);
            var program = Path.Combine(
                output.Parent!.Parent!.Parent!.Parent!.FullName,
                "JournalWriter",
                "bin",
                output.Parent.Name,
                output.Name,
                "journalwriter"
            );
            var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, UseShellExecute = false };
            foreach (var argument in new[] { directory, $"{count}", tag, $"{segmentSize}" })
            {
                start.ArgumentList.Add(argument);
            }

            return new Writer(Process.Start(start)!);
        }

        public async Task KillAfter(int lines)
        {
            Volatile.Write(ref _wanted, lines);
            if (Volatile.Read(ref _printed) < lines)
            {
                await _enough.Task;
            }

            Process.Kill();
            await Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        private async Task<List<string>> ReadAsync()
        {
            var lines = new List<string>();
            while (await Process.StandardOutput.ReadLineAsync() is { } line)
            {
                lines.Add(line);
                Interlocked.Increment(ref _printed);
                if (_printed >= Volatile.Read(ref _wanted))
                {
                    _enough.TrySetResult();
                }
            }

            // Only lines that were ended are acknowledgements: a kill may cut one off. It is written by one write, so it never was.
            _enough.TrySetResult();
            return lines;
        }
    }
}

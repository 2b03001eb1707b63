using Osl.Hosting.Managing;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Hosting;

/// <summary>What a manager leaves written for the next one.</summary>
public sealed class ManagerMemoryTests : IDisposable
{
    private static readonly SpawnProcessOperation Spawn = new("/bin/web");

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("osl-memory-");
    private readonly FakeExecutor _system = new();

    private string File => Path.Combine(_directory.FullName, "state.json");

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_start_of_unknown_effect_is_not_covered_by_the_next_one()
    {
        var executor = Executor();
        _system.Enqueue<SpawnProcessOperation, SpawnProcessResult>(
            new OperationFailed("lost", "It is not known.", "Look.") { Effect = OperationEffect.Unknown }
        );
        _system.Enqueue<SpawnProcessOperation, SpawnProcessResult>(Started(7));
        await executor.ExecuteAsync(Spawn, OperationContext.Current, Test);
        Assert.Equal([("web", null)], Left());
        await executor.ExecuteAsync(Spawn, OperationContext.Current, Test);
        Assert.Equal([("web", 7), ("web", null)], Left());
    }

    [Fact]
    public async Task What_was_never_started_is_forgotten_and_what_threw_is_not()
    {
        var executor = Executor();
        _system.Enqueue<SpawnProcessOperation, SpawnProcessResult>(new Denied("rule", "no.", "Ask."));
        await executor.ExecuteAsync(Spawn, OperationContext.Current, Test);
        Assert.Empty(Left());
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await executor.ExecuteAsync(Spawn, OperationContext.Current, cancelled.Token)
        );
        Assert.Empty(Left());
        _system.Answer<SpawnProcessOperation, SpawnProcessResult>((_, _) => throw new InvalidOperationException("boom"));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await executor.ExecuteAsync(Spawn, OperationContext.Current, Test));
        Assert.Equal([("web", null)], Left());
    }

    [Fact]
    public void Survivors_are_not_covered_by_the_next_start()
    {
        var memory = new ManagerMemory(File);
        var first = new ProcessRef(7, 7, "boot", 0);
        memory.Set(new Remembered("web", first, null));
        memory.SetApart("web", first);
        memory.Set(new Remembered("web", null, null));
        memory.Set(new Remembered("web", new ProcessRef(8, 8, "boot", 0), null));
        Assert.Equal([("web", 8), ("web", 7)], Left());
    }

    [Fact]
    public void What_is_no_regular_file_is_an_error_and_nobody_waits_for_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Files are looked at so on Linux.");
        Assert.Empty(Left());
        Directory.CreateDirectory(File);
        Assert.Contains("no regular file", new ManagerMemory(File).Read().AsT1.Message, StringComparison.Ordinal);
        Directory.Delete(File);
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", [File]))
        {
            mkfifo.WaitForExit();
        }

        Assert.Contains("no regular file", new ManagerMemory(File).Read().AsT1.Message, StringComparison.Ordinal);
    }

    private RememberingExecutor Executor()
    {
        var executor = new RememberingExecutor(_system, new ManagerMemory(File));
        executor.Name(Spawn, "web");
        return executor;
    }

    private static SpawnProcessResult Started(int pid)
    {
        var process = new ProcessRef(pid, pid, "boot", 0);
        return new SpawnProcessResult(process, pid) { Live = new FakeProcess(process) };
    }

#pragma warning disable CA1859 // What is compared is a sequence: an array has several Assert.Equal to choose from.
    private IEnumerable<(string, int?)> Left() =>
        new ManagerMemory(File).Read().AsT0.Entries.Select(entry => (entry.Name, entry.Process?.Pid)).ToArray();
#pragma warning restore CA1859
}

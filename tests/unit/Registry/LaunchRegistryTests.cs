using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Osl.Executors;
using Osl.Executors.Registry;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Processes;
using Xunit;

namespace Osl.Tests.Unit.Registry;

/// <summary>The table itself; entries name this very process, and are Detached, so that no guardian is needed.</summary>
public sealed class LaunchRegistryTests : IAsyncDisposable
{
    private readonly string _directory;
    private readonly LaunchRegistry _registry;

    public LaunchRegistryTests()
    {
        // Below the one that is made here, since what is private is the system's to say.
        _directory = Path.Combine(Directory.CreateTempSubdirectory("osl-registry-").FullName, "registry");
        _registry = LaunchRegistry.Open(_directory, TimeProvider.System).OrThrow();
    }

    private static ProcessRef Self
    {
        get
        {
            var host = RegistrySystem.Current.Identify().OrThrow();
            return new ProcessRef(host.HostPid, host.HostStartTime, host.BootId, host.PidNamespace);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        Directory.Delete(Path.GetDirectoryName(_directory)!, recursive: true);
    }

    [Fact]
    public void An_entry_is_live_from_started_to_ended()
    {
        var name = new string('p', 200);
        var registration = _registry.Reserve(Plan(name)).OrThrow();
        Assert.Empty(_registry.Live());

        registration.Started(Self, Self.Pid);
        var entry = Assert.Single(_registry.Live());
        Assert.Equal((Self, name, true), (entry.Process, entry.Principal, entry.OwnsGroup));
        Assert.Equal(entry, _registry.FindGroup(Self.Pid));
        Assert.Equal(entry, _registry.FindProcess(Self.Pid));

        registration.Ended();
        registration.Ended();
        Assert.Empty(_registry.Live());
        registration.Started(Self, Self.Pid);
        Assert.Empty(_registry.Live());
    }

    [Fact]
    public void A_process_that_is_gone_is_not_live_and_a_second_registry_sees_the_same()
    {
        var stale = Self with { StartTime = Self.StartTime - 1 };
        _registry.Reserve(Plan()).OrThrow().Started(stale, stale.Pid);
        _registry.Reserve(Plan()).OrThrow().Started(Self, Self.Pid);

        Assert.Equal(Self, Assert.Single(_registry.Live()).Process);
        var second = LaunchRegistry.Open(_directory, TimeProvider.System).OrThrow();
        Assert.Equal(_registry.Live(), second.Live());
        Assert.Equal(2, Directory.GetFiles(_directory).Length);
        Assert.True(second.DisposeAsync().AsTask().IsCompletedSuccessfully);
        Assert.Single(Directory.GetFiles(_directory));
    }

    [Fact]
    public void It_grows_and_slots_are_used_again()
    {
        for (var round = 0; round < 3; round++)
        {
            var all = Enumerable.Range(0, 700).Select(_ => _registry.Reserve(Plan()).OrThrow()).ToList();
            all.ForEach(registration => registration.Started(Self, Self.Pid));
            Assert.Equal(700, _registry.Live().Count);
            all.ForEach(registration => registration.Ended());
        }

        // 703 lines with the header, in chunks of 256.
        Assert.Equal(3 * 256 * SlotLine.Length, new FileInfo(Assert.Single(Directory.GetFiles(_directory))).Length);
    }

    [Fact]
    public async Task Reader_of_another_host_never_sees_a_mixture()
    {
        var other = LaunchRegistry.Open(_directory, TimeProvider.System).OrThrow();
        var self = Self;
        using var stop = new CancellationTokenSource();
        var writers = Enumerable
            .Range(0, 2)
            .Select(writer =>
                Task.Run(() =>
                {
                    // Each operation has a principal and a program of its own, by which a mixture would show.
                    while (!stop.IsCancellationRequested)
                    {
                        var id = OperationId.New(DateTimeOffset.UnixEpoch);
                        var registration = _registry.Reserve(Plan($"{id}", id)).OrThrow();
                        registration.Started(self, self.Pid);
                        Thread.SpinWait(50);
                        registration.Ended();
                    }
                })
            )
            .ToArray();
        for (var seen = 0; seen < 500; )
        {
            var live = other.Live();
            Assert.All(live, entry => Assert.Equal(entry.Operation.ToString(), entry.Principal));
            seen += live.Count;
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);
        await other.DisposeAsync();
    }

    [Fact]
    public void Corrupted_files_never_break_a_reading()
    {
        _registry.Reserve(Plan()).OrThrow().Started(Self, Self.Pid);
        var real = new byte[2048];
        using (
            var file = new FileStream(
                Assert.Single(Directory.GetFiles(_directory)),
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete
            )
        )
        {
            file.ReadExactly(real);
        }

        var planted = Path.Combine(_directory, "1-1.slots");
        Prop.ForAll<(ushort Place, byte Value)[]>(changes =>
            {
                var bytes = real.ToArray();
                foreach (var (place, value) in changes)
                {
                    bytes[place % bytes.Length] = value;
                }

                File.WriteAllBytes(planted, bytes);
                MakePrivate(planted);
                return _registry.Live().All(entry => entry.Process == Self);
            })
            .QuickCheckThrowOnFailure();
        Prop.ForAll<string>(text =>
            {
                File.WriteAllBytes(planted, Encoding.UTF8.GetBytes(text ?? ""));
                MakePrivate(planted);
                return _registry.Live().Count == 1;
            })
            .QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(0x1ff)]
    [InlineData(0x1f8)]
    [InlineData(0x1ed)]
    public void A_directory_that_is_not_private_is_refused(int mode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "By mode; on Windows see WindowsRegistryTests.");
        var open = Path.Combine(_directory, "open");
        Directory.CreateDirectory(open);
        Native.Chmod(open, mode);

        var error = LaunchRegistry.Open(open, TimeProvider.System).AsT1;

        Assert.Equal("unsupported", error.Code);
        Assert.Contains(open, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_directory_is_made_private_and_a_closed_registry_reserves_nothing()
    {
        var made = Path.Combine(_directory, "made");
        var registry = LaunchRegistry.Open(made, TimeProvider.System).OrThrow();
        var file = new FileInfo(Assert.Single(Directory.GetFiles(made)));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal("600", Convert.ToString((int)file.UnixFileMode, 8));
            Assert.Equal("700", Convert.ToString((int)new DirectoryInfo(made).UnixFileMode, 8));
        }

        var registration = registry.Reserve(Plan()).OrThrow();

        await registry.DisposeAsync();
        await registry.DisposeAsync();

        Assert.Empty(Directory.GetFiles(made));
        Assert.Equal("host_closing", registry.Reserve(Plan()).AsT1.Code);
        registration.Started(Self, Self.Pid);
        registration.Ended();
    }

    private static void MakePrivate(string file)
    {
        // On Windows it inherits that from its directory.
        if (!OperatingSystem.IsWindows())
        {
            Native.Chmod(file, 0x180);
        }
    }

    private static LaunchPlan Plan(string principal = "tester", OperationId? id = null) =>
        new()
        {
            Operation = id ?? OperationId.New(DateTimeOffset.UnixEpoch),
            Context = new OperationContext(new Principal(principal)),
            Executable = new NoExecutable(),
            Arguments = ["true"],
            Environment = [],
            WorkingDirectory = "/",
            Placement = ProcessGroupPlacement.NewGroup,
            Lifetime = ProcessLifetime.Detached,
            StandardOutput = StandardOutputConfig.Null,
            StandardError = StandardOutputConfig.Null,
        };

    private sealed class NoExecutable() : ExecutableLease(new ExecutableFacts("true", "/bin/true", "/usr/bin/true", 0, 0, 0, 0x1ed, null))
    {
        public override void Dispose() { }
    }
}

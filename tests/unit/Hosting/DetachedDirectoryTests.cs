using System.Runtime.Versioning;
using Osl.Hosting.Managing;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision.Trees;
using Xunit;

namespace Osl.Tests.Unit.Hosting;

/// <summary>What the names of Detached processes say about a start of which nobody knows what came of it.</summary>
public sealed class DetachedDirectoryTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("osl-detached-").FullName;
    private readonly Registered _registry = new();
    private DetachedDirectory _directory;

    public DetachedDirectoryTests() => _directory = DetachedDirectory.Open(_path, _registry).OrThrow();

    public void Dispose()
    {
        _directory.Dispose();
        Directory.Delete(_path, recursive: true);
    }

    [Fact]
    public void A_start_of_this_host_or_of_one_with_its_pid_that_may_still_run_is_not_begun_again()
    {
        Assert.Null(_directory.Starting("daemon"));
        Assert.Empty(_directory.Find("daemon").AsT0);
        _registry.Add(77);
        var error = Assert.IsType<OperationFailed>(_directory.Find("daemon").AsT1);
        Assert.Equal("may_still_run", error.HandlerCode);
        Assert.Contains("may be one of: 77.", error.Message, StringComparison.Ordinal);

        // Nothing came of it: that is known then.
        Assert.Null(_directory.Ended("daemon"));
        Assert.Empty(_directory.Find("daemon").AsT0);
    }

    [Fact]
    public void What_is_known_by_another_name_is_not_what_the_start_may_have_come_to()
    {
        var process = _registry.Add(77);
        Assert.Null(_directory.Started(new DetachedProcess("other", process, null)));
        Assert.Null(_directory.Starting("daemon"));
        Assert.Empty(_directory.Find("daemon").AsT0);
        _registry.Add(78);
        Assert.Contains("may be one of: 78.", _directory.Find("daemon").AsT1.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void After_a_host_with_the_same_pid_what_this_one_has_started_is_not_what_the_other_may_have()
    {
        Assert.Null(_directory.Starting("daemon"));
        _directory.Dispose();
        _registry.Add(76);
        _directory = DetachedDirectory.Open(_path, _registry).OrThrow();
        _registry.Add(77);
        Assert.Contains("may be one of: 76.", _directory.Find("daemon").AsT1.Message, StringComparison.Ordinal);

        // It has ended.
        _registry.Remove(76);
        Assert.Empty(_directory.Find("daemon").AsT0);

        // Now it is this host's own start of which nobody knows.
        Assert.Null(_directory.Starting("daemon"));
        Assert.Contains("may be one of: 77.", _directory.Find("daemon").AsT1.Message, StringComparison.Ordinal);
        Assert.Null(_directory.Ended("daemon"));
        Assert.Empty(_directory.Find("daemon").AsT0);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void A_directory_that_can_t_be_listed_is_an_answer_too()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Mode bits are those of Unix.");
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "Root lists what it wants.");
        Assert.Null(_directory.Starting("daemon"));
        File.SetUnixFileMode(_path, UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            var error = Assert.IsType<OperationFailed>(_directory.Find("daemon").AsT1);
            Assert.Equal("detached_directory_unusable", error.HandlerCode);
        }
        finally
        {
            File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private sealed class Registered : IGroupRegistry
    {
        private readonly List<GroupEntry> _entries = [];

        public IReadOnlyList<GroupEntry> Live() => _entries;

        public IReadOnlyDictionary<int, int> CountMembers(IReadOnlyList<GroupEntry> entries) =>
            entries.ToDictionary(entry => entry.Pgid, _ => 1);

        internal void Remove(int pid) => _entries.RemoveAll(entry => entry.Pgid == pid);

        internal ProcessRef Add(int pid)
        {
            var process = new ProcessRef(pid, 1, "boot", 0);
            _entries.Add(
                new GroupEntry(
                    OperationId.New(DateTimeOffset.UnixEpoch),
                    process,
                    pid,
                    OwnsGroup: true,
                    ProcessLifetime.Detached,
                    Environment.ProcessId,
                    "me",
                    "/bin/daemon",
                    DateTimeOffset.UnixEpoch
                )
            );
            return process;
        }
    }
}

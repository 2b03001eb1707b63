using System.Globalization;
using System.Runtime.CompilerServices;
using Osl.Executors;
using Osl.Executors.Linux;
using Osl.Interop.Linux;
using Osl.Operations;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>Threads of which there are none left. Run one by one by <see cref="HostTests"/>, each in a process of its own.</summary>
public sealed class InsideLackTests : LinuxExecutorTest
{
    private const int Patience = 120_000;

    [Fact(Explicit = true)]
    public void Capabilities()
    {
        Assert.Equal(0, Libc.GetRlimit(Libc.RLIMIT_NPROC, out var limit));
        Assert.Equal(0, Libc.SetLimit(0, Libc.RLIMIT_NPROC, limit with { Soft = 1 }));
        PlatformCapabilities told;
        try
        {
            told = LinuxCapabilities.Read();
        }
        finally
        {
            Assert.Equal(0, Libc.SetLimit(0, Libc.RLIMIT_NPROC, limit));
        }

        // Nothing can be started, and that is what is found.
        Assert.False(told.Has("guardian"));
        var gates = told.Items.Single(item => string.Equals(item.Name, "gates", StringComparison.Ordinal));
        Assert.DoesNotContain("notification", gates.Detail, StringComparison.Ordinal);
        Done();
    }

    [Theory(Explicit = true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task A_job(bool groupSignal, bool isUnforeseen)
    {
        var scratch = Directory.CreateTempSubdirectory("osl-lack-");
        var mark = Path.Combine(scratch.FullName, "started");
        PidFd? other = null;
        var control = new JobControl { StartThread = FailOnceBothRun };
        var executor = NewExecutor(new ExecutorOptions { JobControl = control }, groupSignal: groupSignal && LinuxFeatures.HasGroupSignal);
        try
        {
            if (isUnforeseen)
            {
                Assert.Throws<FileNotFoundException>(() => Start());
            }
            else
            {
                Assert.Equal(OperationEffect.Happened, Start().AsT1.Effect);
            }

            Assert.NotNull(other);
            Assert.True(Descriptor.WaitReadable(other.Number, Patience), "what the child had started lives on");
            Assert.Equal(0, Registry.Open);
            Assert.Null(control.Job);
        }
        finally
        {
            _ = other?.Send(Libc.SIGKILL);
            other?.Dispose();
            await executor.DisposeAsync();
            scratch.Delete(recursive: true);
        }

        Done();

        OneOf<LaunchedProcess, OperationError> Start() =>
            TryLaunch("/bin/sh", ["-c", "sleep 600 & echo $! > \"$0.new\"; mv \"$0.new\" \"$0\"; wait", mark], executor: executor);

        void FailOnceBothRun(Thread thread)
        {
            Assert.True(SpinWait.SpinUntil(() => File.Exists(mark), Patience));
            other = PidFd.TryOpen(int.Parse(File.ReadAllText(mark), CultureInfo.InvariantCulture), out _);
            if (isUnforeseen)
            {
                throw new FileNotFoundException("what the runtime loads only now");
            }

            NoThreadException.Throw();
        }
    }

    private static void Done([CallerMemberName] string test = "") =>
        File.WriteAllText(Environment.GetEnvironmentVariable(InsideHostTests.ReportVariable)!, test);
}

using System.Runtime.Versioning;
using Osl.Executors.Linux;
using Osl.Executors.Posix;
using Osl.Executors.Watching;
using Osl.Interop.Linux;

namespace Osl.Tests.Integration.Linux;

/// <summary>The threads that wait for descriptors, where the system gives none.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ReadinessLoopTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_thread_is_a_value_and_the_next_use_tries_again(bool isEpoll)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "epoll(7) is Linux's.");
        var lacks = true;
        ReadinessLoop loop = isEpoll ? new EpollLoop("osl-test") { StartThread = Start } : new PollLoop("osl-test") { StartThread = Start };

        Assert.Equal(Errno.EAGAIN, loop.EnsureStarted());
        Assert.Equal(Errno.EAGAIN, loop.EnsureStarted());
        Assert.True(loop.AnswersAsync().IsCompleted);
        lacks = false;
        Assert.Equal(0, loop.EnsureStarted());
        await loop.AnswersAsync().WaitAsync(TestContext.Current.CancellationToken);
        await loop.CloseAsync().WaitAsync(TestContext.Current.CancellationToken);

        void Start(Thread thread)
        {
            if (lacks)
            {
                NoThreadException.Throw();
            }

            thread.Start();
        }
    }
}

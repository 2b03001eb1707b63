using System.Net.Sockets;
using Osl.Hosting.Managing;
using Osl.Operations;
using Osl.Testing;
using Xunit;

namespace Osl.Tests.Unit.Hosting;

/// <summary>How long somebody waits for a manager that says nothing.</summary>
public sealed class ControlClientTests : IDisposable
{
    private static readonly TimeSpan Instant = TimeSpan.FromTicks(1);

    private readonly ManualTimeProvider _clock = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("osl-client-");
    private readonly ManagerPlace _place = null!;
    private readonly Socket _listener = null!;

    public ControlClientTests()
    {
        if (!OperatingSystem.IsLinux())
        {
            // Each test says so.
            return;
        }

        _place = new ManagerPlace(_directory.FullName);
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(new UnixDomainSocketEndPoint(_place.Socket));
        _listener.Listen(backlog: 1);
    }

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _listener?.Dispose();
        _directory.Delete(recursive: true);
    }

    private static void NeedsLinux() => Assert.SkipUnless(OperatingSystem.IsLinux(), "osl manage and its socket are Linux's.");

    [Fact]
    public async Task Who_asks_for_the_status_waits_five_seconds()
    {
        NeedsLinux();
        var asked = AskAsync(ControlVerb.Status);
        _clock.Advance(ControlClient.Patience - Instant);
        Assert.False(asked.IsCompleted);
        _clock.Advance(Instant);
        Assert.Equal("manager_not_answering", (await asked).AsT1.Code);
    }

    [Fact]
    public async Task Who_wants_something_done_waits_for_it()
    {
        NeedsLinux();
        var asked = AskAsync(ControlVerb.Stop);
        using var call = await _listener.AcceptAsync(Test);
        // Who hangs up with something unread resets the connection (unix(7)).
        Assert.NotEqual(0, await call.ReceiveAsync(new byte[512], Test));
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.False(asked.IsCompleted);
        await call.SendAsync("{\"processes\":[]}"u8.ToArray(), Test);
        call.Dispose();
        Assert.Empty((await asked).AsT0);
    }

    [Theory]
    [InlineData("Status")]
    [InlineData("Stop")]
    public async Task Where_too_many_have_called_nobody_hangs(string verb)
    {
        NeedsLinux();
        List<Task> before = [];
        // As many as the kernel lets wait: with the next one there is a timer more, for its next try.
        do
        {
            before.Add(AskAsync(ControlVerb.Stop));
        } while (_clock.WaitingTimers == before.Count);
        var asked = AskAsync(Enum.Parse<ControlVerb>(verb));
        Assert.True(ControlClient.IsRunning(_place));
        await Until.TrueAsync(() =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(50));
            return asked.IsCompleted;
        });
        Assert.Equal("manager_not_answering", (await asked).AsT1.Code);
    }

    private Task<OneOf<IReadOnlyList<ProcessLine>, OperationError>> AskAsync(ControlVerb verb) =>
        ControlClient.AskAsync(_place, new ControlRequest(verb, verb == ControlVerb.Status ? null : "web"), _clock, Test);
}

using System.Net.Sockets;
using System.Text;
using Osl.Hosting.Managing;
using Xunit;

namespace Osl.Tests.Unit.Hosting;

/// <summary>Who asks a manager, and for how long he may keep it.</summary>
public sealed class ControlServerTests : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("osl-control-");
    private readonly TaskCompletionSource<byte[]> _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _stopping = new(0);
    private readonly List<Socket> _clients = [];
    private readonly ControlServer _server;

    public ControlServerTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The caller's account is asked of the kernel by SO_PEERCRED.");
        _server = ControlServer.Listen(SocketPath, AnswerAsync);
    }

    private string SocketPath => Path.Combine(_directory.FullName, "s");

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _stopped.TrySetResult("done\n"u8.ToArray());
        _clients.ForEach(client => client.Dispose());
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _stopping.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Many_who_wait_for_long_stops_keep_nobody_from_asking_how_things_stand()
    {
        await BeginStopsAsync(ControlServer.MostAtOnce + 1);

        Assert.Equal("status\n", await AskAsync("status"));
    }

    [Fact]
    public async Task One_too_many_is_told_so_and_who_hangs_up_gives_his_place_free()
    {
        await BeginStopsAsync(ControlServer.MostWaiting);
        Assert.Contains("manager_busy", await AskAsync("stop"), StringComparison.Ordinal);
        Assert.Equal("status\n", await AskAsync("status"));

        _clients[0].Dispose();

        // When the server has heard of it, there is room: until then the answer is the one before.
        Task<string> asked;
        do
        {
            asked = AskAsync("stop");
            await Task.WhenAny(asked, _stopping.WaitAsync(Test));
        } while (asked.IsCompleted && (await asked).Contains("manager_busy", StringComparison.Ordinal));
        _stopped.SetResult("done\n"u8.ToArray());
        Assert.Equal("done\n", await asked);
    }

    private async Task BeginStopsAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await ConnectAsync("stop");
            await _stopping.WaitAsync(Test);
        }
    }

    private async Task<Socket> ConnectAsync(string verb)
    {
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _clients.Add(client);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), Test);
        var name = verb is "status" ? "" : ",\"name\":\"web\"";
        await client.SendAsync(Encoding.UTF8.GetBytes($"{{\"do\":\"{verb}\"{name}}}\n"), Test);
        return client;
    }

    private async Task<string> AskAsync(string verb)
    {
        var client = await ConnectAsync(verb);
        var answer = new byte[1024];
        var length = 0;
        for (int count; (count = await client.ReceiveAsync(answer.AsMemory(length), Test)) > 0; length += count)
        {
            // Until it hangs up.
        }

        return Encoding.UTF8.GetString(answer, 0, length);
    }

    private Task<byte[]> AnswerAsync(ControlRequest request, CancellationToken cancellationToken)
    {
        if (request.Verb == ControlVerb.Status)
        {
            return Task.FromResult("status\n"u8.ToArray());
        }

        _stopping.Release();
        return _stopped.Task.WaitAsync(cancellationToken);
    }
}

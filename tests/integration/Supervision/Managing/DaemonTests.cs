using System.Net.Sockets;
using System.Text;
using Osl.Hosting;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Osl.Tests.Integration.Cli;

namespace Osl.Tests.Integration.Supervision.Managing;

/// <summary>Daemons of Debian's packages under a manager, with files, ports and sockets of their own.</summary>
public sealed class DaemonTests : IAsyncLifetime
{
    private const int Kills = 20;
    private const string Redis = "/usr/bin/redis-server";
    private const string Nginx = "/usr/sbin/nginx";

    private readonly string _directory = Directory.CreateTempSubdirectory("osl-daemon-").FullName;
    private readonly LineWriter _log = new();
    private readonly OslHost _host;
    private readonly ProcessManager _manager;

    public DaemonTests()
    {
        _host = OslHost.Create(options => options.UseAuditDirectory(In("audit")).UseRegistryDirectory(In("registry")));
        _manager = new ProcessManager(_host, _host.Processes);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _manager.DisposeAsync();
        await _host.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Redis_killed_twenty_times_comes_back_and_serves_and_leaves_nobody()
    {
        Assert.SkipUnless(File.Exists(Redis), "redis-server is not installed (apt-get install redis-server).");
        var socket = In("redis.sock");
        var redis = New(Redis, "--port", "0", "--unixsocket", socket, "--dir", _directory, "--save", "", "--daemonize", "no");
        await OutlivesAsync(
            redis,
            () => _log.UntilAsync("ready to accept connections"),
            async () =>
            {
                using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await client.ConnectAsync(new UnixDomainSocketEndPoint(socket), Cancelled);
                Assert.Equal("+PONG\r\n", await AskAsync(client, "PING\r\n", "\n"));
            }
        );
    }

    [Fact]
    public async Task Nginx_with_its_workers_killed_twenty_times_comes_back_and_serves_and_leaves_nobody()
    {
        Assert.SkipUnless(File.Exists(Nginx), "nginx is not installed (apt-get install nginx-light).");
        // On a socket of its own: a port would be free for anybody each time that it is killed. One that was killed leaves its socket, and its
        // successor does not replace it.
        var socket = In("nginx.sock");
        var user = Interop.Linux.Libc.GetEuid() == 0 ? "user root;" : "";
        await File.WriteAllTextAsync(
            In("nginx.conf"),
            $$"""
            daemon off;
            {{user}}
            worker_processes 2;
            pid {{In("nginx.pid")}};
            error_log stderr notice;
            events {}
            http {
              access_log off;
              client_body_temp_path {{In("body")}}; proxy_temp_path {{In("proxy")}}; fastcgi_temp_path {{In("fastcgi")}};
              uwsgi_temp_path {{In("uwsgi")}}; scgi_temp_path {{In("scgi")}};
              server { listen unix:{{socket}}; location / { return 200 "served"; } }
            }
            """,
            Cancelled
        );
        var nginx = New(
            "/bin/sh",
            "-c",
            "rm -f -- \"$0\"; exec \"$@\"",
            socket,
            Nginx,
            "-e",
            "stderr",
            "-p",
            _directory,
            "-c",
            In("nginx.conf")
        );
        await OutlivesAsync(
            nginx,
            async () =>
            {
                // A line for each of its workers.
                await _log.UntilAsync("start worker process ");
                await _log.UntilAsync("start worker process ");
            },
            async () =>
            {
                using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await client.ConnectAsync(new UnixDomainSocketEndPoint(socket), Cancelled);
                Assert.Contains("served", await AskAsync(client, "GET / HTTP/1.0\r\n\r\n", "served"), StringComparison.Ordinal);
            }
        );
    }

    private ManagedProcess New(string program, params string[] arguments) =>
        _manager
            .NewProcess(
                program,
                new ProcessOptions
                {
                    Name = "daemon",
                    Arguments = [.. arguments],
                    Restart = RestartPolicy.Times(Kills),
                    Output = _log,
                    Error = _log,
                }
            )
            .AsT0;

    /// <summary>Kills it so often as it may come back, then restarts, then stops it.</summary>
    private async Task OutlivesAsync(ManagedProcess daemon, Func<Task> isReady, Func<Task> serves)
    {
        List<int> groups = [];
        var first = await daemon.StartAsync(cancellationToken: Cancelled);
        Assert.True(first.IsT0, first.Value.ToString());
        for (var kill = 0; kill <= Kills; kill++)
        {
            await isReady();
            await serves();
            groups.Add(daemon.Pid!.Value);
            Assert.Equal(kill, daemon.Restarts);
            Assert.Null(await daemon.SignalAsync(Signal.Kill, cancellationToken: Cancelled));
        }

        // One more than its policy allows.
        await daemon.WaitForEndAsync(Cancelled);
        Assert.Equal((LifecycleState.Failed, "restarts_exhausted"), (daemon.State, daemon.LastError?.Code));
        Assert.Equal(Signal.Kill, daemon.LastExit?.Status?.Signal);
        Assert.True((await daemon.RestartAsync(cancellationToken: Cancelled)).IsT0);
        await isReady();
        await serves();
        groups.Add(daemon.Pid!.Value);
        Assert.Null(await daemon.StopAndWaitAsync(cancellationToken: Cancelled));
        Assert.Equal(LifecycleState.Ended, daemon.State);
        Assert.Equal(groups.Count, groups.Distinct().Count());
        Assert.All(groups, group => Assert.Equal(0, OslCommandLine.AliveIn(group)));
    }

    private static async Task<string> AskAsync(Socket client, string question, string end)
    {
        await client.SendAsync(Encoding.ASCII.GetBytes(question), Cancelled);
        var answer = new StringBuilder();
        var buffer = new byte[1024];
        int count;
        while (!answer.ToString().Contains(end, StringComparison.Ordinal) && (count = await client.ReceiveAsync(buffer, Cancelled)) > 0)
        {
            answer.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return answer.ToString();
    }

    private string In(string name) => Path.Combine(_directory, name);
}

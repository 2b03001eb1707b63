using System.Net.Sockets;
using System.Runtime.InteropServices;
using Osl.Interop.Linux;

namespace Osl.Hosting.Managing;

/// <summary>
/// Listens for requests of its own account: a socket of mode 0600 in a directory of mode 0700, and each caller's uid asked of the kernel
/// (SO_PEERCRED, unix(7)). A request is bounded in length and time; so many are answered side by side, and no more.
/// </summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private const int MostAtOnce = 32;
    private const int SolSocket = 1;
    private const int SoPeercred = 17;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Socket _listener;
    private readonly Func<ControlRequest, CancellationToken, Task<byte[]>> _answer;
    private readonly CancellationTokenSource _closing = new();
    private readonly SemaphoreSlim _places = new(MostAtOnce);
    private readonly Task _accepting;

    private ControlServer(Socket listener, Func<ControlRequest, CancellationToken, Task<byte[]>> answer)
    {
        (_listener, _answer) = (listener, answer);
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Listens from now on.</summary>
    /// <param name="path">Where; what a manager before has left there is removed. Its directory is this account's alone, and this manager's by its lock.</param>
    /// <param name="answer">Answers a request with one line, its line feed included.</param>
    /// <exception cref="SocketException">It can't listen there.</exception>
    internal static ControlServer Listen(string path, Func<ControlRequest, CancellationToken, Task<byte[]>> answer)
    {
        File.Delete(path);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            listener.Listen(MostAtOnce);
            return new ControlServer(listener, answer);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        // Removes the socket's file too.
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        _closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                await _places.WaitAsync(_closing.Token).ConfigureAwait(false);
                var client = await _listener.AcceptAsync(_closing.Token).ConfigureAwait(false);
                _ = ServeAsync(client);
            }
            catch (Exception e)
                when (_closing.IsCancellationRequested && e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // The caller is gone already, or descriptors have run out: the next may have more luck.
                _places.Release();
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            using (client)
            {
                if (IsOwn(client) && await ReadAsync(client).ConfigureAwait(false) is { } request)
                {
                    var answer = await _answer(request, _closing.Token).ConfigureAwait(false);
                    using var limit = new CancellationTokenSource(Patience);
                    ReadOnlyMemory<byte> rest = answer;
                    while (rest.Length > 0)
                    {
                        rest = rest[await client.SendAsync(rest, limit.Token).ConfigureAwait(false)..];
                    }
                }
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Who has asked is gone, too slow, or the manager ends: there is nobody to tell. What was done is in the journal.
            return;
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>
    /// Whether a caller is of this account, and no more confined than the manager is: no sandbox keeps its program from connecting by a path
    /// (knowledge/sandbox.md), and what the manager starts for it would be outside. struct ucred: pid, uid, gid.
    /// </summary>
    private static bool IsOwn(Socket client)
    {
        Span<byte> credentials = stackalloc byte[12];
        return client.GetRawSocketOption(SolSocket, SoPeercred, credentials) == credentials.Length
            && MemoryMarshal.Read<uint>(credentials[4..]) == Libc.GetEuid()
            && (IsConfined(MemoryMarshal.Read<int>(credentials)) is false || IsConfined(Environment.ProcessId) is true);
    }

    /// <summary>By no_new_privs, which every sandbox of an ordinary user has, or a filter of system calls; null when it is gone.</summary>
    private static bool? IsConfined(int pid)
    {
        Span<byte> buffer = stackalloc byte[4096];
        var length = ProcFile.Read(pid, "status"u8, buffer);
        return length <= 0
            ? null
            : buffer[..length].IndexOf("\nNoNewPrivs:\t0\n"u8) < 0 || buffer[..length].IndexOf("\nSeccomp:\t0\n"u8) < 0;
    }

    /// <summary>Null for what is no request: it gets no answer.</summary>
    private static async Task<ControlRequest?> ReadAsync(Socket client)
    {
        using var limit = new CancellationTokenSource(Patience);
        var buffer = new byte[ControlRequest.Longest];
        var length = 0;
        while (length < buffer.Length)
        {
            var count = await client.ReceiveAsync(buffer.AsMemory(length), limit.Token).ConfigureAwait(false);
            if (count == 0)
            {
                return null;
            }

            length += count;
            var end = buffer.AsSpan(0, length).IndexOf((byte)'\n');
            if (end >= 0)
            {
                return ControlRequest.Read(buffer.AsSpan(0, end));
            }
        }

        return null;
    }
}

using System.Net.Sockets;
using System.Runtime.InteropServices;
using Osl.Interop.Linux;

namespace Osl.Hosting.Managing;

/// <summary>
/// Listens for requests of its own account: a socket of mode 0600 in a directory of mode 0700, and each caller's uid asked of the kernel
/// (SO_PEERCRED, unix(7)). A request is bounded in length and time.
/// </summary>
/// <remarks>
/// What is asked for may take as long as a stop sequence, and whoever asks waits for it. So the places of those who are being read, which nobody
/// keeps longer than <see cref="Patience"/>, are others than the places of those who wait: many long stops keep nobody from asking how
/// things stand. Who waits and hangs up gives his place free; what he has asked for is done all the same.
/// </remarks>
internal sealed class ControlServer : IAsyncDisposable
{
    /// <summary>How many requests are read at once.</summary>
    internal const int MostAtOnce = 32;

    /// <summary>How many wait at once for something to be done; one more is told to come again.</summary>
    internal const int MostWaiting = 256;

    private const int SolSocket = 1;
    private const int SoPeercred = 17;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Until it is tried again to take up a caller for whom there is no descriptor.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Socket _listener;
    private readonly Func<ControlRequest, CancellationToken, Task<byte[]>> _answer;
    private readonly CancellationTokenSource _closing = new();
    private readonly SemaphoreSlim _places = new(MostAtOnce);
    private readonly Task _accepting;
    private int _waiting;

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
            catch (SocketException e)
            {
                _places.Release();
                if (e.SocketErrorCode != SocketError.ConnectionAborted)
                {
                    // Descriptors have run out (accept(2), EMFILE, ENFILE), and the caller is still there to be taken up: at once it would fail
                    // again, and again.
                    await Task.Delay(Pause, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            using (client)
            {
                ControlRequest? request;
                try
                {
                    request = IsOwn(client) ? await ReadAsync(client).ConfigureAwait(false) : null;
                }
                finally
                {
                    _places.Release();
                }

                if (request is not null && await AnswerAsync(request, client).ConfigureAwait(false) is { } answer)
                {
                    await SendAsync(client, answer).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Who has asked is gone, too slow, or the manager ends: there is nobody to tell. What was done is in the journal.
            return;
        }
    }

    /// <returns>Null when who has asked has hung up.</returns>
    private async Task<byte[]?> AnswerAsync(ControlRequest request, Socket client)
    {
        if (Interlocked.Increment(ref _waiting) > MostWaiting && request.Verb != ControlVerb.Status)
        {
            Interlocked.Decrement(ref _waiting);
            return TemplateManager.Busy(MostWaiting);
        }

        try
        {
            var answer = _answer(request, _closing.Token);
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
            var hangUp = HangUpAsync(client, enough.Token);
            if (await Task.WhenAny(answer, hangUp).ConfigureAwait(false) != answer && !_closing.IsCancellationRequested)
            {
                return null;
            }

            await enough.CancelAsync().ConfigureAwait(false);
            await hangUp.ConfigureAwait(false);
            return await answer.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Completes when a caller is gone, or says more than he may; or when nobody wants to know any more.</summary>
    private static async Task HangUpAsync(Socket client, CancellationToken enough)
    {
        try
        {
            _ = await client.ReceiveAsync(new byte[1], enough).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            return;
        }
    }

    private static async Task SendAsync(Socket client, ReadOnlyMemory<byte> rest)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (rest.Length > 0)
        {
            rest = rest[await client.SendAsync(rest, limit.Token).ConfigureAwait(false)..];
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

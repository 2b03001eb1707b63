using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Osl.Operations;

namespace Osl.Hosting.Managing;

/// <summary>Asks a manager that runs.</summary>
internal static class ControlClient
{
    private const int Longest = 16 << 20;

    /// <summary>How long a manager may take to answer what it knows, and to take a call at all.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Every manager of this account that is there: those that were killed have left a socket that nobody listens at.</summary>
    internal static IReadOnlyList<ManagerPlace> Running() => [.. ManagerPlace.All().Where(IsRunning)];

    /// <summary>Whether the manager of a place is there, be it stopped.</summary>
    internal static bool IsRunning(ManagerPlace place)
    {
        using var socket = TryConnect(place, out var isFull);
        return socket is not null || isFull;
    }

    /// <summary>
    /// Sends a request and waits for what came of it: for the status at most <see cref="Patience"/>, for what is to be done as long as that takes.
    /// </summary>
    /// <param name="place">The manager's.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the wait; what was asked is done all the same.</param>
    internal static async Task<OneOf<IReadOnlyList<ProcessLine>, OperationError>> AskAsync(
        ManagerPlace place,
        ControlRequest request,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            using var socket = await ConnectAsync(place, time, bounded.Token).ConfigureAwait(false);
            if (socket is null)
            {
                return new NotFound("a manager of these templates that runs", "Start one: osl manage DIR.");
            }

            var limit = request.Verb == ControlVerb.Status ? bounded.Token : cancellationToken;
            await socket.SendAsync(request.Write(), limit).ConfigureAwait(false);
            var answer = new MemoryStream();
            var buffer = new byte[4096];
            int count;
            while (answer.Length < Longest && (count = await socket.ReceiveAsync(buffer, limit).ConfigureAwait(false)) > 0)
            {
                await answer.WriteAsync(buffer.AsMemory(0, count), limit).ConfigureAwait(false);
            }

            return Read(answer.ToArray());
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new OperationFailed(
                "manager_not_answering",
                string.Create(CultureInfo.InvariantCulture, $"The manager does not answer: nothing came within {Patience.TotalSeconds} s."),
                "It may be stopped: continue it (kill -CONT), or end it; 'osl ps' shows it as HOST of what it runs."
            );
        }
        catch (Exception e) when (e is SocketException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return new OperationFailed("manager_silent", "The manager has ended, or gave no answer that is one.", "See 'osl status'.")
            {
                Effect = OperationEffect.Unknown,
            };
        }
    }

    private static OneOf<IReadOnlyList<ProcessLine>, OperationError> Read(byte[] answer)
    {
        using var document = JsonDocument.Parse(answer);
        var root = document.RootElement;
        return root.TryGetProperty("processes", out var processes)
            ? processes.EnumerateArray().Select(ProcessLine.Read).ToArray()
            : new OperationFailed(
                root.GetProperty("code").GetString()!,
                root.GetProperty("message").GetString()!,
                root.GetProperty("remedy").GetString()!
            );
    }

    private static async Task<Socket?> ConnectAsync(ManagerPlace place, TimeProvider time, CancellationToken limit)
    {
        while (true)
        {
            if (TryConnect(place, out var isFull) is { } socket)
            {
                return socket;
            }

            if (!isFull)
            {
                return null;
            }

            await Task.Delay(Pause, time, limit).ConfigureAwait(false);
        }
    }

    /// <summary>Connects without waiting: a manager that is stopped takes nobody's call, and connect(2) would wait for it once enough have called.</summary>
    /// <param name="place">The manager's.</param>
    /// <param name="isFull">Whether somebody listens who has not yet taken the calls before (EAGAIN).</param>
    private static Socket? TryConnect(ManagerPlace place, out bool isFull)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        isFull = false;
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(place.Socket));
            return socket;
        }
        catch (SocketException e)
        {
            isFull = e.SocketErrorCode == SocketError.WouldBlock;
            socket.Dispose();
            return null;
        }
        catch (ArgumentException)
        {
            // No path of a socket is that long.
            socket.Dispose();
            return null;
        }
    }
}
